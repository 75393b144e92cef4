"""Whether the server knows the fields that a plan writes: it is asked, for it drops unknown ones without a word.

A mounted engine lists its fields (`?help=1`). One that isn't mounted yet can't be asked before its mount is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from producer.diff import Action
from producer.resources.interface import Resource
from producer.resources.mount import AwsMount
from vault_aws_kit.errors import UnsupportedField
from vault_aws_kit.vault import Vault


def check_fields(actions: Sequence[Action], vault: Vault) -> None:
    """Raises UnsupportedField for the first field that an engine, mounted now, doesn't know."""
    coming = tuple(a.resource.mount for a in actions if isinstance(a.resource, AwsMount) and a.verb == "create")
    written = [a.resource for a in actions if a.verb in ("create", "update")]
    for error in lacking([one for one in written if not _is_in(one.help_path, coming)], vault):
        raise error


def lacking(resources: Iterable[Resource], vault: Vault) -> Iterator[UnsupportedField]:
    """What the mounted engines don't know of the fields of these resources: one error for each place."""
    needed: defaultdict[str, dict[str, Resource]] = defaultdict(dict)
    for resource in resources:
        if resource.help_path:
            needed[resource.help_path] |= dict.fromkeys(resource.fields(), resource)
    for place, fields in needed.items():
        error = _lacking(place, fields, vault)
        if error:
            yield error


def below(mount: str, actions: Sequence[Action]) -> list[Action]:
    """The actions whose fields the engine at a mount must know."""
    return [action for action in actions if _is_in(action.resource.help_path, (mount,))]


def unsupported(resource: Resource, fields: Sequence[str], vault: Vault) -> UnsupportedField:
    """The error for fields that the server doesn't know; none at all means the whole kind."""
    what = f"no field {', '.join(fields)}" if fields else f"no {resource.kind}s at all"
    return UnsupportedField(
        f"The engine that serves {resource.path} has {what}: it runs on the server at {vault.settings.address}, "
        f"version {vault.version()}.",
        hint="Upgrade the server or its AWS plugin, or take that out of the spec.",
    )


def _lacking(place: str, fields: dict[str, Resource], vault: Vault) -> UnsupportedField | None:
    found = vault.help(place)
    if found is None:
        return unsupported(next(iter(fields.values())), (), vault)
    unknown = sorted(fields.keys() - found.fields)
    return unsupported(fields[unknown[0]], unknown, vault) if unknown and found.fields else None


def _is_in(place: str, mounts: Sequence[str]) -> bool:
    return any(place.startswith(f"{mount}/") for mount in mounts)
