"""Terraform Enterprise and HCP Terraform: how they are found, asked, and what their answers mean.

HashiCorp's client `pytfe` is imported only when something is asked. An organisation's things are looked up by
`organization`; what holds variables, a workspace or a variable set, is a `Holder` of `variables`.
"""
