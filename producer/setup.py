"""Make Vault what a spec says: plan, ask, apply, one run at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from producer.desired import catalog_mount
from producer.diff import Plan
from producer.lock import SetupLock
from producer.owned import read_owned
from producer.pipeline import Progress, apply, make_catalog, make_plan, observe
from producer.plan_file import SavedPlan, check_fresh, with_keys, with_rest
from producer.prune import Prune
from producer.root import FindKey, key_from_aws
from producer.spec import Spec
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT
from vault_aws_kit.errors import PlanStale
from vault_aws_kit.vault import Vault

Approve = Callable[[Plan], None]
"""Shows a plan and raises Declined to stop."""


@dataclass(frozen=True)
class Choices:
    """What the caller decides about a setup. `lock_wait` is in seconds."""

    catalog_mount: str = CATALOG_MOUNT
    take_over: bool = False
    prune: Prune | None = None
    lock_wait: float = 0.0
    force_unlock: bool = False
    find_key: FindKey = key_from_aws


def setup(
    spec: Spec,
    vault: Vault,
    choices: Choices = Choices(),
    *,
    approve: Approve = lambda _: None,
    progress: Progress = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Bring Vault to what the spec says, and return the plan that was carried out.

    The lock is taken before anything is read. Where there is no catalog yet there is no place for it: then the catalog
    is made once the plan is approved, and whoever made it was alone until then.

    Raises LockHeld, LockLost, PlanStale, PartlyApplied, what `approve` raises, and what `make_plan` raises.
    """
    return _run(spec.name, lambda: _plan(spec, vault, choices), vault, choices, approve, progress, say)


def carry_out(
    saved: SavedPlan,
    vault: Vault,
    choices: Choices = Choices(),
    *,
    approve: Approve = lambda _: None,
    progress: Progress = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Carry out exactly the plan that was saved; its catalog mount comes before that of `choices`.

    Raises PlanStale where Vault has moved on since, and what `setup` raises.
    """

    def make() -> Plan:
        check_fresh(saved, vault)
        return with_rest(with_keys(saved, choices.find_key), vault)

    own = replace(choices, catalog_mount=saved.catalog_mount)
    return _run(saved.plan.spec, make, vault, own, approve, progress, say)


def _run(
    name: str,
    make: Callable[[], Plan],
    vault: Vault,
    choices: Choices,
    approve: Approve,
    progress: Progress,
    say: Callable[[str], None],
) -> Plan:
    catalog = Catalog(vault, choices.catalog_mount)
    first = None if _has_catalog(vault, catalog) else make()
    if first is not None:
        approve(first)
        if not make_catalog(first, vault, catalog, progress):
            raise PlanStale(
                "Somebody else set up this Vault while the plan was looked at. Nothing was changed.",
                hint="Run `producer setup` again and look at the new plan.",
            )
    with SetupLock(catalog, name, wait=choices.lock_wait, force=choices.force_unlock, say=say) as lock:
        plan = first
        if plan is None or read_owned(catalog, name):  # whoever took the lock before us has carried out the same
            plan = make()
            approve(plan)
        apply(plan, vault, catalog_mount=catalog.mount, progress=progress, check=lock.check)
    return plan


def _plan(spec: Spec, vault: Vault, choices: Choices) -> Plan:
    return make_plan(
        spec,
        vault,
        catalog_mount=choices.catalog_mount,
        take_over=choices.take_over,
        prune=choices.prune,
        find_key=choices.find_key,
    )


def _has_catalog(vault: Vault, catalog: Catalog) -> bool:
    """Raises WrongMountType where something else has its place: even a lock must not be written there."""
    mount = catalog_mount(catalog.mount)
    return observe([mount], vault)[mount.key] is not None
