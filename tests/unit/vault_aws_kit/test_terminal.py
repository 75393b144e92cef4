"""The edge between commands and the terminal, with the real shell on the other side."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from consumer.cli import cli as consumer
from producer.cli import cli as producer
from vault_aws_kit import errors

RUN = f"{sys.executable} -m tests.unit.vault_aws_kit.printing"


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", command],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("shape", ["text", "json", "table"])
def test_a_reader_who_has_had_enough_is_no_error(shape):
    done = shell(f"{RUN} {shape} | true")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("shape", ["text", "json", "table"])
def test_an_output_that_is_full_is_an_error_that_says_so(shape):
    done = shell(f"{RUN} {shape} > /dev/full")
    assert done.returncode == errors.OutputNotWritable.exit_code
    assert "No space left" in done.stderr
    assert "bug" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("shape", ["text", "json", "table"])
def test_an_output_that_is_closed_is_an_error_and_not_an_empty_result(shape):
    done = shell(f"{RUN} {shape} >&-")
    assert done.returncode == errors.OutputNotWritable.exit_code
    assert "standard output is closed" in done.stderr


def test_where_there_is_no_standard_input_nobody_is_there_to_answer():
    done = shell(f"{RUN} question <&-")
    assert done.returncode == errors.Declined.exit_code
    assert "Nobody is here to answer" in done.stderr


def test_an_error_that_nobody_can_be_told_of_keeps_its_code():
    assert shell(f"{RUN} question <&- 2>&-").returncode == errors.Declined.exit_code


@pytest.mark.parametrize("argv", [[], ["mfa"], ["tfe"]])
@pytest.mark.parametrize("cli", [producer, consumer], ids=["producer", "consumer"])
def test_the_list_of_commands_cuts_no_sentence_short(cli, argv):
    told = CliRunner().invoke(cli, [*argv, "--help"]).output
    assert "Commands:" in told
    listed = told.partition("Commands:")[2]
    assert listed
    assert "..." not in listed
