"""Running somebody's command with credentials, wherever those come from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vault_aws_kit import terminal
from vault_aws_kit.errors import EXEC_FAILED

if TYPE_CHECKING:
    from consumer.endpoint.interface import Served
    from vault_aws_kit.credentials import Credentials


def as_a_shell(program: Sequence[str], run: Callable[[], int]) -> int:
    """The exit code of `run`, which runs a program; what fails before it has a shell's codes, or 125."""
    from consumer import child, notes

    try:
        child.check_is_there(program[0])
        return run()
    except child.NotStarted as failure:
        notes.tell(f"Not run: {failure.why}.")
        return failure.code
    except Exception as error:  # noqa: BLE001 - whatever fails here, it is one code, which no command uses
        terminal.report(error)
        return EXEC_FAILED


@contextmanager
def endpoint_for(
    served: Served, fetch: Callable[[], Credentials], duties: Sequence[Callable[[], None]], region: str
) -> Iterator[Mapping[str, str]]:
    """The environment that leads to an endpoint of the command's own, which always has credentials to give.

    `region` is one that was named; `duties` are done every second.
    """
    from consumer import environment, notes, upkeep
    from consumer.endpoint import Endpoint

    endpoint = Endpoint({served.name: served}, lambda _: fetch(), say=notes.tell, report=notes.report)
    with endpoint, upkeep.each_second(*duties):
        endpoint.keep(served, fetch())
        # The token as a variable, and no file: SDKs of before 2023 read no other.
        given = environment.of_endpoint(endpoint.uri(served.name), token=endpoint.token, region=region or served.region)
        yield environment.for_client(os.environ, given, named=bool(region))
