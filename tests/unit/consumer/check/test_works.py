"""What asking for credentials came to."""

from __future__ import annotations

from dataclasses import replace

from consumer.check.probing import Proof
from consumer.check.works import judge, judge_sessions
from consumer.identity import Identity
from vault_aws_kit.contract import RoleEntry
from vault_aws_kit.errors import AwsRefused, AwsUnreachable, RevokeFailed, RoleNotGranted

ARN = "arn:aws:iam::111122223333:role/net"
NET = RoleEntry("net", "main", "aws", "assumed_role", "", 0, 0, (ARN,))
WORKS = Proof(
    NET, given=True, session=True, who=Identity("111122223333", "arn:aws:sts::111122223333:assumed-role/net/x")
)


def one(proof):
    (found,) = judge("net", proof)
    return found


def test_credentials_that_aws_takes_are_fine_and_whose_they_are_is_told():
    assert one(WORKS).severity == "ok"
    assert "assumed-role/net/x" in one(WORKS).reason


def test_another_account_is_an_error():
    assert one(replace(WORKS, who=Identity("9", "arn"))).severity == "error"
    assert one(replace(WORKS, role=replace(NET, role_arns=()), who=Identity("9", "arn"))).severity == "ok"


def test_a_refusal_of_vault_and_one_of_aws_are_errors_that_can_be_told_apart():
    vault = one(Proof(NET, error=RoleNotGranted("No policy allows it.", hint="Ask.")))
    assert (vault.severity, vault.reason, vault.remedy) == ("error", "No policy allows it.", "Ask.")
    aws = one(Proof(NET, given=True, error=AwsRefused("AWS refuses them: ExpiredToken.", hint="Clock?")))
    assert (aws.severity, aws.reason) == ("error", "Vault gave credentials, and AWS refuses them: ExpiredToken.")


def test_where_aws_is_out_of_reach_nothing_is_known():
    assert one(Proof(NET, given=True, error=AwsUnreachable("AWS can't be asked."))).severity == "skipped"


def test_what_was_not_given_back_is_an_error_beside_the_rest():
    found = list(judge("net", replace(WORKS, left=RevokeFailed("The lease x was not revoked.", hint="By hand."))))
    assert [each.severity for each in found] == ["ok", "error"]


def test_sessions_that_live_on_are_counted_and_keys_are_not():
    (told,) = judge_sessions([WORKS, WORKS, replace(WORKS, session=False)])
    assert "2 that were made here live on" in told.reason
    assert list(judge_sessions([replace(WORKS, session=False)])) == []
