# AWS credentials from Vault: written by `consumer render --mode process`, yours to commit.
# No secret stands in here, and none reaches the plan or the state: the AWS provider asks `consumer` for credentials, by
# this profile of aws.conf:
#
#   [profile net]
#   credential_process = consumer creds --role net --format credential-process

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.67" # the first that assumes one role after another
    }
  }
}

provider "aws" {
  region = "eu-west-1"

  profile             = "net"
  shared_config_files = ["aws.conf"]

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

# Use it with: provider = aws.logs
provider "aws" {
  alias  = "logs"
  region = "us-east-1"

  profile             = "net"
  shared_config_files = ["aws.conf"]

  # Stops Terraform before it touches another account than the role's.
  allowed_account_ids = ["111122223333"]

  default_tags {
    tags = {
      "team"        = "payments"
      "cost centre" = "42"
    }
  }
}
