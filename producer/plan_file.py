"""A plan in a file: what was looked at is what is carried out, by somebody else or later, or it is refused.

The file holds every action with what Vault held when the plan was made, and no secret: the root key's is looked up
again when the plan is carried out. Its digest shows damage and editing by hand; it is no seal against forgery.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from producer import root
from producer.diff import Action, Plan
from producer.freeze import Freeze, read_freeze
from producer.owned import read_owned
from producer.pipeline import observe
from producer.prune import Prune, check_deletes, owned_elsewhere
from producer.resources import KINDS
from producer.resources.interface import Resource
from producer.resources.root_config import RootConfig
from producer.root import FindKey
from producer.spec import Engine
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.errors import OutputNotWritable, PlanFileInvalid, PlanStale
from vault_aws_kit.vault import Request, Vault

VERSION = 1


@dataclass(frozen=True)
class SavedPlan:
    """A plan and where it is for. `engines` are those whose root key is to be written."""

    plan: Plan
    address: str
    namespace: str
    catalog_mount: str
    engines: tuple[Engine, ...] = ()


def needing_a_key(plan: Plan, engines: Sequence[Engine]) -> tuple[Engine, ...]:
    """The engines to which a plan gives a root key."""
    mounts = {
        a.resource.mount for a in plan.changes if isinstance(a.resource, RootConfig) and a.resource.secret_access_key
    }
    return tuple(engine for engine in engines if engine.mount in mounts)


def write_plan(saved: SavedPlan, path: Path) -> None:
    """Write the file in one step, for its owner alone. Raises OutputNotWritable."""
    content = _packed(saved)
    text = json.dumps({**content, "sha256": _digest(content)}, indent=1)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise OutputNotWritable(
            f"The plan can't be written to {path}: {error.strerror}.",
            hint="Name a file in a folder of yours with --out.",
        ) from None


def read_plan(path: Path) -> SavedPlan:
    """Read a plan's file. Raises PlanFileInvalid where it is none, or not as it was written."""
    try:
        content = json.loads(path.read_text())
        digest = content.pop("sha256")
    except OSError as error:
        raise PlanFileInvalid(
            f"The plan {path} can't be read: {error.strerror}.",
            hint="Give the file that `producer plan --out` wrote; the spec goes with --spec.",
        ) from None
    except ValueError:
        raise PlanFileInvalid(
            f"{path} is no plan that `producer plan --out` wrote.", hint=f"Did you mean --spec {path}?"
        ) from None
    except (KeyError, AttributeError, TypeError):
        raise PlanFileInvalid(f"{path} is no plan that `producer plan --out` wrote.", hint="Make one anew.") from None
    if digest != _digest(content):
        raise PlanFileInvalid(
            f"The plan in {path} was edited or damaged since it was written.",
            hint="Change the spec instead, and make a new plan: `producer plan --out`.",
        )
    if content.get("version") != VERSION:
        raise PlanFileInvalid(f"{path} is from another version of vault-aws-kit.", hint="Make the plan anew.")
    try:
        return _unpacked(content)
    except (KeyError, TypeError, ValidationError):
        raise PlanFileInvalid(f"{path} is no plan that this version can read.", hint="Make it anew.") from None


def check_fresh(saved: SavedPlan, vault: Vault) -> None:
    """Raises PlanStale unless Vault is the one that the plan is for, and all that it touches is as it was.

    Raises HasLeases or MountInUse where what it deletes has come into use since.
    """
    here = (vault.settings.address, vault.settings.namespace)
    if here != (saved.address, saved.namespace):
        raise PlanStale(
            f"The plan is for {' '.join(filter(None, (saved.address, saved.namespace)))}, "
            f"not for {' '.join(filter(None, here))}.",
            hint="Set VAULT_ADDR and VAULT_NAMESPACE as they were when it was made.",
        )
    if read_freeze(Catalog(vault, saved.catalog_mount), saved.plan.spec) != saved.plan.frozen:
        raise PlanStale(
            "What is frozen has changed since the plan was made.",
            hint="Make a new plan, and look at it: `producer plan --out`.",
        )
    now = observe([action.resource for action in saved.plan.actions], vault)
    moved = [action.resource.path for action in saved.plan.actions if now[action.key] != action.before]
    if moved:
        raise PlanStale(
            f"Vault has changed since the plan was made: {', '.join(moved[:5])}{' and more' if moved[5:] else ''}.",
            hint="Make a new plan, and look at it: `producer plan --out`.",
        )
    _check_removals(saved, vault)


