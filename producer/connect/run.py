"""Connect and disconnect: the record, Vault's part, and last the variables, without which no run knows of the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from producer.connect import place
from producer.connect.connection import Connection, Connections, connected
from producer.connect.place import Located, Progress, Seen
from producer.connect.record import read_connections, write_connections
from producer.connect.variables import VaultFacts, variables
from producer.connect.vault_side import Step, mount_config, vault_plan
from producer.desired import catalog_mount
from producer.diff import Action, Plan
from producer.lock import SetupLock
from producer.owned import read_owned
from producer.pipeline import apply, observe
from producer.published import team_entry
from producer.spec import Spec, login_rules
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT
from vault_aws_kit.errors import PartlyApplied, TeamUnknown, TfeConflict, TfeError, TfeNotFound, UnknownReference
from vault_aws_kit.vault import Vault

if TYPE_CHECKING:
    from vault_aws_kit.tfe.client import Tfe


@dataclass(frozen=True)
class Choices:
    """What the caller decides. `lock_wait` is in seconds, `ca_pem` the host's private CA, for Vault."""

    catalog_mount: str = CATALOG_MOUNT
    force: bool = False
    lock_wait: float = 0.0
    ca_pem: str = ""


@dataclass(frozen=True)
class Prepared:
    """Everything that will be done: Vault's part, and each place's in Terraform."""

    step: Step
    vault: Plan
    places: tuple[tuple[Seen, tuple[Action, ...]], ...]

    @property
    def plan(self) -> Plan:
        """Both parts, to be shown as one."""
        return replace(self.vault, actions=(*self.vault.actions, *(a for _, todo in self.places for a in todo)))


Approve = Callable[[Plan], None]


def prepare(
    spec: Spec, wanted: Sequence[Connection], vault: Vault, tfe: Tfe, facts: VaultFacts, choices: Choices
) -> Prepared:
    """What connecting would change; nothing is.

    Raises TfeConflict where runs would use static keys, or variables are somebody else's; TeamUnknown and
    UnknownReference where `producer setup` hasn't made the team or its roles yet; SpecError, and what both sides raise.
    """
    catalog = Catalog(vault, choices.catalog_mount)
    before = read_connections(catalog, spec.name)
    owned = read_owned(catalog, spec.name)

    def found(one: Connection) -> Located:
        located = place.locate(one, tfe)
        config = mount_config(located.connection, before, spec, vault, owned, choices.ca_pem)
        return replace(located, connection=replace(located.connection, config=config))

    located = [found(one) for one in wanted]
    after = _merged(before, [one.connection for one in located])
    _check(spec, after, located, catalog)
    step = Step(before, after)
    plan = vault_plan(spec, step, [one.connection.key for one in located], vault, choices.catalog_mount)
    return Prepared(step, plan, tuple(_place(spec, one, tfe, facts, choices) for one in located))


def prepare_removal(spec: Spec, going: Sequence[Connection], vault: Vault, tfe: Tfe, choices: Choices) -> Prepared:
    """What disconnecting would change; nothing is. A workspace that is gone leaves Vault's part to be removed."""
    before = read_connections(Catalog(vault, choices.catalog_mount), spec.name)
    known = {one.key: one for one in before}
    old = [known.get(one.key, one) for one in going]
    keys = [one.key for one in old]
    step = Step(before, tuple(one for one in before if one.key not in keys))
    plan = vault_plan(spec, step, keys, vault, choices.catalog_mount)
    seen = [_still_there(one, step.after, tfe) for one in old]
    return Prepared(step, plan, tuple((one, tuple(place.removal(one, spec.name))) for one in seen))


