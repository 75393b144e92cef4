"""Which server a machine gets, and what somebody hears whose machine has none."""

from __future__ import annotations

import pytest

from devstack.errors import CommandFailed, StackError
from devstack.servers import choice, engine, installed
from devstack.servers.interface import Server, Source


class Fake(Server):
    def __init__(self, title):
        self.title = title

    def launch(self, folder):
        raise NotImplementedError


def source(called, *, available=True, failure=None):
    class Made(Source):
        name = called
        wants = f"what {called} wants"

        def available(self):
            return available

        def get(self):
            if failure:
                raise failure
            return Fake(called)

    return Made()


@pytest.fixture
def sources(monkeypatch):
    return lambda *given: monkeypatch.setattr(choice, "SOURCES", given)


def program(folder, name, says):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def test_the_first_that_is_available_is_taken(sources):
    sources(source("one", available=False), source("two"), source("three"))
    assert choice.get().title == "two"


def test_one_that_cannot_be_downloaded_makes_way_for_the_next(sources):
    sources(source("one", failure=CommandFailed("no index")), source("two"))
    assert choice.get().title == "two"


def test_without_any_the_error_names_all_ways_and_why_they_failed(sources):
    sources(source("one", available=False), source("two", failure=CommandFailed("no index")))
    with pytest.raises(StackError, match=r"(?s)what one wants.*what two wants.*no index"):
        choice.get()


def test_one_that_was_asked_for_is_not_replaced(sources):
    sources(source("one", available=False), source("two"))
    with pytest.raises(StackError, match="'one' needs what one wants"):
        choice.get("one")


def test_a_name_that_is_none_is_answered_with_those_that_are(sources):
    sources(source("one"), source("two"))
    with pytest.raises(StackError, match="one, two"):
        choice.get("three")


def test_the_users_vault_is_taken_from_path(tmp_path, monkeypatch):
    vault = program(tmp_path, "vault", "Vault v1.21.4 (abc), built 2025-01-01")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = installed.Installed().get()
    assert (found.title, found.program, found.plugins) == ("Vault v1.21.4 from PATH", vault, None)


def test_another_program_of_that_name_is_not(tmp_path, monkeypatch):
    program(tmp_path, "vault", "Obsidian Vault 3.2")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not installed.Installed().available()


@pytest.mark.parametrize("name", engine.NAMES)
def test_the_users_bao_gets_the_users_engine_under_the_name_that_servers_know(tmp_path, monkeypatch, name):
    program(tmp_path / "bin", "bao", "OpenBao v2.7.2 (abc), built 2025-01-01")
    program(tmp_path / "plugins", name, "engine")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("VAULT_AWS_KIT_PLUGIN_DIR", str(tmp_path / "plugins"))
    monkeypatch.setenv("VAULT_AWS_KIT_CACHE", str(tmp_path / "cache"))
    found = installed.Installed().get()
    assert found.title == "OpenBao v2.7.2 from PATH"
    assert "engine" in (found.plugins / "aws").read_text()
