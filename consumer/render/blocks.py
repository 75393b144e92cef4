"""From what a person asks for to the AWS providers of a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from consumer.issue import chosen_arn
from consumer.render.asked import Asked, Named, Wanted, WantedArn, WantedAssumed
from consumer.render.interface import AssumedRole, Block
from consumer.roles import Access
from vault_aws_kit.contract import RoleEntry
from vault_aws_kit.errors import ModeImpossible, RequestError, RoleAmbiguous, RoleArnNeeded
from vault_aws_kit.hcl_layout import IDENTIFIER


def blocks_for(access: Access, asked: Asked) -> tuple[Block, ...]:
    """The providers in the order asked for: the first without an alias is the default one.

    Raises RoleUnknown, RoleAmbiguous, RoleArnNeeded, ModeImpossible.
    """
    roles = [access.role(one.role) for one in asked.roles]
    aliases = _aliases(asked.roles, roles)
    _check(asked, aliases, roles)
    arns = [chosen_arn(role, _arn_of(alias, role, asked.role_arns)) for alias, role in zip(aliases, roles, strict=True)]
    labels = _labels(aliases, roles)
    profiles = _profiles(labels, roles, arns)
    return tuple(
        Block(
            alias=alias,
            label=label,
            role=role,
            role_name=access.name_of(role),
            region=_value(asked.regions, alias) or role.region,
            role_arn=arn,
            assumed=_assumed(asked.assumed, alias, role),
            profile=_value(asked.profiles, alias) or profile,
        )
        for alias, label, role, arn, profile in zip(aliases, labels, roles, arns, profiles, strict=True)
    )


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


def _profiles(labels: Sequence[str], roles: Sequence[RoleEntry], arns: Sequence[str]) -> list[str]:
    """An AWS profile for each set of credentials: the role's name where that is enough, else the label."""
    sets = {(role.mount, role.name, arn) for role, arn in zip(roles, arns, strict=True)}
    shared = Counter(name for _, name, _ in sets)
    return [role.name if shared[role.name] == 1 else label for label, role in zip(labels, roles, strict=True)]


def _identifier(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    return plain if IDENTIFIER.fullmatch(plain) else f"_{plain}"


# ── what belongs to which provider ──────────────────────────────────────────────────────────────


def _value(given: Sequence[Named], alias: str) -> str:
    """The provider's own, else the one for all of them, else ''. The last one given wins."""
    own = [one.value for one in given if one.alias and one.alias == alias]
    shared = [one.value for one in given if not one.alias]
    return (own or shared or [""])[-1]


def _assumed(given: Sequence[WantedAssumed], alias: str, role: RoleEntry) -> tuple[AssumedRole, ...]:
    own = [one.role for one in given if one.alias and one.alias == alias]
    chain = own or [one.role for one in given if not one.alias]
    if chain and role.type == "federation_token":
        raise ModeImpossible(
            f"The credentials of {role.name!r} (federation_token) can't assume a role: AWS refuses them that.",
            hint="Use an assumed_role or an iam_user role with --assume-role.",
        )
    return tuple(chain)


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


# ── whatever was given must mean something: a typing error would render for another account ─────


def _check(asked: Asked, aliases: Sequence[str], roles: Sequence[RoleEntry]) -> None:
    for option, given, error in (
        ("--role-arn", asked.role_arns, RoleArnNeeded),
        ("--region", asked.regions, RoleAmbiguous),
        ("--assume-role", asked.assumed, RoleAmbiguous),
        ("--profile", asked.profiles, RoleAmbiguous),
    ):
        _check_aliases(option, [one.alias for one in given], aliases, error)
    for one in asked.role_arns:
        if not one.alias and not any(one.arn in role.role_arns for role in roles):
            known = sorted({arn for role in roles for arn in role.role_arns})
            raise RoleArnNeeded(
                f"None of these roles has the AWS role {one.arn}.", hint=f"They have: {', '.join(known) or 'none'}."
            )


def _check_aliases(option: str, given: Sequence[str], aliases: Sequence[str], error: type[RequestError]) -> None:
    for alias in given:
        if alias and alias not in aliases:
            raise error(
                f"{option} {alias}=… names no provider of this file.",
                hint=f"Its aliases are: {', '.join(filter(None, aliases)) or 'none'}.",
            )
