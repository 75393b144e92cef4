"""The guard: AWS's write APIs denied to whoever is in a group and has not given an MFA code.

actions    which actions of a service write, by the kept data of IAM's actions
compress   the same actions in fewer characters
documents  the policies that deny them
"""
