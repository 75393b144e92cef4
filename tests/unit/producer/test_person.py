"""Who is said to run the producer."""

from __future__ import annotations

import os
import pwd

from producer.person import who_runs_this


def test_a_user_without_a_name_is_told_by_number(monkeypatch):
    """As in a container that runs as a number, where Python's own answer is an exception."""

    def unknown(uid: int) -> None:
        raise KeyError(uid)

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert who_runs_this().startswith(f"uid-{os.getuid()}@")


def test_a_user_with_a_name_is_told_by_it(monkeypatch):
    monkeypatch.setenv("LOGNAME", "ada")
    assert who_runs_this().startswith("ada@")
