"""A Terraform Enterprise of the tests' own: the documented JSON:API of what the kit asks for, over TLS, and no more.

`state` is what there is and its rules, `documents` the shapes, `routes` the requests, `server` HTTP and the faults.
Source: https://developer.hashicorp.com/terraform/cloud-docs/api-docs and what HashiCorp's go-tfe and pytfe expect.
"""
