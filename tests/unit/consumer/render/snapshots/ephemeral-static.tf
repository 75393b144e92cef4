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

# Vault's address and the token come from where you run Terraform: VAULT_ADDR, and VAULT_TOKEN or what `consumer login`
# keeps; where they are needed also VAULT_NAMESPACE and VAULT_CACERT.
provider "vault" {
  skip_child_token = true # the credentials live as long as your own token, which need not make others
}

ephemeral "vault_aws_static_access_credentials" "fixed" {
  mount = "aws"
  name  = "fixed"
}

provider "aws" {
  region = "eu-west-1"

  access_key = ephemeral.vault_aws_static_access_credentials.fixed.access_key
  secret_key = ephemeral.vault_aws_static_access_credentials.fixed.secret_key
}
