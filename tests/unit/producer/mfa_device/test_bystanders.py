"""Which policies of others reach the codes of a device."""

from __future__ import annotations

import pytest

from producer.mfa_device.bystanders import allows

PATH = "totp/code/ci"


@pytest.mark.parametrize(
    "hcl",
    [
        'path "totp/code/ci" { capabilities = ["read"] }',
        'path "totp/*" {\n  capabilities = ["list", "read"]\n}',
        'path "+/code/+" { capabilities = ["read"] }',
        'path "totp/code/c*" { policy = "write" }',
        'path "secret/x" { capabilities = ["read"] }\npath "*" { capabilities = ["sudo"] }',
    ],
)
def test_what_reaches_the_codes(hcl):
    assert allows(hcl, PATH)


@pytest.mark.parametrize(
    "hcl",
    [
        'path "totp/code/ci" { capabilities = ["deny"] }',
        'path "totp/code/ci2" { capabilities = ["read"] }',
        'path "totp/code" { capabilities = ["read"] }',
        'path "+/ci" { capabilities = ["read"] }',
        'path "totp.code/ci" { capabilities = ["read"] }',
        '# path "totp/*" { capabilities = ["read"] }',
        'path "totp/keys/*" { capabilities = ["read", "list"] }',
        "",
    ],
)
def test_what_does_not(hcl):
    assert not allows(hcl, PATH)
