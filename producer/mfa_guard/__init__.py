"""The guard: AWS's write APIs denied to whoever is in a group and has not given an MFA code.

actions    which actions of a service write, by the kept data of IAM's actions
compress   the same actions in fewer characters
documents  the policies that deny them
observed   what AWS has of a guard; `plan`, what must change; `apply`, changing it
members    who is under it, and who has a device to come out with
lockout    whether whoever changes it could take it back
simulation what AWS would decide; with `calls` that change nothing, what `verify` is built on
"""
