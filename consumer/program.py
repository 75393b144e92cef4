"""Where this very program is, for files that shall call it later."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from vault_aws_kit.errors import ProfileImpossible

NAME = "consumer"


def path() -> str:
    """The whole path of the command `consumer`. Links in it stay: an upgrade moves what is behind them.

    Raises ProfileImpossible where it is installed nowhere.
    """
    called, beside = Path(sys.argv[0]), Path(sys.executable).with_name(NAME)
    candidates = [str(called if called.name == NAME else beside), str(beside), shutil.which(NAME) or ""]
    for candidate in candidates:
        if os.access(candidate, os.X_OK):
            return os.path.abspath(candidate)  # noqa: PTH100 - pathlib's would follow the links
    raise ProfileImpossible(
        "The command `consumer` is nowhere on this machine, so nothing can call it.",
        hint="Install the kit: `pip install vault-aws-kit`, or pipx.",
    )