def carry_out(
    spec: Spec,
    prepare_it: Callable[[], Prepared],
    vault: Vault,
    tfe: Tfe,
    choices: Choices,
    *,
    removing: bool = False,
    approve: Approve = lambda _: None,
    progress: Progress = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Plan under the setup's lock, have it approved, and do it: the record, Vault's part, and last the variables.

    Removing goes the other way round. Either way a run that was stopped anywhere can be run again, and until then the
    record knows of all that is there. Raises what `approve` and `prepare_it` raise, LockHeld, LockLost, PartlyApplied.
    """
    catalog = Catalog(vault, choices.catalog_mount)
    check_is_set_up(vault, catalog)
    with SetupLock(catalog, spec.name, wait=choices.lock_wait, say=say) as lock:
        ready = prepare_it()
        approve(ready.plan)
        parts: list[Callable[[], None]] = [
            lambda: _record(ready.step, spec, catalog),
            lambda: _apply(ready.vault, vault, catalog, progress, lock.check),
            lambda: _write_places(ready, tfe, spec, progress, lock.check),
        ]
        for part in reversed(parts) if removing else parts:
            part()
    return ready.plan


def check_is_set_up(vault: Vault, catalog: Catalog) -> None:
    """Raises TeamUnknown where there is no catalog yet: not even a lock can be taken there."""
    mount = catalog_mount(catalog.mount)
    if observe([mount], vault)[mount.key] is None:
        raise TeamUnknown(
            f"There is no catalog at {catalog.mount}/ in this Vault, so no team of the spec can be connected.",
            hint="Run `producer setup` first.",
        )


# ── inside ───────────────────────────────────────────────────────────────────────────────────────


def _merged(before: Sequence[Connection], wanted: Sequence[Connection]) -> Connections:
    """Those on one mount agree on its configuration: the last that was said holds for all."""
    merged = {one.key: one for one in (*before, *wanted)}
    configs = {one.mount: one.config for one in wanted if one.config}
    agreed = (replace(one, config=configs.get(one.mount, one.config)) for one in merged.values())
    return tuple(sorted(agreed, key=lambda one: one.key))


def _place(
    spec: Spec, located: Located, tfe: Tfe, facts: VaultFacts, choices: Choices
) -> tuple[Seen, tuple[Action, ...]]:
    seen, wanted = place.look(located, tfe), variables(spec, located.connection, facts)
    told = place.in_the_way(seen, wanted, tfe)
    if told and not choices.force:
        raise TfeConflict(
            "\n".join(told),
            hint="Take them away first (what the kit put there by `consumer tfe clear` or `producer tfe disconnect`), "
            "or add --force to connect now.",
        )
    return seen, tuple(place.actions(seen, wanted, spec.name, force=choices.force))


def _still_there(connection: Connection, staying: Sequence[Connection], tfe: Tfe) -> Seen:
    """Its place as it is; none where that belongs to another connection now, as of a workspace that was renamed."""
    taken = {known for one in staying if not one.varset for known in one.workspace_ids if one.host == connection.host}
    if not connection.varset and taken.intersection(connection.workspace_ids):
        return place.gone(connection)
    try:
        return place.look(place.found_again(connection, tfe), tfe)
    except TfeNotFound:
        return place.gone(connection)


def _check(spec: Spec, after: Connections, located: Sequence[Located], catalog: Catalog) -> None:
    """Raises the first SpecError that the logins have together, and UnknownReference for roles that aren't set up."""
    for _, _, error in login_rules.faults(connected(spec, after).teams):
        raise error
    for one in located:
        connection = one.connection
        published = {role.qualified for role in team_entry(spec.name, connection.team, catalog).roles}
        wanted = {name for access in connection.access for name in (access.role.plan, access.role.apply)}
        if missing := sorted(wanted - published):
            raise UnknownReference(
                f"Team {connection.team!r} has {', '.join(missing)} in the spec, but not in Vault yet.",
                hint="Run `producer setup` first.",
            )


def _record(step: Step, spec: Spec, catalog: Catalog) -> None:
    if step.after != step.before:
        write_connections(catalog, spec.name, step.after)


def _apply(plan: Plan, vault: Vault, catalog: Catalog, progress: Progress, check: Callable[[], None]) -> None:
    try:
        apply(plan, vault, catalog_mount=catalog.mount, progress=progress, check=check)
    except PartlyApplied as error:
        asks_the_host = any(action.resource.kind == "auth-config" for action in plan.changes)
        error.hint = f"{_DISCOVERY if asks_the_host else 'Mend the cause'}, {_AGAIN}"
        raise


_DISCOVERY = (
    "Mend the cause (Vault itself must reach the host and trust its certificate: name a private CA with --discovery-ca)"
)
_AGAIN = (
    "and run the same again: it goes on from there. `producer tfe disconnect` takes it back; until either, `producer "
    "setup` meets the same."
)


def _write_places(ready: Prepared, tfe: Tfe, spec: Spec, progress: Progress, check: Callable[[], None]) -> None:
    try:
        for seen, todo in ready.places:
            check()
            place.carry_out([action for action in todo if action.verb != "keep"], seen, tfe, spec.name, progress)
    except TfeError as error:
        error.hint = f"{error.hint} Then run the same again: it goes on from here.".strip()
        raise
