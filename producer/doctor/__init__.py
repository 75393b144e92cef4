"""Whether everything that the producer and its teams rely on is sound: Vault, the token, the engines, AWS.

interface     what a check is, what it finds, and what it may ask
examine       all checks, in order; what depends on something broken is not looked at
report        what was found, for people and for programs
server        Vault itself, and the token
capabilities  what the token may do
clocks        Vault's clock, AWS's and the one here
engines       mounts, and the fields that they know
root_keys     the engines' own AWS keys
lifetimes     mount, lease, role and team token: which of them cuts off which
policies      what a role's policy allows on every resource
references    whether AWS knows what the spec names
freezes       who gets no credentials for now
drift         what `setup` would change
probe         one set of credentials of every role
"""

from producer.doctor.examine import examine
from producer.doctor.report import Report, report_json, report_text
from vault_aws_kit.findings import Finding, Section, Severity

__all__ = ["Finding", "Report", "Section", "Severity", "examine", "report_json", "report_text"]
