"""A spec with two engines and two teams, and connections of its workspaces."""

from __future__ import annotations

from producer.connect.connection import Access, Connection
from producer.spec import Engine, Lease, Role, Root, Spec, Team
from vault_aws_kit.hcp import Phased

ARN, OTHER = "arn:aws:iam::111122223333:role/net", "arn:aws:iam::444455556666:role/net"
MAIN = Engine("main", "aws", "eu-west-1", Lease(900, 3600), Root())
PROD = Engine("prod", "aws/prod", "eu-west-1", Lease(900, 3600), Root())
ROLES = (
    Role("net", "main", "assumed_role", role_arns=(ARN,)),
    Role("reader", "main", "assumed_role", role_arns=(ARN,)),
    Role("nets", "main", "assumed_role", role_arns=(ARN, OTHER)),
    Role("app", "main", "iam_user"),
    Role("net", "prod", "assumed_role", role_arns=(OTHER,)),
    Role("fixed", "main", "static", username="ann"),
)
PAY = Team("pay", ("main/app", "main/fixed", "main/net", "main/nets", "main/reader"), ())
ONE = Team("one", ("main/net",), ())
SPEC = Spec("prod", (MAIN, PROD), ROLES, (PAY, ONE))


def connection(*workspaces: str, plan: str = "main/net", apply: str = "main/net", **fields: object) -> Connection:
    access = (Access("", Phased(plan, apply), Phased(ARN, ARN)),)
    return Connection("pay", "acme", access, workspaces or ("web",), **fields)
