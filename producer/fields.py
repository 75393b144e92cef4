"""Whether the server knows the fields that a plan writes: it is asked, for it drops unknown ones without a word.

A mounted engine lists its fields (`?help=1`). One that isn't mounted yet can't be asked before its mount is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from producer.diff import Action
from producer.resources.interface import Resource
from producer.resources.mount import AwsMount
from vault_aws_kit.errors import UnsupportedField
from vault_aws_kit.vault import Vault


def check_fields(actions: Sequence[Action], vault: Vault) -> None:
    """Raises UnsupportedField for the first field that an engine, mounted now, doesn't know."""
    coming = tuple(a.resource.mount for a in actions if isinstance(a.resource, AwsMount) and a.verb == "create")
    needed: defaultdict[str, dict[str, Resource]] = defaultdict(dict)
    for action in actions:
        place = action.resource.help_path
        if place and action.verb in ("create", "update") and not _is_in(place, coming):
            needed[place] |= dict.fromkeys(action.resource.fields(), action.resource)
    for place, fields in needed.items():
        _check(place, fields, vault)


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


def _check(place: str, fields: dict[str, Resource], vault: Vault) -> None:
    found = vault.help(place)
    if found is None:
        raise unsupported(next(iter(fields.values())), (), vault)
    lacking = sorted(fields.keys() - found.fields)
    if lacking and found.fields:
        raise unsupported(fields[lacking[0]], lacking, vault)


def _is_in(place: str, mounts: Sequence[str]) -> bool:
    return any(place.startswith(f"{mount}/") for mount in mounts)
