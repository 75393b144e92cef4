"""A team's side: get AWS credentials from Vault, for Terraform and for everything else."""
