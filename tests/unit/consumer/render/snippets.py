"""What the tests render: roles of each kind, files of one and of several, and each login that a catalog can offer."""

from __future__ import annotations

from dataclasses import replace

from consumer.render import MODES, Block, Snippet
from consumer.render.auth import AUTHS
from consumer.render.interface import AssumedRole, VaultProvider
from vault_aws_kit.contract import LoginEntry, RoleEntry

ARN, OTHER = "arn:aws:iam::111122223333:role/net", "arn:aws:iam::444455556666:role/net"
APP = RoleEntry("app", "main", "aws", "iam_user", "eu-west-1", 900, 3600)
NET = RoleEntry("net", "main", "aws", "assumed_role", "eu-west-1", 1800, 3600, (ARN,))
NETS = RoleEntry("nets", "main", "aws/prod", "assumed_role", "", 0, 0, (ARN, OTHER))
FIXED = RoleEntry("fixed", "main", "aws", "static", "eu-west-1", 0, 0)

ONE = Block("", "net", NET, "eu-west-1", profile="net")
USER = Block("", "app", APP, "eu-west-1", profile="app")
FILES = {
    "one-role": (ONE,),
    "iam-user": (USER,),
    "static": (Block("", "fixed", FIXED, "eu-west-1", profile="fixed"),),
    "several": (
        ONE,
        Block("logs", "logs", APP, "us-east-1", profile="app"),
        Block("dev", "dev", NETS, "", OTHER, profile="dev"),
    ),
    "assumed": (
        replace(ONE, assumed=(AssumedRole(ARN), AssumedRole(OTHER, "deploy", "x-1"))),
        replace(ONE, alias="logs", label="logs", region="us-east-1"),
    ),
}
IMPOSSIBLE = {("env", "several"), ("hcp", "static")}
CASES = [(mode, name) for mode in MODES for name in FILES if (mode, name) not in IMPOSSIBLE]
TAGS = (("team", "payments"), ("cost centre", "42"))
CASES_OF_LOGINS = [(mode, auth) for mode in ("ephemeral", "data-source") for auth in AUTHS]
ROLE = "vak-prod-payments"


def snippet(name: str, *, pins: bool = True) -> Snippet:
    given = Snippet(FILES[name], pins=pins)
    return replace(given, tags=TAGS, config_files=("aws.conf",)) if name == "assumed" else given


def rendered(mode: str, name: str, *, pins: bool = True) -> str:
    return MODES[mode].text(snippet(name, pins=pins))


def login(auth: str, mount: str = "there", role: str = ROLE) -> LoginEntry | None:
    method = AUTHS[auth].method
    return LoginEntry(method, mount, role, audience="vault.example") if method else None


def logged_in(auth: str, *, written: bool = False) -> Snippet:
    """One role and a login, and, where `written`, all that can be said of Vault."""
    place = ("https://vault.example:8200", "team/a", "ca.pem") if written else ("", "", "")
    return Snippet(FILES["one-role"], VaultProvider(AUTHS[auth], login(auth), *place))
