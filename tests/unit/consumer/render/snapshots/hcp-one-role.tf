# AWS credentials from Vault: written by `consumer render --mode hcp`, yours to commit.
# No secret stands in here, and none reaches the plan or the state: HCP Terraform logs in to Vault as the workspace, gets
# the credentials, and revokes its token after the run. Set these environment variables on the workspace:
#
#   TFC_VAULT_PROVIDER_AUTH = "true"
#   TFC_VAULT_ADDR = "Vault's address"
#   TFC_VAULT_RUN_ROLE = "the workspace's JWT role in Vault"
#   TFC_VAULT_BACKED_AWS_AUTH = "true"
#   TFC_VAULT_BACKED_AWS_AUTH_TYPE = "assumed_role"
#   TFC_VAULT_BACKED_AWS_MOUNT_PATH = "aws"
#   TFC_VAULT_BACKED_AWS_RUN_VAULT_ROLE = "net"
#   TFC_VAULT_BACKED_AWS_RUN_ROLE_ARN = "arn:aws:iam::111122223333:role/net"

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.0" # the first with shared_credentials_files
    }
    vault = {
      source  = "hashicorp/vault"
      version = ">= 3.18" # the first with auth_login_token_file
    }
  }
}

# HCP Terraform fills in the variables.
variable "tfc_vault_backed_aws_dynamic_credentials" {
  type = object({
    default = object({ shared_credentials_file = string })
    aliases = map(object({ shared_credentials_file = string }))
  })
}

variable "tfc_vault_dynamic_credentials" {
  type = object({
    default = object({
      token_filename = string
      address        = string
      namespace      = string
      ca_cert_file   = string
    })
    aliases = map(object({
      token_filename = string
      address        = string
      namespace      = string
      ca_cert_file   = string
    }))
  })
}

# For whatever else of Vault's your code uses; the AWS credentials don't need it.
provider "vault" {
  address          = var.tfc_vault_dynamic_credentials.default.address
  namespace        = var.tfc_vault_dynamic_credentials.default.namespace
  ca_cert_file     = var.tfc_vault_dynamic_credentials.default.ca_cert_file
  skip_child_token = true # HCP Terraform looks after the token

  auth_login_token_file {
    filename = var.tfc_vault_dynamic_credentials.default.token_filename
  }
}

provider "aws" {
  region = "eu-west-1"

  shared_credentials_files = [var.tfc_vault_backed_aws_dynamic_credentials.default.shared_credentials_file]

  # Stops Terraform before it touches another account than the role's.
  allowed_account_ids = ["111122223333"]
}
