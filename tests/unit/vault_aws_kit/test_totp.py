"""Where codes come from, as people write it, and how long a code lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vault_aws_kit import totp
from vault_aws_kit.errors import CodeSourceInvalid
from vault_aws_kit.totp import Place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("vault:totp/code/alice", Place("totp", "alice")),
        ("vault:team/mfa/code/ci@acme.example", Place("team/mfa", "ci@acme.example")),
        ("vault:code/code/code", Place("code", "code")),
    ],
)
def test_a_place_is_written_as_vaults_path(text, place):
    assert totp.parse(text) == place
    assert str(place) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "totp/code/alice", "vault:", "vault:totp/alice", "vault:totp/keys/alice", "vault:/code/alice",
        "vault:totp/code/", "vault:totp/code/a/b", "vault:totp/code/../sys", "vault:../totp/code/a",
        "vault:./code/a", "vault:totp//code/a", "vault:totp/code/a?list=true", "vault:totp/code/a b",
        "vault:totp/code/a\n", "vault:totp/code/a%2e", "123456",
    ],
)  # fmt: skip
def test_what_leads_anywhere_else_is_no_place(text):
    with pytest.raises(CodeSourceInvalid) as refused:
        totp.parse(text)
    assert totp.EXAMPLE in refused.value.hint


@pytest.mark.parametrize(("second", "left"), [(0, 30), (1, 29), (29, 1), (30, 30), (59.5, 0.5)])
def test_a_code_lives_until_the_next_half_minute(second, left):
    at = datetime(2026, 3, 4, 5, 6, tzinfo=UTC) + timedelta(seconds=second)
    assert totp.left(at) == timedelta(seconds=left)
