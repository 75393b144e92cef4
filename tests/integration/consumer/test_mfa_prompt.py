"""Codes that a person types: on the terminal, whatever a shell takes of standard output."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from vault_aws_kit import errors

from .conftest import CONSUMER
from .ptys import on_a_terminal

LOGIN = [*CONSUMER, "mfa", "login", "--format", "json"]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1000000:06}"


@pytest.fixture
def logging_in(as_person):
    return lambda *argv: on_a_terminal([*(argv or LOGIN)], dict(os.environ))


def test_the_code_is_asked_for_on_the_terminal_and_the_session_alone_is_printed(as_person, logging_in, strict_aws):
    with logging_in() as person:
        person.wait_for(f"MFA code of {as_person.serial}: ")
        person.type(f"{strict_aws.code(as_person.serial)}\n")
        code, out = person.end()
    assert code == 0
    assert json.loads(out)["access_key_id"] == strict_aws.sessions[-1].access_key_id


def test_a_shell_takes_the_session_by_eval(as_person, logging_in, strict_aws, tmp_path):
    program = " ".join(f"'{word}'" for word in [*CONSUMER, "mfa", "login"])
    with logging_in("sh", "-c", f'eval "$({program})"; echo "$AWS_ACCESS_KEY_ID/$AWS_SESSION_TOKEN"') as person:
        person.wait_for("MFA code of ")
        person.type(f"{strict_aws.code(as_person.serial)}\n")
        code, out = person.end()
    assert (code, out.partition("/")[0]) == (0, strict_aws.sessions[-1].access_key_id)
    assert len(out.partition("/")[2]) > 100


def test_a_refused_code_is_asked_for_again(as_person, logging_in, strict_aws):
    with logging_in() as person:
        person.wait_for("MFA code of ")
        person.type(f"{wrong(strict_aws.code(as_person.serial))}\n")
        assert "AWS refuses the code" in person.wait_for("MFA code of ")
        person.type("12345\n")
        person.wait_for("A code has 6 digits.")
        person.type(f"{strict_aws.code(as_person.serial)}\n")
        assert person.end()[0] == 0


def test_after_three_wrong_codes_nobody_is_asked_again(as_person, logging_in, strict_aws):
    with logging_in() as person:
        for _ in range(3):
            person.wait_for("MFA code of ")
            person.type(f"{wrong(strict_aws.code(as_person.serial))}\n")
        assert person.end() == (errors.CodeRefused.exit_code, "")


@pytest.mark.parametrize(("key", "code"), [("\x03", errors.INTERRUPTED), ("\x04", errors.CodeNeeded.exit_code)])
def test_leaving_prints_nothing_and_leaves_the_terminal_as_it_was(logging_in, strict_aws, key, code):
    with logging_in() as person:
        person.wait_for("MFA code of ")
        person.type(key)
        assert person.end() == (code, "")
        assert person.settings() == person.before
    assert "sts:GetSessionToken" not in strict_aws.asked


def test_standard_input_is_the_commands_and_the_code_is_asked_for_on_the_terminal(as_person, logging_in, strict_aws):
    program = " ".join(f"'{word}'" for word in [*CONSUMER, "mfa", "exec", "--", "cat"])
    with logging_in("sh", "-c", f"echo for the command | {program}") as person:
        person.wait_for("MFA code of ")
        person.type(f"{strict_aws.code(as_person.serial)}\n")
        assert person.end() == (0, "for the command\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_is_not_run_where_its_code_is_not_given(logging_in, strict_aws, tmp_path, number):
    with logging_in(*CONSUMER, "mfa", "exec", "--", "touch", str(tmp_path / "ran")) as person:
        person.wait_for("MFA code of ")
        person.send(number)
        assert person.end()[0] in (errors.INTERRUPTED, -signal.SIGTERM)
    assert not (tmp_path / "ran").exists()


def test_two_shells_at_once_ask_for_one_code(as_person, logging_in, strict_aws):
    with logging_in() as first:
        first.wait_for("MFA code of ")
        with subprocess.Popen(
            LOGIN, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as second:
            assert "Another process is asking for a code" in second.stderr.readline()
            first.type(f"{strict_aws.code(as_person.serial)}\n")
            code, out = first.end()
            theirs, _ = second.communicate(timeout=60)
    assert code == 0
    assert json.loads(theirs) == json.loads(out)
    assert strict_aws.asked.count("sts:GetSessionToken") == 1


def test_where_standard_input_is_closed_nobody_is_asked(as_person, strict_aws):
    done = subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", *LOGIN], capture_output=True, text=True, check=False, start_new_session=True
    )
    assert (done.returncode, done.stdout) == (errors.CodeNeeded.exit_code, "")
    assert "standard input" in done.stderr
