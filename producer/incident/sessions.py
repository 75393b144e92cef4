"""STS sessions: Vault can't revoke them. AWS can be told to deny whatever was issued before now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from producer.iam_account import IamAccount
from producer.incident.estate import Estate, LiveEngine, LiveRole
from producer.incident.proof import Witness
from producer.incident.report import Item
from vault_aws_kit import clock
from vault_aws_kit.errors import AwsError, AwsRefused

BY_ROOT_KEY = ("federation_token", "session_token")
CANT = "STS sessions can't be revoked by Vault"


def end_sessions(targets: Sequence[LiveRole], estate: Estate, witness: Witness, *, only_team: str = "") -> list[Item]:
    """Deny the sessions that the targets have issued, and say of the others how long they live.

    With `only_team` what other teams use too is left alone: sessions don't tell whose they are.
    """
    others = _roles_of_others(estate, only_team) if only_team else []
    items = [item for role in targets if role.type == "assumed_role" for item in _assumed(role, others, witness)]
    engines = dict.fromkeys(role.engine for role in targets if role.type in BY_ROOT_KEY)
    items += [_with_root_key(engine, targets, others, witness) for engine in engines]
    return list(dict.fromkeys(items))


def living_sessions(targets: Sequence[LiveRole]) -> list[Item]:
    """What is left where sessions shall not be touched."""
    return [
        Item("alive", f"sessions of {role.path}", f"{CANT}, and they were to be left alone.", until=role.ends)
        for role in targets
        if role.sts
    ]


def ended_arns(targets: Sequence[LiveRole]) -> list[str]:
    """The IAM roles whose sessions would end, whoever made them."""
    return sorted({arn for role in targets if role.type == "assumed_role" for arn in role.role_arns})


def _roles_of_others(estate: Estate, team: str) -> list[LiveRole]:
    teams = [entry for name, entry in estate.teams.items() if name != team]
    return [role for entry in teams for role in estate.roles_of(entry)]


def _assumed(role: LiveRole, others: Sequence[LiveRole], witness: Witness) -> Iterator[Item]:
    for arn in role.role_arns:
        what = f"sessions of {arn}, which {role.path} gives"
        if any(arn in other.role_arns for other in others):
            yield _shared(what, role)
        else:
            yield _denied(what, role, witness, partial(_deny_role, arn=arn))


def _with_root_key(
    engine: LiveEngine, targets: Sequence[LiveRole], others: Sequence[LiveRole], witness: Witness
) -> Item:
    """Federation and session tokens may do no more than the user whose key made them: it is denied to its sessions."""
    roles = [role for role in targets if role.engine == engine and role.type in BY_ROOT_KEY]
    longest = max(roles, key=lambda role: role.longest)
    what = f"sessions that {', '.join(role.path for role in roles)} gave with Vault's own key"
    if any(other.engine == engine and other.type in BY_ROOT_KEY for other in others):
        return _shared(what, longest)
    if not engine.key:
        remedy = "Deny them by hand on the principal that Vault runs as: condition aws:TokenIssueTime, DateLessThan."
        return _unreached(what, longest, f"Vault uses its own AWS identity in {engine.mount}/, unknown here.", remedy)
    return _denied(what, longest, witness, partial(_deny_user, key=engine.key))


def _deny_role(account: IamAccount, arn: str) -> datetime:
    where, name = arn.split(":")[4], arn.rpartition("/")[2]
    if account.account != where:
        raise AwsRefused(
            f"The AWS credentials here are of account {account.account}, the role is in {where}.",
            hint=f"Run this again with AWS credentials of account {where}.",
        )
    return account.deny_older_sessions(role=name)


def _deny_user(account: IamAccount, key: str) -> datetime:
    user = account.user_of(key)
    if not user:
        raise AwsRefused(
            f"Account {account.account} of the AWS credentials here doesn't know Vault's key {key}.",
            hint="Run this again with AWS credentials of the account that Vault's key is of.",
        )
    return account.deny_older_sessions(user=user)


def _denied(what: str, role: LiveRole, witness: Witness, deny: Callable[[IamAccount], datetime]) -> Item:
    if witness.account is None:
        return _unreached(what, role, witness.why, "Run this again with AWS credentials that may write IAM policies.")
    try:
        moment = deny(witness.account)
    except AwsError as error:
        return _unreached(what, role, error.message, error.hint)
    return Item("dead", what, f"AWS denies whatever was issued before {clock.timestamp(moment)} (within seconds)")


def _shared(what: str, role: LiveRole) -> Item:
    how = f"{CANT}, other teams use them too, and they don't tell whose they are."
    return Item("alive", what, how, role.ends, f"`producer revoke --role {role.qualified}` ends them for all teams.")


def _unreached(what: str, role: LiveRole, why: str, remedy: str) -> Item:
    return Item("unreached", what, f"{CANT} (they end by {role.ends} at the latest). {why}", remedy=remedy)
