"""What a person writes on the command line, as plain values."""

from __future__ import annotations

import pytest

from consumer.render import asked
from consumer.render.asked import Named, Wanted, WantedArn, WantedAssumed
from consumer.render.interface import AssumedRole

ARN = "arn:aws:iam::111122223333:role/a/net"


@pytest.mark.parametrize(
    ("text", "meant"),
    [("net", Wanted("net")), ("logs=net", Wanted("net", "logs")), ("logs=main/net", Wanted("main/net", "logs"))],
)
def test_a_role_may_have_an_alias_and_an_engine(text, meant):
    assert asked.wanted(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (ARN, WantedArn(ARN)),
        (f"{ARN}=x", WantedArn(f"{ARN}=x")),
        (f"logs={ARN}=x", WantedArn(f"{ARN}=x", "logs")),
    ],
)
def test_an_equals_sign_within_an_arn_makes_no_alias(text, meant):
    assert asked.wanted_arn(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (ARN, WantedAssumed(AssumedRole(ARN))),
        (f"logs={ARN},session_name=ci", WantedAssumed(AssumedRole(ARN, "ci"), "logs")),
        (f"{ARN},external_id=a,b=c", WantedAssumed(AssumedRole(ARN, "", "a,b=c"))),
        (f"{ARN},x,session_name=ci,external_id=e1", WantedAssumed(AssumedRole(f"{ARN},x", "ci", "e1"))),
    ],
)
def test_an_assumed_role_may_have_a_session_name_and_an_external_id(text, meant):
    assert asked.wanted_assumed(text) == meant


@pytest.mark.parametrize("text", ["net", "logs=net", "arn:aws:iam::1:role/net", "arn:aws:iam::111122223333:user/net"])
def test_what_is_no_role_can_not_be_assumed(text):
    with pytest.raises(ValueError, match="no IAM role"):
        asked.wanted_assumed(text)


@pytest.mark.parametrize("more", ["session_name=x", "session_name=a b", "external_id=x", "external_id=a\nb"])
def test_a_session_name_or_an_external_id_that_aws_would_not_take_is_refused(more):
    with pytest.raises(ValueError, match=r"that AWS takes|no IAM role"):
        asked.wanted_assumed(f"{ARN},{more}")


def test_a_region_may_be_for_one_provider():
    assert asked.named("eu-west-1") == Named("eu-west-1")
    assert asked.named("logs=eu-west-1") == Named("eu-west-1", "logs")


@pytest.mark.parametrize("text", ["a b=x", "1x=x", "=x"])
@pytest.mark.parametrize("parse", [asked.wanted, asked.named, asked.profile])
def test_an_alias_is_one_that_terraform_takes(parse, text):
    with pytest.raises(ValueError, match="no alias"):
        parse(text)


@pytest.mark.parametrize("text", ["a]b", "a b", "", "a\nb"])
def test_a_profile_fits_between_brackets(text):
    with pytest.raises(ValueError, match="no name for an AWS profile"):
        asked.profile(text)


@pytest.mark.parametrize(
    ("text", "pair"),
    [("team=payments", ("team", "payments")), ("Name=a=b c/d@e", ("Name", "a=b c/d@e")), ("x=", ("x", ""))],
)
def test_a_tag_is_a_key_and_a_value(text, pair):
    assert asked.tag(text) == pair


@pytest.mark.parametrize(
    "text", ["team", "=x", "aws:x=y", "AWS:x=y", "a*=b", "a=b;c", "k" * 129 + "=v", "k=" + "v" * 257, "k=a\nb"]
)
def test_what_aws_would_not_take_as_a_tag_is_refused(text):
    with pytest.raises(ValueError, match=r"(?i)tag"):
        asked.tag(text)


@pytest.mark.parametrize("text", ["vault.example.com", "ftp://x", "https://", "https://me:secret@vault.example.com"])
def test_vaults_address_is_a_url_without_a_password(text):
    with pytest.raises(ValueError, match="no address") as refused:
        asked.address(text)
    assert "secret" not in str(refused.value)
