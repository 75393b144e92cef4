"""Whether a team's set-up works, and for how long: the login, the roles, their credentials, the folder's Terraform.

interface     what a check is, and what it may ask
examine       all checks, in order; what depends on something broken is not looked at
login         a token that Vault accepts, and which team it is
granted       whether the policies grant what the catalog offers
works         whether each role's credentials work
probing       one set of credentials of every role, given back at once
lifetimes     what would break first on a long run
static_keys   AWS keys that are written into files
state         credentials that stand in Terraform's state
versions      whether Terraform and the vault provider are new enough
rendered      whether what was rendered is whole, and still offered
surroundings  what this shell has that would win over Vault's credentials
sources       where the folder's Terraform asks Vault for AWS credentials
"""

from consumer.check.examine import Wish, examine

__all__ = ["Wish", "examine"]
