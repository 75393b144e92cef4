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
      version = ">= 3.1" # the first with skip_child_token
    }
  }
}

# Vault's address and the token come from where you run Terraform: VAULT_ADDR, and VAULT_TOKEN or what `consumer login`
# keeps; where they are needed also VAULT_NAMESPACE and VAULT_CACERT.
provider "vault" {
  skip_child_token = true # the credentials live as long as your own token, which need not make others
}

data "vault_aws_access_credentials" "net" {
  backend = "aws"
  role    = "net"
  type    = "sts" # "creds" would call iam:GetUser, which AWS refuses to a role's session
  region  = "eu-west-1"
}

provider "aws" {
  region = "eu-west-1"

  access_key = data.vault_aws_access_credentials.net.access_key
  secret_key = data.vault_aws_access_credentials.net.secret_key
  token      = data.vault_aws_access_credentials.net.security_token

  # Stops Terraform before it touches another account than the role's.
  allowed_account_ids = ["111122223333"]
}

data "vault_aws_access_credentials" "logs" {
  backend = "aws"
  role    = "app"
  type    = "creds"
  region  = "us-east-1"
}

# Use it with: provider = aws.logs
provider "aws" {
  alias  = "logs"
  region = "us-east-1"

  access_key = data.vault_aws_access_credentials.logs.access_key
  secret_key = data.vault_aws_access_credentials.logs.secret_key
}

data "vault_aws_access_credentials" "dev" {
  backend  = "aws/prod"
  role     = "nets"
  type     = "sts" # "creds" would call iam:GetUser, which AWS refuses to a role's session
  role_arn = "arn:aws:iam::444455556666:role/net"
}

# Use it with: provider = aws.dev
provider "aws" {
  alias = "dev"
  # The region comes from AWS_REGION; or write `region` here.

  access_key = data.vault_aws_access_credentials.dev.access_key
  secret_key = data.vault_aws_access_credentials.dev.secret_key
  token      = data.vault_aws_access_credentials.dev.security_token

  # Stops Terraform before it touches another account than the role's.
  allowed_account_ids = ["444455556666"]
}
