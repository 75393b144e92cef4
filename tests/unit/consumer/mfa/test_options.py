"""What can't be asked for is refused before anybody is asked."""

from __future__ import annotations

import pytest

from consumer.cli import main
from vault_aws_kit.errors import USAGE, CodeSourceInvalid, NoAwsCredentials


@pytest.mark.parametrize("duration", ["1s", "14m59s", "36h1s", "2d", "-1", "soon", "1.5h"])
def test_a_duration_that_aws_does_not_give(duration):
    assert main(["mfa", "login", "--duration", duration]) == USAGE


@pytest.mark.parametrize("duration", ["15m", "36h", "1d"])
def test_a_duration_that_aws_gives(duration):
    assert main(["mfa", "login", "--duration", duration]) == NoAwsCredentials.exit_code


@pytest.mark.parametrize("place", ["totp/code/x", "vault:totp/x", "123456"])
def test_a_place_that_no_codes_come_from(place):
    assert main(["mfa", "login", "--code-from", place]) == CodeSourceInvalid.exit_code
    assert main(["creds", "--role", "x", "--code-from", place]) == CodeSourceInvalid.exit_code


def test_a_profile_can_not_be_made_of_itself(capsys):
    assert main(["mfa", "profile", "default"]) == USAGE
    assert "give the new profile another NAME" in capsys.readouterr().err
