# For AWS credentials from Vault in the environment: written by `consumer render --mode env`, yours to commit.
# No secret stands in here, and none reaches the plan or the state. Run Terraform so, and the credentials end with it:
#
#   consumer exec --role fixed -- terraform apply

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws" # add the version that your code is written for
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}
