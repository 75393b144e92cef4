"""Telling a CI system to hide a token in its log.

GitHub's runner reads `::add-mask::` from both output streams and takes the line out of the log (Runner.Worker's
ScriptHandler.cs); standard output is left alone, as it may be what `$(…)` captures. GitLab and Jenkins have no such
command.
"""

from __future__ import annotations

import os
import stat
import sys

from vault_aws_kit import terminal


def mask(token: str) -> None:
    """Register a token that is about to be handed to others, where a runner reads our talk and nobody else does."""
    if os.environ.get("GITHUB_ACTIONS") == "true" and _is_pipe():
        terminal.say(f"::add-mask::{token}")


def _is_pipe() -> bool:
    """The runner reads pipes. In a file (`2>log`), or on a terminal, the line would be a leak itself."""
    try:
        return stat.S_ISFIFO(os.fstat(sys.stderr.fileno()).st_mode)
    except (OSError, ValueError):
        return False
