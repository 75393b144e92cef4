# AWS credentials from Vault: written by `consumer render --mode process`, yours to commit.
# No secret stands in here, and none reaches the plan or the state: the AWS provider asks `consumer` for credentials, by
# this profile of ~/.aws/config:
#
#   [profile net]
#   credential_process = consumer creds --role net --format credential-process

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws" # add the version that your code is written for
    }
  }
}

provider "aws" {
  region = "eu-west-1"

  profile = "net"

  # Stops Terraform before it touches another account than the role's.
  allowed_account_ids = ["111122223333"]
}
