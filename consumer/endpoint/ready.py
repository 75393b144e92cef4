"""The one line that tells a script where the endpoint is and that it is ready."""

from __future__ import annotations

import json
import os
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from consumer import environment

if TYPE_CHECKING:
    from consumer.endpoint.interface import Served
    from consumer.endpoint.server import Endpoint

    Line: TypeAlias = Callable[[Endpoint, Sequence[Served], Path, str], str]
    """From the endpoint, its roles, the token's file and a region that was named."""


def paths(roles: Sequence[Served]) -> dict[str, Served]:
    """Under which paths roles are served: ROLE where no other is called so, and ENGINE/ROLE."""
    count = Counter(role.name for role in roles)
    return {role.qualified: role for role in roles} | {role.name: role for role in roles if count[role.name] == 1}


def text(endpoint: Endpoint, roles: Sequence[Served], token_file: Path, region: str) -> str:  # noqa: ARG001
    addresses = " ".join(_addresses(endpoint, roles).values())
    return f"Serving {addresses}, with the authorization token in {token_file}"


def json_text(endpoint: Endpoint, roles: Sequence[Served], token_file: Path, region: str) -> str:  # noqa: ARG001
    """`roles` has the address of each role by its name, and by ENGINE/ROLE where there are two of a name."""
    return json.dumps({"roles": _addresses(endpoint, roles), "token_file": str(token_file), "pid": os.getpid()})


def env(endpoint: Endpoint, roles: Sequence[Served], token_file: Path, region: str) -> str:
    """For `eval` in any POSIX shell; the first role alone. Whatever would win over an endpoint is unset."""
    [address, *_] = _addresses(endpoint, roles).values()
    given = environment.of_endpoint(address, token_file=str(token_file), region=region or roles[0].region)
    stale = [name for name in environment.FIND_CREDENTIALS if name not in given]
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in given.items())
    return f"unset {' '.join(stale)}; export {exports}"


LINES: Mapping[str, Line] = {"text": text, "json": json_text, "env": env}


def _addresses(endpoint: Endpoint, roles: Sequence[Served]) -> dict[str, str]:
    """The shortest path of each role."""
    shortest = {role: path for path, role in sorted(paths(roles).items(), key=lambda item: -len(item[0]))}
    return {shortest[role]: endpoint.uri(shortest[role]) for role in roles}
