"""Vault itself: that it answers and serves, and that the token is good."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from producer.doctor.interface import Case, Check
from vault_aws_kit import clock
from vault_aws_kit.errors import KitError, NotAllowed, TokenRefused
from vault_aws_kit.findings import Finding
from vault_aws_kit.vault import Body

SOON = 15 * 60  # seconds: as long as the sessions of a probe live, and longer than most setups take


class Server(Check):
    title: ClassVar[str] = "Vault"

    def look(self, case: Case) -> Iterator[Finding]:
        health = _health(case)
        yield health
        if health.severity != "error":
            yield _token(case)


def judge_health(address: str, health: Body) -> Finding:
    """`health` is what sys/health says, {} where it may not be asked, as in some namespaces."""
    if health.get("initialized") is False:
        return Finding("error", "server", f"Vault at {address} was never initialised.", "Do it: `vault operator init`.")
    if health.get("sealed"):
        return Finding("error", "server", f"Vault at {address} is sealed.", "Unseal it: `vault operator unseal`.")
    if health.get("replication_dr_mode") == "secondary":
        told = f"Vault at {address} is a disaster recovery secondary, which serves nobody."
        return Finding("error", "server", told, "Set VAULT_ADDR to the primary cluster.")
    return Finding("ok", "server", f"Vault answers, version {health.get('version') or 'unknown'}.")


def judge_token(found: Body) -> Finding:
    """`found` is what Vault says of the token: `ttl` in seconds, 0 for one that never ends."""
    if "root" in (found.get("policies") or ()):
        told = "It is a root token, which may do far more than is needed."
        return Finding("info", "token", told, "`producer acl` prints a policy that is enough.")
    left = int(found.get("ttl") or 0)
    if 0 < left < SOON:
        told = f"It ends in {clock.duration(left)}, maybe in the middle of a setup."
        return Finding("warning", "token", told, "Renew it (`vault token renew`), or log in again.")
    return Finding("ok", "token", "Vault accepts it.")


def _health(case: Case) -> Finding:
    try:
        return judge_health(case.vault.settings.address, case.vault.health())
    except KitError as error:
        return Finding("error", "server", error.message, error.hint)


def _token(case: Case) -> Finding:
    try:
        return judge_token(case.vault.read("auth/token/lookup-self") or {})
    except NotAllowed as error:
        return Finding("skipped", "token", error.message, "`producer acl` prints the policy that it needs.")
    except TokenRefused as error:
        return Finding("error", "token", error.message, error.hint)
