"""A Vault-compatible server, an AWS endpoint and Terraform on this machine: for the demo, tests and benchmarks.

It is no part of what is installed. `python -m devstack up` starts a stack by hand; `devstack.stack.running` does it
for as long as a `with` block lasts.
"""
