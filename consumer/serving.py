"""Serving credentials to SDKs until somebody ends it, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consumer import child, notes, upkeep
from consumer.endpoint import Endpoint, ready
from consumer.endpoint import token_file as files
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from consumer.endpoint.interface import Served
    from consumer.endpoint.ready import Line
    from vault_aws_kit.credentials import Credentials


def serve(
    served: Sequence[Served],
    at_once: Sequence[Served],
    fetch: Callable[[Any], Credentials],
    duties: Sequence[Callable[[], None]],
    port: int,
    token_file: Path | None,
    line: Line,
    region: str,
) -> None:
    """Serve until a signal comes, within `child.signals_held(child.ENDING)`; says where once all of `at_once` is there.

    `fetch` is given one of `served`; `duties` are done every second; `region` is one that was named. Raises PortTaken,
    and what `fetch` raises at first.
    """
    endpoint = Endpoint(ready.paths(served), fetch, say=notes.tell, report=notes.report, port=port)
    with endpoint, upkeep.each_second(*duties), files.written(token_file, endpoint.token) as file:
        for one in at_once:
            endpoint.keep(one, fetch(one))
        terminal.emit(line(endpoint, served, file, region))
        notes.tell(f"{child.wait_for_end()}: no more is served.")
