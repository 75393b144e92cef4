"""Credentials in workspaces of Terraform Enterprise and HCP Terraform: put there, looked at, taken away.

    targets ─▶ preflight ─▶ credentials ─▶ lock ─▶ change ─▶ unlock ─▶ run
    (names)    (reads)      (obtain)              (writes)            (follow)

What is put there says so in its description, which `label` writes and reads: there is no other record.
"""
