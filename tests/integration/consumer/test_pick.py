"""`consumer roles --pick` on a real terminal: a person types, the choice alone goes to standard output."""

from __future__ import annotations

import json
import os
import signal

import pytest

from vault_aws_kit.errors import INTERRUPTED, Declined

from .conftest import CONSUMER
from .ptys import on_a_terminal


@pytest.fixture
def picking(as_team):
    argv = [*CONSUMER, "roles", "--pick", "--catalog-mount", as_team.catalog_mount]

    def start(*more: str, **terminal):
        return on_a_terminal([*argv, *more], dict(os.environ), **terminal)

    return start


def test_what_is_typed_finds_a_role_and_enter_takes_it(picking):
    with picking() as person:
        assert "app" in person.wait_for("nets ")
        person.type("fed")
        person.wait_for("1/4 role? fed")
        person.wait_for("> fed")
        person.type("\r")
        assert person.end() == (0, "fed\n")


def test_arrows_move(picking):
    with picking() as person:
        person.wait_for("> app")
        person.type("\x1b[B")
        person.wait_for("> fed")
        person.type("\x1b[B\x1b[B\x1b[A")
        person.wait_for("> nets")
        person.wait_for("> net ")
        person.type("\r")
        assert person.end() == (0, "net\n")


@pytest.mark.parametrize(("key", "code"), [
    ("\x1b", Declined.exit_code), ("\x04", Declined.exit_code), ("\x03", INTERRUPTED),
])  # fmt: skip
def test_leaving_prints_nothing(picking, key, code):
    with picking() as person:
        person.wait_for("> app")
        person.type(key)
        assert person.end() == (code, "")


@pytest.mark.parametrize("keys", ["\r", "\x1b", "\x03"])
def test_the_terminal_is_as_it_was_however_it_ends(picking, keys):
    with picking() as person:
        person.wait_for("> app")
        assert person.settings() != person.before
        person.type(keys)
        person.end()
        assert person.settings() == person.before


def test_a_program_that_is_ended_leaves_the_terminal_as_it_was(picking):
    with picking() as person:
        person.wait_for("> app")
        person.send(signal.SIGTERM)
        assert person.end() == (INTERRUPTED, "")
        assert person.settings() == person.before


@pytest.mark.parametrize("key", ["\x1b[5~", "\x1b[1;5C", "\x1bOP", "\x1bb", "\t", "é"])
def test_a_key_that_means_nothing_here_writes_nothing_into_the_query(picking, key):
    with picking() as person:
        person.wait_for("> app")
        person.type(f"{key}\x1b[B")
        assert "role? \r" in person.wait_for("> fed")
        person.type("\r")
        assert person.end() == (0, "fed\n")


def test_enter_takes_nothing_where_nothing_is_found(picking):
    with picking() as person:
        person.wait_for("> app")
        person.type("zzz\r")
        person.wait_for("0/4 role? zzz")
        person.type("\x15net ass\r")
        code, out = person.end()
        assert (code, out) == (0, "net\n")


def test_a_narrow_terminal_will_do(picking):
    with picking(size=(4, 12)) as person:
        person.wait_for("> app")
        person.type("\r")
        assert person.end() == (0, "app\n")


def test_the_choice_is_one_that_creds_take(picking, consumer):
    with picking() as person:
        person.wait_for("> app")
        person.type("app\r")
        _, out = person.end()
    assert json.loads(consumer("creds", "--role", out.strip(), "--format", "json").out)["role"] == "app"


def test_without_a_terminal_a_name_is_asked_for(as_team, consumer, monkeypatch):
    monkeypatch.setattr("consumer.picker._TTY", "/nowhere/tty")
    run = consumer("roles", "--pick")
    assert (run.code, run.out) == (Declined.exit_code, "")
    assert "--role ROLE" in run.err
