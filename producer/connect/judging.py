"""What must change in Terraform: the variables that are wanted against those that are there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from producer.connect.marks import Mark, mark_of
from producer.connect.tfe_resources import TfeVariable
from producer.diff import Action, Reason
from producer.owned import fingerprint
from vault_aws_kit.errors import TfeConflict
from vault_aws_kit.hcp import is_switch
from vault_aws_kit.tfe.holders.interface import Variable, find
from vault_aws_kit.vault import Body

STATIC_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")
"""What would come between a run and its own credentials: the AWS provider takes them first."""

HIDDEN = "(sensitive)"


def variable_actions(
    place: str, wanted: Mapping[str, str], found: Sequence[Variable], spec: str, *, force: bool = False
) -> list[Action]:
    """In the order in which they are carried out: what turns the rest on comes last, and goes first.

    Raises TfeConflict for variables of somebody else's with another value, unless `force`.
    """
    writes = [_write(place, key, value, find(found, key), spec) for key, value in wanted.items()]
    strangers = [action for action in writes if "take-over" in action.reasons]
    if strangers and not force:
        raise _not_ours(place, strangers, found)
    gone = [_removal(place, one) for one in found if _is_ours(one, spec) and one.key not in wanted]
    return [
        *sorted(writes, key=lambda action: is_switch(action.resource.path.rpartition("/")[2])),
        *sorted(gone, key=lambda action: not is_switch(action.resource.path.rpartition("/")[2])),
    ]


def static_keys(place: str, found: Sequence[Variable], whence: str = "") -> str:
    """What stands against credentials of the run's own, in words; '' where nothing does."""
    keys = dict.fromkeys(one.key for one in found if one.category == "env" and one.key in STATIC_KEYS)
    if not keys:
        return ""
    return f"{place} has {', '.join(keys)}{whence}, which its runs would use instead of what Vault gives."


def overriding(place: str, found: Sequence[Variable], wanted: Mapping[str, str]) -> str:
    """A workspace's own variables that win over those of its variable set, in words; '' where there are none."""
    keys = [one.key for one in found if one.category == "env" and wanted.get(one.key, one.value) != one.value]
    return f"{place} has {', '.join(keys)} of its own, which would win over the variable set's." if keys else ""


def _write(place: str, key: str, value: str, found: Variable | None, spec: str) -> Action:
    resource = TfeVariable(place, key, value)
    if found is None:
        return Action("create", resource, None, ("new",))
    before, mark = _body(found), mark_of(found.description)
    if mark is None or mark.spec != spec:
        return Action("claim" if before == resource.body() else "update", resource, before, _taken(before, resource))
    if before == resource.body():
        return Action("keep", resource, before)
    return Action("update", resource, before, tuple(_why(before, resource, mark)))


def _taken(before: Body, resource: TfeVariable) -> tuple[Reason, ...]:
    return () if before == resource.body() else ("take-over",)


def _why(before: Body, resource: TfeVariable, mark: Mark) -> Iterator[Reason]:
    if fingerprint(resource.body()) != mark.digest:
        yield "spec"
    if fingerprint(before) != mark.digest:
        yield "changed there"


def _removal(place: str, found: Variable) -> Action:
    return Action("delete", TfeVariable(place, found.key), _body(found), ("not needed",))


def _is_ours(found: Variable, spec: str) -> bool:
    mark = mark_of(found.description)
    return mark is not None and mark.spec == spec and found.category == "env"


def _body(found: Variable) -> Body:
    return {
        "value": HIDDEN if found.value is None else found.value,
        "category": found.category,
        "sensitive": found.sensitive,
        "hcl": found.hcl,
    }


def _not_ours(place: str, strangers: Sequence[Action], found: Sequence[Variable]) -> TfeConflict:
    lines = []
    for action in strangers:
        key = action.resource.path.rpartition("/")[2]
        there = find(found, key)
        mark = mark_of(there.description) if there else None
        whose = f" (set from spec {mark.spec!r})" if mark else ""
        lines.append(f"  {key}{whose} differs in {', '.join(action.changed)}")
    return TfeConflict(
        "\n".join([f"{place} has variables already that were not set from this spec, and differ:", *lines]),
        hint="Remove them there, or add --force to replace them.",
    )
