"""Where a role's people sign in, and which pages they can land on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consumer.console import SERVICE, check, destination, hosts_of
from vault_aws_kit.contract import RoleEntry
from vault_aws_kit.errors import NoConsole, ParameterNotForRole

NET = RoleEntry("net", "main", "aws", "assumed_role", "eu-west-1", 0, 0, ("arn:aws:iam::111122223333:role/net",))
FED = RoleEntry("fed", "main", "aws", "federation_token", "eu-west-1", 0, 0)


@pytest.mark.parametrize(("partition", "signin", "console"), [
    ("aws", "signin.aws.amazon.com", "console.aws.amazon.com"),
    ("aws-cn", "signin.amazonaws.cn", "console.amazonaws.cn"),
    ("aws-us-gov", "signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
])  # fmt: skip
def test_a_roles_arn_says_where_to_sign_in(partition, signin, console):
    hosts = hosts_of(replace(NET, role_arns=(f"arn:{partition}:iam::111122223333:role/net",)), "")
    assert (hosts.signin, hosts.console) == (signin, console)


@pytest.mark.parametrize(("region", "console"), [
    ("eu-west-1", "console.aws.amazon.com"), ("", "console.aws.amazon.com"),
    ("cn-north-1", "console.amazonaws.cn"), ("us-gov-west-1", "console.amazonaws-us-gov.com"),
])  # fmt: skip
def test_without_an_arn_the_region_says_it(region, console):
    assert hosts_of(FED, region).console == console


def test_a_partition_that_nobody_knows_is_refused():
    with pytest.raises(NoConsole, match="aws-iso"):
        hosts_of(replace(NET, role_arns=("arn:aws-iso:iam::1:role/x",)), "")


@pytest.mark.parametrize("kind", ["iam_user", "session_token", "static"])
def test_types_that_aws_signs_nobody_in_with_are_refused(kind):
    with pytest.raises(NoConsole, match=kind):
        check(replace(NET, type=kind), 0)


@pytest.mark.parametrize("duration", [1, 899, 43_201])
def test_a_duration_that_aws_does_not_give_is_refused(duration):
    with pytest.raises(ParameterNotForRole, match="15m is the shortest"):
        check(NET, duration)


def test_the_first_and_the_last_duration_are_taken():
    check(NET, 900)
    check(NET, 43_200)
    check(FED, 0)


def test_a_federation_token_takes_no_duration():
    with pytest.raises(ParameterNotForRole, match="ends with its credentials"):
        check(FED, 3600)


@pytest.mark.parametrize(("given", "url"), [
    ({}, "https://console.aws.amazon.com/console/home?region=eu-west-1"),
    ({"service": "ec2"}, "https://console.aws.amazon.com/ec2/home?region=eu-west-1"),
    ({"page": "/ec2/v2/home#Instances:"}, "https://console.aws.amazon.com/ec2/v2/home#Instances:"),
    ({"page": "https://eu-west-1.console.aws.amazon.com/s3/"}, "https://eu-west-1.console.aws.amazon.com/s3/"),
])  # fmt: skip
def test_pages_to_land_on(given, url):
    assert destination(hosts_of(NET, ""), "eu-west-1", **given) == url


@pytest.mark.parametrize("page", [
    "https://evil.example/", "http://console.aws.amazon.com/", "https://console.aws.amazon.com.evil.example/",
    "https://console.aws.amazon.com@evil.example/", "javascript:alert(1)", "console", "https://[",
    "https://console.amazonaws.cn/",
])  # fmt: skip
def test_a_page_elsewhere_is_refused(page):
    with pytest.raises(ValueError, match=r"is no page of|Invalid"):
        destination(hosts_of(NET, ""), "", page=page)


def test_a_path_never_leads_to_another_host():
    assert destination(hosts_of(NET, ""), "", page="//evil.example/x").startswith("https://console.aws.amazon.com/")


@pytest.mark.parametrize("service", ["ec2", "s3", "systems-manager", "ec2/v2"])
def test_services_are_plain_names(service):
    assert SERVICE.fullmatch(service)


@pytest.mark.parametrize("service", ["", "../x", "ec2?x", "EC2", "a//b", "ec2/", "ec2\n"])
def test_what_is_no_service_is_none(service):
    assert not SERVICE.fullmatch(service)
