"""A team's way into Vault: the tokens that carry its policy, and the secret_ids that give new ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from producer.incident.report import Item
from vault_aws_kit.contract import LoginEntry, TeamEntry
from vault_aws_kit.errors import KitError, NotAllowed, VaultRefused
from vault_aws_kit.vault import Answer, Request, Vault
from vault_aws_kit.wording import counted

BATCH = 1000  # accessors that are looked up before the next are: a Vault may have hundreds of thousands


@dataclass(frozen=True)
class Carriers:
    """Accessors of tokens with a policy; `mine` says that the caller's own is one of them, and left out."""

    accessors: tuple[str, ...]
    mine: bool


def shut_out(team: TeamEntry, vault: Vault, *, frozen: bool) -> Iterator[Item]:
    """End a team's secret_ids, then its tokens: in this order no new token can come in between."""
    named = " or ".join(team.policies)
    for login in team.logins:
        yield _login(login, team.team, vault, frozen=frozen)
    try:
        found = carriers(team.policies, vault)
    except KitError as error:
        yield Item("unreached", f"tokens with the policy {named}", error.message, remedy=error.hint)
        return
    yield _revoked(found.accessors, named, vault)
    if found.mine:
        yield Item(
            "unreached",
            "the token that you use now",
            f"It carries {named} too, and was left so that this could go on.",
            remedy="Run this with another token, or `vault token revoke -self`.",
        )


def carriers(policies: Collection[str], vault: Vault) -> Carriers:
    """Looks up every token's accessor, many at once. Raises NotAllowed."""
    mine = str((vault.read("auth/token/lookup-self") or {}).get("accessor") or "")
    accessors = vault.names("auth/token/accessors")
    found: list[str] = []
    for start in range(0, len(accessors), BATCH):
        found += _carrying(policies, accessors[start : start + BATCH], vault)
    return Carriers(tuple(accessor for accessor in found if accessor != mine), mine in found)


def _carrying(policies: Collection[str], accessors: Sequence[str], vault: Vault) -> Iterator[str]:
    requests = [Request("update", "auth/token/lookup-accessor", {"accessor": accessor}) for accessor in accessors]
    for accessor, outcome in zip(accessors, vault.ask_many(requests), strict=True):
        if isinstance(outcome, Answer):
            carried = (*(outcome.data.get("policies") or ()), *(outcome.data.get("identity_policies") or ()))
            if not set(policies).isdisjoint(carried):
                yield accessor
        elif not _gone(outcome):
            raise outcome


def _revoked(accessors: Sequence[str], named: str, vault: Vault) -> Item:
    what = f"{counted(len(accessors), 'token')} with the policy {named}"
    requests = [Request("update", "auth/token/revoke-accessor", {"accessor": accessor}) for accessor in accessors]
    failed = [outcome for outcome in vault.ask_many(requests) if isinstance(outcome, KitError) and not _gone(outcome)]
    if failed:
        how = f"{len(failed)} of them could not be revoked: {failed[0].message}"
        return Item("unreached", what, how, remedy=failed[0].hint or "Run this again.")
    return Item("dead", what, "revoked by their accessors")


def _gone(error: KitError) -> bool:
    """Whether a token ended by itself meanwhile: Vault then knows nothing of its accessor."""
    if isinstance(error, NotAllowed):
        return False
    return isinstance(error, VaultRefused) and "accessor" in error.said


def _login(login: LoginEntry, team: str, vault: Vault, *, frozen: bool) -> Item:
    if login.method != "approle":
        what = f"logins of {team} by {login.method} at {login.mount}/"
        if frozen:
            return Item("dead", what, "whoever logs in gets no credentials: the team is frozen")
        how = "Who has them can log in again: what they log in with isn't Vault's."
        return Item("alive", what, how, remedy="Stop them where it comes from, or add --freeze.")
    place = f"auth/{login.mount}/role/{login.role}"
    try:
        accessors = vault.names(f"{place}/secret-id")
    except KitError as error:
        return Item("unreached", f"secret_ids of {team} at {login.mount}/", error.message, remedy=error.hint)
    what = f"{counted(len(accessors), 'secret_id')} of {team} at {login.mount}/"
    requests = [
        Request("update", f"{place}/secret-id-accessor/destroy", {"secret_id_accessor": accessor})
        for accessor in accessors
    ]
    failed = [outcome for outcome in vault.ask_many(requests) if isinstance(outcome, KitError)]
    if failed:
        how = f"{len(failed)} of them could not be destroyed: {failed[0].message}"
        return Item("unreached", what, how, remedy=failed[0].hint or "Run this again.")
    return Item("dead", what, f"destroyed; `producer handover {team}` gives a new one")
