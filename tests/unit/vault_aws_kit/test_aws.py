"""What the kit says where AWS can't even be asked."""

from __future__ import annotations

import boto3
import pytest

from vault_aws_kit.aws import asked
from vault_aws_kit.errors import AwsUnreachable


def sts(region):
    return boto3.client("sts", region, aws_access_key_id="AKIA", aws_secret_access_key="s")


@pytest.mark.parametrize(
    ("ask", "hint"),
    [
        (lambda: sts("eu west"), "AWS_REGION"),
        (lambda: sts("eu-west-1").get_session_token(SerialNumber="me"), "nothing was sent"),
    ],
    ids=["region", "parameter"],
)
def test_what_is_wrong_here_is_not_blamed_on_the_network(ask, hint):
    with pytest.raises(AwsUnreachable) as refused, asked("sts:GetSessionToken"):
        ask()
    assert hint in refused.value.hint
    assert "network" not in refused.value.hint
