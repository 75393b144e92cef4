"""Who runs the producer, as others are told of it."""

from __future__ import annotations

import getpass
import os
import socket


def who_runs_this() -> str:
    """USER@HOST; where the system has no name for the user, as in many containers, the number stands for it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # the second from Python 3.13 on
        user = f"uid-{os.getuid()}"
    return f"{user}@{socket.gethostname()}"
