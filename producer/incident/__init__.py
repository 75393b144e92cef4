"""When credentials may be in wrong hands: end them, prove it, and stop new ones.

estate     what the catalog and Vault know of a spec's roles and teams; the spec's file isn't needed
freezing   no new credentials, at once
tokens     a team's tokens and secret_ids
proof      whether IAM users are gone
sessions   STS sessions, which Vault can't revoke
revoke     all of it, in order
report     what is dead, what lives until when, what could not be reached
"""
