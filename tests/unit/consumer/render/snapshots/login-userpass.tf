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

variable "vault_username" {
  description = "Who logs in to Vault."
  type        = string
}

# Terraform logs in as a user of Vault: set TF_VAR_vault_username and TERRAFORM_VAULT_PASSWORD where you run it.
# Vault's address comes from VAULT_ADDR; where they are needed also VAULT_NAMESPACE and VAULT_CACERT.
provider "vault" {
  skip_child_token = true # the credentials live as long as your own token, which need not make others

  auth_login_userpass {
    mount    = "there"
    username = var.vault_username
  }
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
