"""Connecting workspaces of HCP Terraform and Terraform Enterprise: a login of a team for them, and their variables.

    Connection ─▶ a login of the team ─▶ Vault: JWT role, ACL policy   (the producer's own pipeline)
               └▶ variables           ─▶ the workspace or a variable set

A connection is recorded in the catalog, so that `setup` keeps its part of Vault right as it does the spec's own logins.
"""
