"""The platform team's side: make Vault hand out short-lived AWS credentials, as a spec says."""
