"""Freezing and thawing: the record in the catalog first, then the teams' policies, which bind live tokens at once.

A setup that is at work meanwhile may still write a policy as it was: so the policies are looked at once more under
the setup's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from producer.freeze import Freeze, Frozen, What, frozen_policy, merged, read_freeze, write_freeze
from producer.lock import SetupLock
from producer.owned import Owned, fingerprint, read_owned, record_owned
from producer.person import who_runs_this
from producer.resources.acl_policy import AclPolicy
from vault_aws_kit import clock, contract
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.errors import KitError

Failed = dict[str, KitError]
"""What went wrong, by the policy's path."""


def frozen_now(what: What, names: Iterable[str]) -> Freeze:
    since, who = clock.timestamp(clock.now()), who_runs_this()
    return tuple(Frozen(what, name, since, who) for name in names)


def freeze(catalog: Catalog, spec: str, more: Freeze) -> tuple[Freeze, Failed]:
    """Freeze at once, waiting for nobody; call `settle` afterwards."""
    frozen = merged(read_freeze(catalog, spec), more)
    write_freeze(catalog, spec, frozen)
    return frozen, _write_policies(catalog, spec, frozen)


def thaw(
    catalog: Catalog,
    spec: str,
    ends: Callable[[Frozen], bool],
    *,
    wait: float = 0.0,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Freeze, Freeze]:
    """End what `ends` says, and return that and what stays frozen. Raises the first error of a policy, and LockHeld.

    The policies are looked at even where nothing is to end: a thaw that was killed may have left them frozen.
    """
    before = read_freeze(catalog, spec)
    stays = tuple(one for one in before if not ends(one))
    if stays != before:
        write_freeze(catalog, spec, stays)
    if stays != before or _differing(catalog, spec, stays, read_owned(catalog, spec)):
        failed = settle(catalog, spec, wait=wait, say=say)
        if failed:
            raise next(iter(failed.values()))
    return tuple(one for one in before if ends(one)), stays


def settle(catalog: Catalog, spec: str, *, wait: float = 0.0, say: Callable[[str], None] = lambda _: None) -> Failed:
    """Make the policies what the record says while no setup is at work. Raises LockHeld after `wait` seconds."""
    with SetupLock(catalog, spec, wait=wait, say=say):
        return _write_policies(catalog, spec, read_freeze(catalog, spec))


def _write_policies(catalog: Catalog, spec: str, freeze: Freeze) -> Failed:
    """Rewrite the teams' policies that show another freeze, and record that it was us."""
    owned = read_owned(catalog, spec)
    failed, marks = Failed(), dict(owned)
    for wanted in _differing(catalog, spec, freeze, owned):
        try:
            catalog.vault.write(wanted.path, wanted.body())
        except KitError as error:
            failed[wanted.path] = error
        else:
            marks[wanted.key] = replace(owned[wanted.key], digest=fingerprint(wanted.body()))
    record_owned(catalog, spec, owned, marks)
    return failed


def _differing(catalog: Catalog, spec: str, freeze: Freeze, owned: Owned) -> list[AclPolicy]:
    """The teams' policies that show another freeze, as they should be."""
    own = contract.team_policy(spec, "")
    policies = {path: AclPolicy.at(path) for kind, path in owned if kind == AclPolicy.kind}
    answers = catalog.vault.read_many(policies)
    found: list[AclPolicy] = []
    for path, policy in policies.items():
        now = str((answers[path] or {}).get("policy") or "")
        wanted = replace(policy, hcl=frozen_policy(now, policy.name.removeprefix(own).partition(".")[0], freeze))
        if now and wanted.body() != {"policy": now.strip()}:
            found.append(wanted)
    return found
