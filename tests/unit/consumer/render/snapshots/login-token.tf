# AWS credentials from Vault: written by `consumer render --mode ephemeral`, yours to commit.
# No secret stands in here. Terraform asks Vault for fresh credentials whenever it plans or applies, and keeps them
# neither in the plan nor in the state.

terraform {
  required_version = ">= 1.11" # the first whose providers can take such credentials

  required_providers {
    aws = {
      source = "hashicorp/aws" # add the version that your code is written for
    }
    vault = {
      source  = "hashicorp/vault"
      version = ">= 5.6" # the first with ephemeral AWS credentials
    }
  }
}

# The token comes from where you run Terraform: VAULT_TOKEN, or what `consumer login` keeps.
provider "vault" {
  address          = "https://vault.example:8200"
  namespace        = "team/a"
  ca_cert_file     = "ca.pem"
  skip_child_token = true # the credentials live as long as your own token, which need not make others
}

ephemeral "vault_aws_access_credentials" "net" {
  mount = "aws"
  role  = "net"
  type  = "creds"
}

provider "aws" {
  region = "eu-west-1"

  access_key = ephemeral.vault_aws_access_credentials.net.access_key
  secret_key = ephemeral.vault_aws_access_credentials.net.secret_key
  token      = ephemeral.vault_aws_access_credentials.net.security_token

  # Stops Terraform before it touches another account than the role's.
  allowed_account_ids = ["111122223333"]
}
