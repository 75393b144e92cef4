"""Exit codes: one for each kind of error, documented, and never one that means something else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from vault_aws_kit import errors
from vault_aws_kit.errors import KitError, Problem, SpecProblems, UnknownKey, WrongType
from vault_aws_kit.vault import token_refused

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "docs" / "reference" / "exit-codes.md"


def classes():
    queue, found = [KitError], []
    while queue:
        error = queue.pop()
        queue.extend(error.__subclasses__())
        found.append(error)
    return found


def test_no_hint_sends_to_a_file_that_is_not_installed():
    modules = [path for package in ("consumer", "producer", "vault_aws_kit") for path in (ROOT / package).rglob("*.py")]
    hints = [
        ast.unparse(word.value)
        for path in modules
        for word in ast.walk(ast.parse(path.read_text()))
        if isinstance(word, ast.keyword) and word.arg == "hint"
    ]
    assert len(hints) > 100
    assert [hint for hint in hints if "docs/" in hint and "://" not in hint] == []


def test_whose_token_is_refused_is_not_sent_back_to_a_wrapping_token_that_was_used():
    assert "ask the platform team for another" in token_refused("http://127.0.0.1:8200").hint


def test_no_two_errors_share_an_exit_code():
    codes = [error.exit_code for error in classes() if "exit_code" in vars(error)]
    assert len(codes) == len(set(codes))


def test_errors_keep_away_from_the_codes_of_shells_usage_and_bugs():
    reserved = {0, errors.BUG, errors.CHANGES, errors.USAGE}
    assert all(10 <= code < errors.EXEC_FAILED and code not in reserved for code in errors.exit_codes())


def test_every_exit_code_stands_in_the_documented_table_with_its_name():
    documented = dict(re.findall(r"^\| (\d+) \| `(\w+)` \|", TABLE.read_text(), re.MULTILINE))
    assert documented == {str(code): error.__name__ for code, error in errors.exit_codes().items()}


def test_problems_of_one_kind_exit_with_its_code_and_of_several_with_their_own():
    one = Problem(UnknownKey("a"), "f", 1, 2)
    other = Problem(WrongType("b"), "f", 3, 4)
    assert SpecProblems([one, one]).exit_code == UnknownKey.exit_code
    assert SpecProblems([one, other]).exit_code == SpecProblems.exit_code


def test_all_problems_are_told_with_their_place():
    told = SpecProblems([Problem(UnknownKey("No key."), "f.yaml", 1, 2), Problem(WrongType("No text."), "f.yaml", 3)])
    assert told.message.splitlines()[:2] == ["f.yaml:1:2: No key.", "f.yaml:3: No text."]
