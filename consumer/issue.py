"""Asking Vault for credentials of a role, and giving them back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from consumer.codes.choice import Wanted
from consumer.token import TokenInfo
from vault_aws_kit import clock
from vault_aws_kit.credentials import Credentials
from vault_aws_kit.errors import (
    KitError,
    NotAllowed,
    ParameterNotForRole,
    RevokeFailed,
    RoleArnNeeded,
    TokenRefused,
    UnsupportedField,
    VaultFailed,
    VaultRefused,
    VaultUnreachable,
)
from vault_aws_kit.vault import Request

if TYPE_CHECKING:
    from vault_aws_kit.contract import RoleEntry
    from vault_aws_kit.vault import Answer, Body, Vault

SHORTEST_TTL = (
    900  # AWS gives no session for less: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
)
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
"""https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
REVOKE_PAUSES = (0.5, 2.0)
REMEDY = "Run it on a terminal, or say where codes come from: --code-from vault:totp/code/NAME (role {role})."


@dataclass(frozen=True)
class Parameters:
    """What is asked of a role beyond its name. `ttl` in seconds; 0 and '' leave it to the role.

    `codes` is where MFA codes come from, for roles that want one: which code it is makes no other credentials of them.
    """

    ttl: int = 0
    role_arn: str = ""
    session_name: str = ""
    region: str = ""
    codes: Wanted = field(default=Wanted(), compare=False)

    def for_each(self, roles: Sequence[RoleEntry]) -> Callable[[RoleEntry], Parameters]:
        """What to ask of each of these roles: of one alone all of it, of several what each takes.

        Raises RoleArnNeeded for an AWS role that none of them has.
        """
        if len(roles) == 1:
            return lambda _: self
        if self.role_arn and not any(self.role_arn in role.role_arns for role in roles):
            raise RoleArnNeeded(f"{self.role_arn} is an AWS role of none of these.", hint="See `consumer roles`.")
        return self._fitting

    def _fitting(self, role: RoleEntry) -> Parameters:
        return Parameters(
            ttl=self.ttl if role.sts else 0,
            role_arn=self.role_arn if self.role_arn in role.role_arns else "",
            session_name=self.session_name if role.type == "assumed_role" else "",
            region=self.region,
            codes=self.codes if role.mfa_serial_number else Wanted(),
        )


def issue(vault: Vault, token: TokenInfo, role: RoleEntry, asked: Parameters) -> Credentials:
    """Fresh credentials of a role; where it has an MFA device, with a code of that.

    Raises RoleNotGranted, RoleUnknown, AwsRefused, RoleArnNeeded, ParameterNotForRole, and the MfaErrors.
    """
    body = _body(role, asked)
    if not role.mfa_serial_number:
        return _issue(vault, token, role, asked, body)
    from consumer.codes.interface import until_accepted

    _check_takes_codes(vault, role)
    codes = asked.codes.codes(lambda: nullcontext(vault), REMEDY.format(role=role.qualified))
    return until_accepted(
        codes, role.mfa_serial_number, lambda code: _issue(vault, token, role, asked, {**body, "mfa_code": code})
    )


def _issue(vault: Vault, token: TokenInfo, role: RoleEntry, asked: Parameters, body: Body) -> Credentials:
    from consumer.refusals import gone, refusal

    path = path_of(role)
    before = clock.now()
    try:
        answer = vault.ask(_request(path, body))
    except (NotAllowed, VaultRefused, VaultFailed) as error:
        raise refusal(error, role, token.policies) from None
    if answer is None:
        raise gone(role)
    return _credentials(answer, token, role, asked, before)


def renew(vault: Vault, credentials: Credentials) -> datetime:
    """Have a lease live on for as long as it was given at first, or as long as Vault allows; when it ends then.

    Raises VaultRefused for a lease that has ended or can't be renewed.
    """
    before = clock.now()
    asked = {"lease_id": credentials.lease_id, "increment": credentials.lease_duration}
    return before + timedelta(seconds=vault.write("sys/leases/renew", asked).lease_duration)


def check(role: RoleEntry, asked: Parameters) -> None:
    """Raise what `issue` would before it asks Vault: RoleArnNeeded, ParameterNotForRole."""
    _body(role, asked)


def is_alive(vault: Vault, lease_id: str) -> bool:
    """Whether a lease is still there, and so the token that asked for it: it would have taken the lease along.

    A good token that may not look leases up is a sign of life too, if a weaker one. Raises VaultUnreachable,
    VaultSealed, VaultFailed where Vault doesn't say.
    """
    try:
        vault.write("sys/leases/lookup", {"lease_id": lease_id})
    except NotAllowed:
        return True
    except (VaultRefused, TokenRefused):
        return False
    return True


def revoke(vault: Vault, lease_id: str, pauses: Sequence[float] = REVOKE_PAUSES) -> None:
    """End a lease, and with it an IAM user's key; returns when that is done. Raises RevokeFailed.

    A lease that has ended already is fine. Vault's failures are tried again after each pause (in seconds).
    """
    for pause in (*pauses, None):
        try:
            vault.write("sys/leases/revoke", {"lease_id": lease_id, "sync": True})
        except (VaultUnreachable, VaultFailed) as error:
            if pause is None:
                raise _not_revoked(lease_id, error) from None
            time.sleep(pause)
        except KitError as error:
            raise _not_revoked(lease_id, error) from None
        else:
            return


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _request(path: str, body: Body) -> Request:
    """A code is good once, so what sends one is not sent again."""
    return Request("update", path, body, repeatable="mfa_code" not in body) if body else Request("read", path)


