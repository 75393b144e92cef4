"""From what a person asks for to the AWS providers of a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from consumer.issue import chosen_arn
from consumer.render.interface import Block
from consumer.roles import Access
from vault_aws_kit.contract import RoleEntry
from vault_aws_kit.errors import ModeImpossible, RoleAmbiguous, RoleArnNeeded

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Wanted:
    """One `--role`: `alias` is None where it was given none."""

    role: str
    alias: str | None = None


@dataclass(frozen=True)
class WantedArn:
    """One `--role-arn`: for the provider of that alias, or with '' for every role that has this AWS role."""

    arn: str
    alias: str = ""


def blocks_for(
    access: Access, wanted: Sequence[Wanted], arns: Sequence[WantedArn] = (), region: str = ""
) -> list[Block]:
    """The providers in the order asked for: the first without an alias is the default one.

    Raises RoleUnknown, RoleAmbiguous, RoleArnNeeded, ModeImpossible.
    """
    roles = [access.role(one.role) for one in wanted]
    aliases = _aliases(wanted, roles)
    _check_arns(arns, aliases, roles)
    labels = _labels(aliases, roles)
    return [
        Block(alias, label, _renderable(role), region or role.region, chosen_arn(role, _arn_of(alias, role, arns)))
        for alias, label, role in zip(aliases, labels, roles, strict=True)
    ]


def _aliases(wanted: Sequence[Wanted], roles: Sequence[RoleEntry]) -> list[str]:
    """'' for the default provider; whatever else came without an alias gets one made of its role's name."""
    first = next((number for number, one in enumerate(wanted) if one.alias is None), -1)
    found = [
        "" if number == first else one.alias or _identifier(role.name)
        for number, (one, role) in enumerate(zip(wanted, roles, strict=True))
    ]
    twice = [alias for alias, count in Counter(found).items() if count > 1]
    if twice:
        raise RoleAmbiguous(
            f"{len(found)} roles were asked for, and more than one of them as aws.{twice[0]}.",
            hint="Give each an alias of its own: --role logs=ROLE.",
        )
    return found


def _labels(aliases: Sequence[str], roles: Sequence[RoleEntry]) -> list[str]:
    """A name of its own for each provider's credentials: the alias, else the role's name."""
    taken = {alias for alias in aliases if alias}
    labels = []
    for alias, role in zip(aliases, roles, strict=True):
        label = alias or _identifier(role.name)
        while not alias and label in taken:
            label += "_default"
        labels.append(label)
    return labels


def _identifier(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    return plain if IDENTIFIER.fullmatch(plain) else f"_{plain}"


def _arn_of(alias: str, role: RoleEntry, arns: Sequence[WantedArn]) -> str:
    """What was chosen for this provider: by its alias first, else the one that the role has."""
    own = [one.arn for one in arns if one.alias and one.alias == alias]
    shared = [one.arn for one in arns if not one.alias and one.arn in role.role_arns]
    fitting = own or shared
    if len(fitting) > 1:
        raise RoleArnNeeded(
            f"Role {role.name!r} was given {len(fitting)} AWS roles.", hint="Say for which alias: --role-arn ALIAS=ARN."
        )
    return fitting[0] if fitting else ""


def _check_arns(arns: Sequence[WantedArn], aliases: Sequence[str], roles: Sequence[RoleEntry]) -> None:
    """Every --role-arn must mean something: a typing error would render for another account."""
    for one in arns:
        if one.alias and one.alias not in aliases:
            raise RoleArnNeeded(
                f"--role-arn {one.alias}=… names no provider of this file.",
                hint=f"Its aliases are: {', '.join(filter(None, aliases)) or 'none'}.",
            )
        if not one.alias and not any(one.arn in role.role_arns for role in roles):
            known = sorted({arn for role in roles for arn in role.role_arns})
            raise RoleArnNeeded(
                f"None of these roles has the AWS role {one.arn}.", hint=f"They have: {', '.join(known) or 'none'}."
            )


def _renderable(role: RoleEntry) -> RoleEntry:
    if role.type == "static":
        raise ModeImpossible(
            f"{role.name!r} is a static role, which no mode renders.", hint="Use `consumer creds` or `consumer exec`."
        )
    return role
