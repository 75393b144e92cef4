"""Completion as the shells themselves do it: by their own functions, with roles from the catalog, and never a word."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from vault_aws_kit import catalog_file

from .ptys import on_a_terminal

PROGRAMS = Path(sys.executable).parent
LATE = 6  # seconds


def shell(name: str) -> str:
    found = shutil.which(name)
    if not found and os.environ.get("CI"):
        pytest.fail(f"{name} is not installed.")
    return found or pytest.skip(f"{name} is not installed.")


@pytest.fixture
def environ(as_team):
    """A team's environment in which a busy machine has all the time it needs."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "TERM": "dumb", "VAULT_AWS_KIT_COMPLETION_TIMEOUT": "60"}


@pytest.fixture
def in_a_hurry(environ):
    """As it is for everybody."""
    del environ["VAULT_AWS_KIT_COMPLETION_TIMEOUT"]


@pytest.fixture
def catalog(as_team) -> str:
    return f"--catalog-mount {as_team.catalog_mount}"


def in_bash(line: str, env: dict[str, str]) -> list[str]:
    """What bash's COMPREPLY is when Tab is pressed at the end of a line."""
    program, *_ = words = line.split(" ")
    script = f"""
        eval "$({program} completion bash)"
        COMP_WORDS=({" ".join(word or "''" for word in words)}) COMP_CWORD={len(words) - 1}
        $(complete -p {program} | grep -o '_[a-z]*_completion') {program}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run([shell("bash"), "--norc", "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("verb", ["check", "console", "creds", "exec", "profile", "render", "serve"])
def test_bash_completes_the_roles_of_the_token(environ, catalog, verb):
    assert in_bash(f"consumer {verb} {catalog} --role ", environ) == ["app", "fed", "net", "nets"]
    assert in_bash(f"consumer {verb} {catalog} --role ne", environ) == ["net", "nets"]


def test_bash_completes_the_teams_of_the_token(environ, catalog, as_team):
    assert in_bash(f"consumer roles {catalog} --team ", environ) == [f"{as_team.entry.spec}/pay"]


def test_bash_completes_verbs_and_options(environ):
    assert in_bash("consumer cre", environ) == ["creds"]
    assert "--role-arn" in in_bash("consumer creds --ro", environ)


def test_fish_completes_roles_and_tells_of_each(environ, catalog):
    script = f'consumer completion fish | source; complete -C "consumer creds {catalog} --role ne"'
    done = subprocess.run(
        [shell("fish"), "--no-config", "-c", script], env=environ, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("net\tassumed_role 111122223333\nnets\tassumed_role\n", "")


def test_zsh_completes_a_role_that_a_person_has_begun(environ, catalog):
    with on_a_terminal([shell("zsh"), "-f", "-i"], {**environ, "PS1": "ready%% "}, whole=True) as person:
        person.wait_for("ready% ")
        person.type('autoload -U compinit; compinit -u -D; eval "$(consumer completion zsh)"; echo loa""ded\n')
        person.wait_for("loaded")
        person.type(f"consumer creds {catalog} --role f\t")
        person.wait_for("--role fed ")


# ── whatever is wrong, nothing is said, and soon ────────────────────────────────────────────────


def test_a_token_that_vault_refuses_completes_nothing(environ, catalog):
    assert in_bash(f"consumer creds {catalog} --role ", {**environ, "VAULT_TOKEN": "hvs.nobody"}) == []


def test_no_token_completes_nothing(environ, catalog):
    environ.pop("VAULT_TOKEN")
    assert in_bash(f"consumer creds {catalog} --role ", environ) == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "no address", "https://127.0.0.1:1"])
def test_a_vault_that_is_not_there_completes_nothing(environ, address):
    assert in_bash("consumer creds --role ", {**environ, "VAULT_ADDR": address}) == []


def test_a_verb_that_is_mistyped_completes_no_role(environ, catalog):
    assert "net" not in in_bash(f"consumer crds {catalog} --role ", environ)


@pytest.fixture
def late(stack) -> Iterator[str]:
    """The address of the real server behind a door that takes its time, so that whoever waits for it gets an answer."""
    listener = socket.create_server(("127.0.0.1", 0))
    vault, over = urlsplit(stack.vault_addr), threading.Event()

    def relay(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            end.close()

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                over.wait(LATE)
                server = socket.create_connection((vault.hostname, vault.port))
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=relay, args=ends, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    over.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_a_vault_that_answers_late_is_not_waited_for(environ, in_a_hurry, catalog, late):
    assert in_bash(f"consumer creds {catalog} --role ", {**environ, "VAULT_ADDR": late}) == []


def test_somebody_with_more_patience_gets_an_answer(environ, catalog, late):
    assert in_bash(f"consumer creds {catalog} --role n", {**environ, "VAULT_ADDR": late}) == ["net", "nets"]


@pytest.mark.parametrize("wrong", ["soon", "-1", "nan", "inf"])
def test_a_patience_that_is_none_completes_nothing(environ, catalog, wrong):
    assert in_bash(f"consumer creds {catalog} --role ", {**environ, "VAULT_AWS_KIT_COMPLETION_TIMEOUT": wrong}) == []


def test_a_token_helper_that_answers_late_is_not_waited_for(environ, in_a_hurry, catalog, tmp_path):
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\nsleep {LATE}\nprintf %s {environ.pop('VAULT_TOKEN')}\n")
    helper.chmod(0o700)
    (tmp_path / "config").write_text(f'token_helper = "{helper}"\n')
    environ["VAULT_CONFIG_PATH"] = str(tmp_path / "config")
    assert in_bash(f"consumer creds {catalog} --role ", environ) == []


# ── without Vault, and the producer ─────────────────────────────────────────────────────────────


def test_roles_of_a_catalog_file_are_completed_without_vault(environ, as_team, tmp_path):
    file = tmp_path / "catalog.json"
    file.write_text(catalog_file.to_text(as_team.entry))
    away = {**environ, "VAULT_ADDR": "http://127.0.0.1:1"}
    assert in_bash(f"consumer render --catalog {file} --role ne", away) == ["net", "nets"]


def test_the_producer_completes_teams_and_roles_of_the_catalog(environ, stack, as_team, make_team, catalog):
    make_team("web")
    as_root = {**environ, "VAULT_TOKEN": stack.vault_token}
    assert in_bash(f"producer handover {catalog} ", as_root) == ["pay", "web"]
    assert in_bash(f"producer export {catalog} --team w", as_root) == ["web"]
    assert in_bash(f"producer revoke {catalog} --role ne", as_root) == ["net", "nets"]
    assert in_bash(f"producer export {catalog} --name elsewhere --team ", as_root) == []


def test_a_name_with_a_line_end_in_it_is_not_offered(environ, as_team, roles, catalog):
    as_team.publish(roles["net"], replace(roles["net"], name="evil\nplain,rm"))
    assert in_bash(f"consumer creds {catalog} --role ", environ) == ["net"]
