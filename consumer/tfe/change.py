"""What has to change in a workspace or a variable set, so that it holds one set of credentials and no other. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consumer.environment import OF_A_SET
from consumer.tfe import label
from vault_aws_kit.errors import TfeConflict
from vault_aws_kit.hcp import is_dynamic
from vault_aws_kit.tfe.holders.interface import Variable, Wanted, find

if TYPE_CHECKING:
    from consumer.tfe.label import Label
    from vault_aws_kit.credentials import Credentials

REGION = "AWS_REGION"
CONFIRM = "CONFIRM_DESTROY"
SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@dataclass(frozen=True)
class Asked:
    """`region` is '' where nobody gave one by name: then the role's fills a gap, and one that is there stays."""

    region: str = ""
    confirm_destroy: bool = False
    force: bool = False


@dataclass(frozen=True)
class Change:
    """What to write, each with what is there already, and what to delete.

    `lost` are keys of somebody else's whose secret values can't be put back once they are overwritten.
    """

    writes: tuple[tuple[Wanted, Variable | None], ...]
    deletes: tuple[Variable, ...]
    lost: tuple[str, ...] = ()


def wanted(credentials: Credentials, asked: Asked, text: str) -> list[Wanted]:
    """The variables of a set of credentials; `text` is their description."""
    values = (credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    found = [Wanted(key, value, sensitive=True, description=text) for key, value in zip(SECRETS, values, strict=True)]
    region = asked.region or credentials.region
    plain = {REGION: region, CONFIRM: "1" if asked.confirm_destroy else ""}
    found += [Wanted(key, value, description=text) for key, value in plain.items()]
    return [one for one in found if one.value]


def check(place: str, held: Sequence[Variable], asked: Asked, given: Sequence[Variable] = ()) -> None:
    """Raise what `change` would, as far as it is known before there are credentials. Raises TfeConflict.

    `given` is what variable sets give it besides.
    """
    keys = [Wanted(key, "", sensitive=True) for key in SECRETS]
    keys += [Wanted(REGION, "")] if asked.region else []
    keys += [Wanted(CONFIRM, "")] if asked.confirm_destroy else []
    _refuse(place, list(_conflicts([*held, *filter(dynamic, given)], keys)), asked)


def check_no_dynamic(place: str, held: Sequence[Variable], asked: Asked) -> None:
    """Raises TfeConflict where the runs of a place that a variable set is attached to have credentials of their own."""
    _refuse(place, list(_conflicts(held, ())), asked)


def change(place: str, held: Sequence[Variable], variables: Sequence[Wanted], asked: Asked) -> Change:
    """What leads from the variables that are held to those that are wanted. Raises TfeConflict."""
    keep = {one.key for one in variables if _stays(one, find(held, one.key), asked)}
    writing = [one for one in variables if one.key not in keep]
    spoiling = [one for one in held if one.category == "env" and one.key in _unwanted(variables) and not ours(one)]
    conflicts = [*_conflicts(held, writing), *(f"{one.key} would spoil the key, which has none" for one in spoiling)]
    _refuse(place, conflicts, asked)
    writes = tuple((one, find(held, one.key)) for one in writing)
    stale = [one for one in held if ours(one) and one.key not in {wish.key for wish in variables}]
    wrong = [one for one in held if one.category == "terraform" and one.key in {wish.key for wish in writing}]
    return Change(
        writes=writes,
        deletes=tuple(dict.fromkeys((*stale, *spoiling, *wrong))),
        lost=tuple(found.key for _, found in writes if found and found.sensitive and not ours(found)),
    )


def dynamic(variable: Variable) -> bool:
    """Whether it gives runs credentials of their own."""
    return is_dynamic(variable.key) and variable.category == "env" and variable.value != "false"


def ours(variable: Variable) -> bool:
    return label_of(variable) is not None


def label_of(variable: Variable) -> Label | None:
    return label.read(variable.description)


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _unwanted(variables: Sequence[Wanted]) -> set[str]:
    """What belongs to a set of credentials, but not to this one."""
    return set(OF_A_SET) - {one.key for one in variables}


def _stays(wish: Wanted, found: Variable | None, asked: Asked) -> bool:
    """Whether somebody else's variable stays as it is: a region that nobody asked to change, or the very value."""
    if not found or ours(found) or wish.key in SECRETS:
        return False
    return found.value == wish.value or (wish.key == REGION and not asked.region)


def _conflicts(held: Sequence[Variable], variables: Sequence[Wanted]) -> Iterator[str]:
    """What of somebody else's stands in the way, each as a phrase."""
    for wish in variables:
        if found := find(held, wish.key, "terraform"):
            yield f"{found.key} is a Terraform variable there, no environment variable"
        found = find(held, wish.key)
        if found and not ours(found) and found.sensitive != wish.sensitive:
            yield f"{found.key} is {'sensitive' if found.sensitive else 'not sensitive'} there"
    for key in dict.fromkeys(one.key for one in held if dynamic(one)):
        yield f"{key} gives its runs credentials of their own, which pushed ones would spoil"


def _refuse(place: str, conflicts: Sequence[str], asked: Asked) -> None:
    if conflicts and not asked.force:
        raise TfeConflict(
            f"The {place} holds what isn't the kit's: {'; '.join(conflicts)}. Nothing was written.",
            hint="Correct or delete it there, or overwrite it with --force.",
        )