def _check_takes_codes(vault: Vault, role: RoleEntry) -> None:
    """An engine drops what it doesn't know, and would give a session without MFA. Raises UnsupportedField."""
    known = vault.help(path_of(role))
    if known and "mfa_code" not in known.fields:
        raise UnsupportedField(
            f"The AWS engine at {role.mount} takes no MFA codes, which role {role.name!r} wants.",
            hint="Vault's engine does since 1.16, and OpenBao's own doesn't. `consumer mfa login` needs neither.",
        )


def path_of(role: RoleEntry) -> str:
    """Where Vault gives a role's credentials."""
    return f"{role.mount}/{'static-creds' if role.type == 'static' else 'creds'}/{role.name}"


def _body(role: RoleEntry, asked: Parameters) -> Body:
    """What to send with the request; raises what Vault or AWS would refuse, or silently ignore."""
    body: dict[str, object] = {}
    if asked.ttl:
        _check_ttl(role, asked.ttl)
        body["ttl"] = asked.ttl
    arn = chosen_arn(role, asked.role_arn)
    if arn:
        body["role_arn"] = arn
    if asked.session_name:
        _check_session_name(role, asked.session_name)
        body["role_session_name"] = asked.session_name
    if asked.codes.place and not role.mfa_serial_number:
        raise ParameterNotForRole(f"Role {role.name!r} ({role.type}) wants no MFA code.", hint="Leave --code-from out.")
    return body


def _check_ttl(role: RoleEntry, ttl: int) -> None:
    if role.type == "static":
        raise ParameterNotForRole(
            f"The key of static role {role.name!r} lives until Vault rotates it: it takes no --ttl.",
            hint="Leave --ttl out.",
        )
    if not role.sts:
        raise ParameterNotForRole(
            f"The credentials of {role.name!r} ({role.type}) live as long as the engine's lease: they take no --ttl.",
            hint="Leave --ttl out, or ask the platform team for another lease on the engine.",
        )
    if ttl < SHORTEST_TTL:
        raise ParameterNotForRole(
            f"AWS gives no session for {clock.duration(ttl)}: 15m is the shortest.", hint="Ask for 15m or more."
        )
    if role.max_ttl and ttl > role.max_ttl:
        raise ParameterNotForRole(
            f"Role {role.name!r} gives at most {clock.duration(role.max_ttl)}, not {clock.duration(ttl)}.",
            hint=f"Ask for --ttl {clock.duration(role.max_ttl)} or less.",
        )


def _check_session_name(role: RoleEntry, name: str) -> None:
    if role.type != "assumed_role":
        raise ParameterNotForRole(
            f"Role {role.name!r} ({role.type}) takes no --session-name.", hint="Only assumed_role does: leave it out."
        )
    if not SESSION_NAME.fullmatch(name):
        raise ParameterNotForRole(
            f"AWS takes no session name {name!r}.", hint="It has 2 to 64 of the characters A-Z a-z 0-9 _ + = , . @ -"
        )


def chosen_arn(role: RoleEntry, asked: str) -> str:
    """The AWS role to ask for, '' where there is nothing to choose. Raises RoleArnNeeded."""
    if asked and asked not in role.role_arns:
        has = f"Choose {' or '.join(role.role_arns)}." if role.role_arns else "Leave --role-arn out."
        raise RoleArnNeeded(f"{asked} is none of the AWS roles of {role.name!r}.", hint=has)
    if len(role.role_arns) > 1 and not asked:
        raise RoleArnNeeded(
            f"Role {role.name!r} stands for {len(role.role_arns)} AWS roles.",
            hint=f"Choose one with --role-arn: {' or '.join(role.role_arns)}.",
        )
    return asked if len(role.role_arns) > 1 else ""


def _credentials(answer: Answer, token: TokenInfo, role: RoleEntry, asked: Parameters, before: datetime) -> Credentials:
    data = answer.data
    if not data.get("access_key") or not data.get("secret_key"):
        raise VaultFailed(
            f"Vault's answer for {path_of(role)} holds no credentials.",
            hint=f"Is {role.mount} an AWS secrets engine? Ask the platform team to run `producer status`.",
        )
    session = str(data.get("session_token") or data.get("security_token") or "")
    return Credentials(
        access_key_id=str(data["access_key"]),
        secret_access_key=str(data["secret_key"]),
        session_token=session,
        expires=_session_expires(answer, role, asked, before) if session else _key_expires(answer, token, role, before),
        lease_id=answer.lease_id,
        lease_duration=answer.lease_duration,
        renewable=answer.renewable,
        region=asked.region or role.region,
        role=role.name,
        type=role.type,
    )


def _session_expires(answer: Answer, role: RoleEntry, asked: Parameters, before: datetime) -> datetime:
    """When AWS ends a session. Some servers give STS no lease: then by what was asked, at worst the shortest."""
    told = [int(n) for n in (answer.lease_duration, answer.data.get("ttl")) if n]
    return before + timedelta(seconds=min(told) if told else asked.ttl or role.default_ttl or SHORTEST_TTL)


def _key_expires(answer: Answer, token: TokenInfo, role: RoleEntry, before: datetime) -> datetime | None:
    """When Vault deletes an IAM user's key: with its lease, and at the latest with the token that asked for it.

    A static role's key has no lease; it ends when Vault rotates it, which newer servers tell.
    """
    if role.type == "static":
        return _moment(answer.data.get("expiration"))
    lease = before + timedelta(seconds=answer.lease_duration) if answer.lease_duration else None
    return min((end for end in (lease, token.expires) if end), default=None)


def _moment(text: object) -> datetime | None:
    try:
        return clock.moment(str(text))
    except ValueError:
        return None


def _not_revoked(lease_id: str, error: KitError) -> RevokeFailed:
    return RevokeFailed(
        f"The lease {lease_id} was not revoked: {error.message}",
        hint=f"Revoke it by hand: `vault lease revoke {lease_id}`.",
    )
