"""What is said of credentials at the end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from consumer.notes import fate
from vault_aws_kit.credentials import Credentials


@pytest.mark.parametrize(
    ("expires", "when"), [(datetime(2030, 1, 2, tzinfo=UTC), "at 2030-01-02T00:00:00Z"), (None, "when it is due")]
)
@pytest.mark.parametrize("revoked", [True, False])
def test_a_static_roles_key_is_no_session_and_lives_until_vault_rotates_it(expires, when, revoked):
    said = fate(Credentials("AKIA", "secret", expires=expires, type="static"), revoked=revoked)
    assert said == f"Nothing to revoke: AKIA is a static role's key, which Vault rotates {when}."
