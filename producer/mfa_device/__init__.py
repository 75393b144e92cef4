"""Vault as the MFA device of an IAM user.

seed      the secret, and the codes that follow from it
device    virtual MFA devices in IAM
totp_key  the key in Vault's TOTP engine that keeps a seed
readers   who may read its codes
undo      what is taken back where the rest fails
enrolment what there is, and how a device is made; `enroll`, `rotate` and `unenroll` are built on it
"""
