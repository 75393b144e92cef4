"""Observe, compare, apply: the producer's work on Vault, for the commands and for Python callers alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from graphlib import TopologicalSorter

from producer import root
from producer.connect.connection import connected, dangling
from producer.connect.record import read_connections
from producer.desired import Desired, role_resource
from producer.diff import Action, Plan, diff
from producer.fields import below, check_fields, unsupported
from producer.freeze import read_freeze
from producer.owned import claims, read_owned, record_owned, settled
from producer.prune import Prune, check_deletes, left_over, owned_elsewhere, prune_actions
from producer.resources import KINDS
from producer.resources.catalog_entry import CatalogEntry
from producer.resources.interface import Key, Resource, changed_keys
from producer.resources.mount import AwsMount, CatalogMount
from producer.root import FindKey, RootKey
from producer.spec import Engine, Spec
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT, EngineEntry, engine_path
from vault_aws_kit.errors import CatalogUnreadable, KitError, PartlyApplied, UnsupportedField, VaultRefused
from vault_aws_kit.vault import PARALLEL, Body, Vault

Progress = Callable[[Action], None]

READ_BACK_PAUSES = (0.0, 0.2, 1.0)  # seconds: a standby that answers may be a moment behind


@dataclass(frozen=True)
class Failure:
    """An action that could not be carried out, or was left because one that it needs failed."""

    action: Action
    error: KitError | None


def make_plan(
    spec: Spec,
    vault: Vault,
    *,
    catalog_mount: str = CATALOG_MOUNT,
    take_over: bool = False,
    prune: Prune | None = None,
    find_key: FindKey = root.key_for_plan,
) -> Plan:
    """Read Vault and say what would change, changing nothing.

    `prune` None leaves what the spec no longer has. Raises what `diff`, `check_fields` and `check_deletes` raise, and
    every VaultError.
    """
    catalog = Catalog(vault, catalog_mount)
    keys = _root_keys(spec, vault, catalog, find_key)
    connections = read_connections(catalog, spec.name)
    told = (tuple(map(str, spec.warnings)), tuple(dangling(spec, connections)))
    spec = connected(spec, connections)
    freeze = read_freeze(catalog, spec.name)
    resources = Desired(spec, keys, catalog_mount, freeze).resources()
    owned = read_owned(catalog, spec.name)
    actions = diff(
        resources,
        observe(resources, vault),
        owned,
        take_over=take_over,
        protect=_protected(spec),
        owners=lambda: owned_elsewhere(catalog, spec.name),
    )
    check_fields(actions, vault)
    rest = left_over(owned, {resource.key for resource in resources})
    spared = tuple(resource.key for resource in rest if owned[resource.key].protect)
    if prune is None:
        kept = tuple(resource.key for resource in rest if resource.key not in spared)
        return Plan(spec.name, actions, kept, spared, _protected(spec), freeze, *told)
    removals = prune_actions(rest, observe(rest, vault), owned, owned_elsewhere(catalog, spec.name), prune)
    check_deletes(removals, vault, prune)
    return Plan(spec.name, (*actions, *removals), (), spared, _protected(spec), freeze, *told)


def observe(resources: Sequence[Resource], vault: Vault) -> dict[Key, Body | None]:
    """What Vault holds for each resource, in normal form; None where there is nothing."""
    answers = vault.read_many(resource.source for resource in resources)
    found: dict[Key, Body | None] = {}
    for resource in resources:
        answer = answers[resource.source]
        found[resource.kind, resource.path] = None if answer is None else resource.normalise(answer)
    return found


def apply(
    plan: Plan,
    vault: Vault,
    *,
    catalog_mount: str = CATALOG_MOUNT,
    progress: Progress = lambda _: None,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Carry out a plan: record what will be ours, then write, kind after kind in the order of their needs.

    What fails stops only what needs it; the rest goes on. `check` is called before each kind and before the record is
    brought up to date, and stops everything by raising. Raises PartlyApplied at the end.
    """
    catalog = Catalog(vault, catalog_mount)
    before = read_owned(catalog, plan.spec)
    claimed = claims(before, plan)
    check()
    record_owned(catalog, plan.spec, before, claimed)
    rest = [action for action in plan.changes if action.resource.kind != CatalogMount.kind]
    failures = _apply_levels(rest, vault, progress, check)
    check()  # else the record of whoever took the lock would be lost
    record_owned(catalog, plan.spec, claimed, settled(claimed, plan, frozenset(f.action.key for f in failures)))
    if failures:
        raise _partly(failures, plan)


def make_catalog(plan: Plan, vault: Vault, catalog: Catalog, progress: Progress = lambda _: None) -> bool:
    """Make the catalog's mount, without which nothing can be recorded as ours; False if somebody else just did."""
    for action in plan.changes:
        if action.resource.kind == CatalogMount.kind:
            try:
                for request in action.requests:
                    vault.tell(request)
            except VaultRefused:
                if not _is_there(action.resource, vault):
                    raise
                return False
            catalog.wait_until_ready()
            progress(action)
    return True


