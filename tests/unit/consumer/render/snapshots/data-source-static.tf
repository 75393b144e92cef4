# AWS credentials from Vault: written by `consumer render --mode data-source`, yours to commit.
# No secret stands in here, but Terraform writes the credentials that it gets into its plan and its state: let only
# those read them who may use the roles. The ephemeral mode (Terraform 1.11, vault provider 5.6) writes none.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws" # add the version that your code is written for
    }
    vault = {
      source  = "hashicorp/vault"
      version = ">= 3.17" # the first that reads static roles
    }
  }
}

# Vault's address and the token come from where you run Terraform: VAULT_ADDR, and VAULT_TOKEN or what `consumer login`
# keeps; where they are needed also VAULT_NAMESPACE and VAULT_CACERT.
provider "vault" {
  skip_child_token = true # the credentials live as long as your own token, which need not make others
}

data "vault_aws_static_access_credentials" "fixed" {
  backend = "aws"
  name    = "fixed"
}

provider "aws" {
  region = "eu-west-1"

  access_key = data.vault_aws_static_access_credentials.fixed.access_key
  secret_key = data.vault_aws_static_access_credentials.fixed.secret_key
}
