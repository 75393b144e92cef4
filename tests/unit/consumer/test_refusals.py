"""What a refusal means, in the words of both generations of the AWS SDK that Vault was built with."""

from __future__ import annotations

import pytest

from consumer.refusals import refusal
from vault_aws_kit.contract import RoleEntry
from vault_aws_kit.errors import AwsRefused, NotAllowed, RoleNotGranted, RoleUnknown, VaultFailed, VaultRefused

ROLE = RoleEntry("net", "main", "aws", "assumed_role", "eu-west-1", 0, 0)

FIRST_SDK = (
    "Error assuming role: AccessDenied: User: arn:aws:iam::111122223333:user/vault is not authorized\n"
    "\tstatus code: 403, request id: 1-2-3"
)
SECOND_SDK = (
    "Error assuming role: operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: 1-2-3, "
    "api error AccessDenied: User: arn:aws:iam::111122223333:user/vault is not authorized"
)
NO_STATUS = "Error creating IAM user: NoCredentialProviders: no valid providers in chain. Deprecated"


@pytest.mark.parametrize("said", [FIRST_SDK, SECOND_SDK, f"1 error occurred:\n\t* {FIRST_SDK}\n\n"])
@pytest.mark.parametrize("error", [VaultRefused, VaultFailed])
def test_awss_own_code_and_words_are_told(said, error):
    found = refusal(error("…", said=said), ROLE, ["p"])
    assert isinstance(found, AwsRefused)
    assert "AccessDenied: User: arn:aws:iam::111122223333:user/vault is not authorized." in found.message
    assert "trust" in found.hint


def test_what_the_sdk_says_without_asking_aws_is_told_too():
    found = refusal(VaultRefused("…", said=NO_STATUS), ROLE, ["p"])
    assert isinstance(found, AwsRefused)
    assert "producer setup" in found.hint


def test_a_role_that_the_engine_lacks_is_unknown():
    assert isinstance(refusal(VaultRefused("…", said='Role "net" not found'), ROLE, ["p"]), RoleUnknown)


def test_a_missing_capability_is_a_role_not_granted_with_the_policies_named():
    found = refusal(NotAllowed("The token lacks `read`."), ROLE, ["vak-a-b", "default"])
    assert isinstance(found, RoleNotGranted)
    assert "vak-a-b, default" in found.message
    assert "frozen for now" in found.hint


def test_what_is_neither_stays_what_it_is():
    error = VaultFailed("Vault failed.", said="internal error")
    assert refusal(error, ROLE, ["p"]) is error