def _check_removals(saved: SavedPlan, vault: Vault) -> None:
    """What the plan deletes must be ours alone still, and without leases that it doesn't end.

    Raises PlanStale, and what `check_deletes` raises.
    """
    removals = [action for action in saved.plan.actions if action.verb == "delete"]
    if not removals:
        return
    catalog = Catalog(vault, saved.catalog_mount)
    mine, others = read_owned(catalog, saved.plan.spec), owned_elsewhere(catalog, saved.plan.spec)
    lost = [action.resource.path for action in removals if action.key not in mine or action.key in others]
    if lost:
        raise PlanStale(
            f"The plan deletes what is not this spec's alone any more: {', '.join(lost[:5])}.",
            hint="Make a new plan, and look at it: `producer plan --out`.",
        )
    gone = [action for action in saved.plan.actions if action.after is None]
    revoking = any(action.first for action in removals)
    check_deletes(gone, vault, Prune(max_deletes=len(removals), revoke_leases=revoking))


def with_rest(plan: Plan, vault: Vault) -> Plan:
    """The plan with what its engines' root configs hold besides, read now: it is written again with what changes."""

    def completed(action: Action) -> Action:
        resource = action.resource
        if not isinstance(resource, RootConfig) or action.verb != "update":
            return action
        return replace(action, resource=replace(resource, kept=root.kept(vault.read(resource.path))))

    return replace(plan, actions=tuple(map(completed, plan.actions)))


def with_keys(saved: SavedPlan, find_key: FindKey) -> Plan:
    """The plan with the secrets of the root keys that it writes, looked up now. Raises PlanStale for another key."""
    keys = {engine.mount: find_key(engine) for engine in saved.engines}

    def completed(action: Action) -> Action:
        resource = action.resource
        if not isinstance(resource, RootConfig) or resource.mount not in keys:
            return action
        key = keys[resource.mount]
        if key.id != resource.access_key_id:
            raise PlanStale(
                f"The plan gives {resource.path} the key {resource.access_key_id}, and the AWS credentials here are "
                f"those of {key.id}.",
                hint="Use the credentials that the plan was made with, or make a new plan.",
            )
        return replace(action, resource=replace(resource, secret_access_key=key.secret))

    return replace(saved.plan, actions=tuple(map(completed, saved.plan.actions)))


# ── values and JSON ──────────────────────────────────────────────────────────────────────────────


def _packed(saved: SavedPlan) -> dict[str, Any]:
    plan = saved.plan
    return {
        "version": VERSION,
        "address": saved.address,
        "namespace": saved.namespace,
        "catalog_mount": saved.catalog_mount,
        "engines": TypeAdapter(tuple[Engine, ...]).dump_python(saved.engines, mode="json"),
        "spec": plan.spec,
        "protect": sorted(plan.protect),
        "left_over": plan.left_over,
        "spared": plan.spared,
        "frozen": TypeAdapter(Freeze).dump_python(plan.frozen, mode="json"),
        "actions": [_packed_action(action) for action in plan.actions],
    }


def _packed_action(action: Action) -> dict[str, Any]:
    resource = action.resource
    secret = {field.name for field in fields(resource) if not field.repr}  # type: ignore[arg-type]
    return {
        "verb": action.verb,
        "kind": resource.kind,
        "resource": TypeAdapter(type(resource)).dump_python(resource, mode="json", exclude=secret),
        "before": action.before,
        "reasons": action.reasons,
        "first": [[request.operation, request.path, request.body] for request in action.first],
    }


def _unpacked(content: Mapping[str, Any]) -> SavedPlan:
    return SavedPlan(
        plan=Plan(
            spec=content["spec"],
            actions=tuple(_unpacked_action(action) for action in content["actions"]),
            left_over=tuple((kind, path) for kind, path in content["left_over"]),
            spared=tuple((kind, path) for kind, path in content["spared"]),
            protect=frozenset((kind, path) for kind, path in content["protect"]),
            frozen=TypeAdapter(Freeze).validate_python(tuple(content["frozen"])),
        ),
        address=content["address"],
        namespace=content["namespace"],
        catalog_mount=content["catalog_mount"],
        engines=TypeAdapter(tuple[Engine, ...]).validate_python(content["engines"]),
    )


def _unpacked_action(content: Mapping[str, Any]) -> Action:
    made: type[Resource] = KINDS[content["kind"]]
    return Action(
        verb=content["verb"],
        resource=TypeAdapter(made).validate_python(content["resource"]),
        before=content["before"],
        reasons=tuple(content["reasons"]),
        first=tuple(Request(operation, path, body) for operation, path, body in content["first"]),
    )


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
