"""What is sent to AWS as a code, and what is not."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from consumer.codes.choice import Wanted
from consumer.codes.interface import until_accepted
from vault_aws_kit.errors import CodeNeeded, CodeRefused


def code(wanted: Wanted) -> str:
    return wanted.codes(lambda: pytest.fail("Vault is asked"), "Do this.").first("DEVICE")


@pytest.mark.parametrize("text", ["123456\n", " 123 456 \n", "123456"])
def test_a_line_of_standard_input_is_a_code(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert code(Wanted(prompt=True, stdin=True)) == "123456"


@pytest.mark.parametrize("text", ["", "\n", "12345\n", "1234567\n", "abcdef\n", "１２３４５６\n"])
def test_what_is_no_code_is_not_sent(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    with pytest.raises(CodeNeeded):
        code(Wanted(prompt=True, stdin=True))


def test_what_is_no_text_is_no_code(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n"), encoding="utf-8"))
    with pytest.raises(CodeNeeded):
        code(Wanted(prompt=True, stdin=True))


def test_what_never_ends_is_not_waited_for(monkeypatch):
    with Path("/dev/zero").open(encoding="ascii") as endless:
        monkeypatch.setattr(sys, "stdin", endless)
        with pytest.raises(CodeNeeded):
            code(Wanted(prompt=True, stdin=True))


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(stdin=True)])
def test_where_nobody_may_be_asked_standard_input_is_left_alone(monkeypatch, wanted):
    monkeypatch.setattr(sys, "stdin", io.StringIO("123456\n"))
    with pytest.raises(CodeNeeded) as needed:
        code(wanted)
    assert needed.value.hint == "Do this."
    assert sys.stdin.read() == "123456\n"


def test_a_code_on_the_command_line_goes_before_all_else(monkeypatch):
    assert code(Wanted("123456", "vault:totp/code/x", prompt=True, stdin=True)) == "123456"


def test_a_refused_code_is_no_reason_to_try_it_again():
    tried = []

    def attempt(code: str) -> None:
        tried.append(code)
        raise CodeRefused("no")

    with pytest.raises(CodeRefused):
        until_accepted(Wanted("123456").codes(pytest.fail, ""), "DEVICE", attempt)
    assert tried == ["123456"]


def test_no_code_stands_in_the_text_of_what_is_wanted():
    assert "123456" not in repr(Wanted("123456"))