def levels(actions: Sequence[Action]) -> list[list[Action]]:
    """Groups that need only the groups before them: writes in the order of their needs, then deletions backwards."""
    kinds = list(TopologicalSorter({kind: set(made.after) for kind, made in KINDS.items()}).static_order())
    removals = [a for a in actions if a.after is None]
    writes = [a for a in actions if a.after is not None]
    groups = [[a for a in writes if a.resource.kind == kind] for kind in kinds]
    groups += [[a for a in removals if a.resource.kind == kind] for kind in reversed(kinds)]
    return [group for group in groups if group]


def _apply_levels(
    actions: Sequence[Action], vault: Vault, progress: Progress, check: Callable[[], None]
) -> list[Failure]:
    failures: list[Failure] = []
    for group in levels(actions):
        check()
        failed = [failure.action for failure in failures]
        left = [action for action in group if any(_needs(action, other) for other in failed)]
        failures += [Failure(action, None) for action in left]
        going = [action for action in group if action not in left]
        failures += _apply_group(going, vault, progress)
        _check_new_engines(going, actions, failures, vault)
    return failures


def _check_new_engines(
    group: Sequence[Action], actions: Sequence[Action], failures: Sequence[Failure], vault: Vault
) -> None:
    """An engine could not be asked for its fields before it was mounted; where one is missing, its mount goes again."""
    failed = {failure.action.key for failure in failures}
    for action in group:
        mount = action.resource
        if isinstance(mount, AwsMount) and action.verb == "create" and mount.key not in failed:
            try:
                check_fields(below(mount.mount, actions), vault)
            except UnsupportedField:
                vault.delete(mount.path)
                raise


def _needs(action: Action, other: Action) -> bool:
    """Whether an action must be left where the other failed: a write builds on it, or it stands in what is deleted."""
    upper, lower = (action, other) if action.after is not None else (other, action)
    if lower.resource.kind not in type(upper.resource).after:
        return False
    mounts = [getattr(one.resource, "mount", "") for one in (upper, lower)]
    return mounts[0] == mounts[1] or not all(mounts) or upper.resource.kind == CatalogEntry.kind


def _apply_group(group: Sequence[Action], vault: Vault, progress: Progress) -> list[Failure]:
    with ThreadPoolExecutor(PARALLEL) as pool:
        errors = list(pool.map(lambda action: _apply_one(action, vault, progress), group))
    return [Failure(action, error) for action, error in zip(group, errors, strict=True) if error]


def _apply_one(action: Action, vault: Vault, progress: Progress) -> KitError | None:
    try:
        for request in action.requests:
            vault.tell(request)
        _read_back(action, vault)
    except KitError as error:
        if action.after is None or not _is_there(action.resource, vault):
            return action.resource.explained(error)
    progress(action)
    return None


def _read_back(action: Action, vault: Vault) -> None:
    """Make sure that Vault holds what was written; what it didn't take whole and wasn't there before goes again."""
    resource = action.resource
    if not resource.read_back or action.verb not in ("create", "update"):
        return
    for pause in READ_BACK_PAUSES:
        time.sleep(pause)
        found = observe([resource], vault)[resource.key]
        if found == resource.body():
            return
    if action.verb == "create":
        for request in resource.removal():
            vault.tell(request)
    raise unsupported(resource, changed_keys(found, resource.body()), vault)


def _is_there(resource: Resource, vault: Vault) -> bool:
    """Whether it is as it should be after all: an answer got lost, or another spec's setup was quicker."""
    try:
        return observe([resource], vault)[resource.key] == resource.body()
    except KitError:
        return False


def _partly(failures: Sequence[Failure], plan: Plan) -> PartlyApplied:
    lines = [
        f"  {f.action.resource.kind} {f.action.resource.path}: "
        + (f.error.message if f.error else "left, because one that it needs failed")
        for f in failures
    ]
    done = len(plan.changes) - len(failures)
    return PartlyApplied(
        "\n".join([f"{len(failures)} of {len(plan.changes)} changes failed ({done} are done):", *lines]),
        hint="Mend the cause and run `producer setup` again: it goes on from there.",
    )


def _protected(spec: Spec) -> frozenset[Key]:
    return frozenset(role_resource(spec, role).key for role in spec.roles if role.protect)


def _root_keys(spec: Spec, vault: Vault, catalog: Catalog, find_key: FindKey) -> dict[str, RootKey]:
    configs = vault.read_many(f"{engine.mount}/config/root" for engine in spec.engines)
    return {
        engine.name: root.root_key(
            engine,
            configs[f"{engine.mount}/config/root"],
            remembered(catalog, spec, engine),
            find_key,
            lambda engine=engine: _merges(engine, vault),  # type: ignore[misc]  # called before the next one
        )
        for engine in spec.engines
    }


def _merges(engine: Engine, vault: Vault) -> bool:
    """Whether the engine keeps what a write of its root config leaves out; it is asked, as versions don't tell."""
    found = vault.help(f"{engine.mount}/config/root")
    return found is not None and found.merges


def remembered(catalog: Catalog, spec: Spec, engine: Engine) -> EngineEntry | None:
    """What the catalog knows of an engine, None before the first setup."""
    place = engine_path(spec.name, engine.name)
    text = catalog.read(place)
    try:
        return EngineEntry.from_json(text) if text else None
    except (ValueError, KeyError, TypeError):
        raise CatalogUnreadable(
            f"The catalog's entry {place} can't be read: it is damaged, or from a newer version of the kit.",
            hint="Upgrade vault-aws-kit, or delete the entry: `producer setup` makes it anew.",
        ) from None
