"""What is ours and no longer in the spec: what becomes of it with `--prune`, and what must not be lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from producer.diff import Action
from producer.owned import Owned, read_owned
from producer.resources import KINDS
from producer.resources.interface import Key, Resource
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.errors import HasLeases, MountInUse, NotAllowed, TooManyDeletes
from vault_aws_kit.vault import PARALLEL, Body, Request, Vault
from vault_aws_kit.wording import counted

MAX_DELETES = 10


@dataclass(frozen=True)
class Prune:
    """How to prune. `revoke_leases` ends the credentials of a role that is deleted."""

    max_deletes: int = MAX_DELETES
    revoke_leases: bool = False


def left_over(owned: Owned, wanted: AbstractSet[Key]) -> list[Resource]:
    """What is ours and not wanted any more, in the order in which it may be deleted: what needs others comes first."""
    order = list(KINDS)
    keys = sorted(owned.keys() - wanted, key=lambda key: (-order.index(key[0]), key[1]))
    return [KINDS[kind].at(path) for kind, path in keys]


def prune_actions(
    resources: Sequence[Resource],
    observed: Mapping[Key, Body | None],
    owned: Owned,
    elsewhere: Mapping[Key, str],
    prune: Prune,
) -> list[Action]:
    """Delete what is there and only ours; forget what is gone, belongs to another spec too, or goes with its mount."""
    return [
        _action(resource, observed[resource.key], elsewhere, prune)
        for resource in resources
        if not owned[resource.key].protect
    ]


def _action(resource: Resource, found: Body | None, elsewhere: Mapping[Key, str], prune: Prune) -> Action:
    if found is None or resource.key in elsewhere or not resource.removal():
        return Action("forget", resource, found, ("not in the spec",))
    revoke = prune.revoke_leases and resource.kind == "role"
    return Action("delete", resource, found, ("not in the spec",), revocations(resource.path) if revoke else ())


def check_deletes(actions: Sequence[Action], vault: Vault, prune: Prune) -> None:
    """Refuse, before the first deletion, what would take more than was meant.

    Raises TooManyDeletes, MountInUse (roles in it are not ours) and HasLeases.
    """
    deletes = [action for action in actions if action.verb == "delete"]
    if len(deletes) > prune.max_deletes:
        raise TooManyDeletes(
            f"{counted(len(deletes), 'object')} would be deleted, and at most {prune.max_deletes} may be.",
            hint=f"Look at `producer plan --prune`; if that is what you want, add --max-deletes {len(deletes)}.",
        )
    for action in deletes:
        if action.resource.kind == "aws-mount":
            _check_mount(action.resource, vault, {a.key for a in actions})
    if not prune.revoke_leases:
        _check_leases([a.resource for a in deletes if a.resource.kind == "role"], vault)


def _check_mount(mount: Resource, vault: Vault, going: AbstractSet[Key]) -> None:
    place = mount.path.removeprefix("sys/mounts/")
    kinds = {"role": f"{place}/roles", "static-role": f"{place}/static-roles"}
    found = [(kind, f"{folder}/{name}") for kind, folder in kinds.items() for name in vault.names(folder)]
    strangers = [path.rpartition("/")[2] for kind, path in found if (kind, path) not in going]
    if strangers:
        raise MountInUse(
            f"The engine {place}/ can't be deleted: it has roles that stay ({', '.join(strangers[:5])}).",
            hint="Those are not ours, or protected. Delete them first, or leave the engine in the spec.",
        )


def _check_leases(roles: Sequence[Resource], vault: Vault) -> None:
    with ThreadPoolExecutor(PARALLEL) as pool:
        counts = list(pool.map(lambda role: count_leases(vault, role.path), roles))
    busy = [f"{role.path} ({count})" for role, count in zip(roles, counts, strict=True) if count]
    if busy:
        raise HasLeases(
            f"Roles that would be deleted have active leases: {', '.join(busy)}.",
            hint="Wait until they end, or add --revoke-leases to end them with the roles.",
        )


def count_leases(vault: Vault, role_path: str) -> int | None:
    """Active leases of the role at MOUNT/roles/NAME; None where the token may not list them."""
    try:
        return sum(len(vault.names(f"sys/leases/lookup/{prefix}")) for prefix in lease_prefixes(role_path))
    except NotAllowed:
        return None


def revocations(role_path: str) -> tuple[Request, ...]:
    """What to send to end every lease of a role, and to hear of it only once that is done."""
    return tuple(
        Request("update", f"sys/leases/revoke-prefix/{prefix}", {"sync": True}) for prefix in lease_prefixes(role_path)
    )


def lease_prefixes(role_path: str) -> tuple[str, str]:
    """Where Vault keeps the leases of a role: those of `creds` and of `sts` apart."""
    mount, _, name = role_path.rpartition("/roles/")
    return f"{mount}/creds/{name}", f"{mount}/sts/{name}"


def owned_elsewhere(catalog: Catalog, spec: str) -> dict[Key, str]:
    """What other specs of this catalog count as theirs, and which one does."""
    others = [name.rstrip("/") for name in catalog.names() if name.endswith("/") and name != f"{spec}/"]
    return {key: other for other in others for key in read_owned(catalog, other)}
