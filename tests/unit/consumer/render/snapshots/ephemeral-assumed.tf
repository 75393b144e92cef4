# AWS credentials from Vault: written by `consumer render --mode ephemeral`, yours to commit.
# No secret stands in here. Terraform asks Vault for fresh credentials whenever it plans or applies, and keeps them
# neither in the plan nor in the state.

terraform {
  required_version = ">= 1.11" # the first whose providers can take such credentials

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.67" # the first that assumes one role after another
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
  allowed_account_ids = ["444455556666"]

  assume_role {
    role_arn = "arn:aws:iam::111122223333:role/net"
  }

  assume_role {
    role_arn     = "arn:aws:iam::444455556666:role/net"
    session_name = "deploy"
    external_id  = "x-1"
  }

  default_tags {
    tags = {
      "team"        = "payments"
      "cost centre" = "42"
    }
  }
}

ephemeral "vault_aws_access_credentials" "logs" {
  mount = "aws"
  role  = "net"
  type  = "creds"
}

# Use it with: provider = aws.logs
provider "aws" {
  alias  = "logs"
  region = "us-east-1"

  access_key = ephemeral.vault_aws_access_credentials.logs.access_key
  secret_key = ephemeral.vault_aws_access_credentials.logs.secret_key
  token      = ephemeral.vault_aws_access_credentials.logs.security_token

  # Stops Terraform before it touches another account than the role's.
  allowed_account_ids = ["111122223333"]

  default_tags {
    tags = {
      "team"        = "payments"
      "cost centre" = "42"
    }
  }
}
