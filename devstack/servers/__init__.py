"""The ways to come by a Vault-compatible server, in the order in which they are tried."""
