# AWS credentials from Vault: written by `consumer render --mode process`, yours to commit.
# No secret stands in here, and none reaches the plan or the state: the AWS provider asks `consumer` for credentials, by
# these profiles of ~/.aws/config:
#
#   [profile net]
#   credential_process = consumer creds --role net --format credential-process
#   [profile app]
#   credential_process = consumer creds --role app --format credential-process
#   [profile dev]
#   credential_process = consumer creds --role nets --role-arn arn:aws:iam::444455556666:role/net --format credential-process

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

# Use it with: provider = aws.logs
provider "aws" {
  alias  = "logs"
  region = "us-east-1"

  profile = "app"
}

# Use it with: provider = aws.dev
provider "aws" {
  alias = "dev"
  # The region comes from AWS_REGION; or write `region` here.

  profile = "dev"

  # Stops Terraform before it touches another account than the role's.
  allowed_account_ids = ["444455556666"]
}
