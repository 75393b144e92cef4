"""Leases of a long run, against the real server."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consumer.issue import Parameters
from consumer.lasting_token import LastingToken
from consumer.leases import Leases
from consumer.token import look_up
from vault_aws_kit import clock
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Vault


@pytest.fixture
def leases(team, stack):
    with Vault(VaultSettings(address=stack.vault_addr), team.token()) as vault:
        token = LastingToken(vault, look_up(vault), lambda: vault, print)
        yield Leases(token, lambda _: Parameters())


@pytest.mark.parametrize("days", [-400, 400])
def test_a_clock_that_is_wrong_here_changes_nothing(days, team, stack, roles, monkeypatch, aws):
    """All times are counted from here by what Vault says of durations."""
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(days=days))
    with Vault(VaultSettings(address=stack.vault_addr), team.token()) as vault:
        leases = Leases(LastingToken(vault, look_up(vault), lambda: vault, print), lambda _: Parameters())
        taken = leases.take(roles["app"])
        assert 880 < taken.remaining().total_seconds() <= 900
        assert 880 < leases.renewed(taken).remaining().total_seconds() <= 900
        assert leases.take(roles["app"]).access_key_id == taken.access_key_id
        leases.give_back()
    assert aws.owner_of(taken.access_key_id) is None


def test_what_was_given_back_is_not_given_again(leases, roles, aws):
    first = leases.take(roles["app"])
    [(ended, failure)] = leases.give_back()
    assert (ended.access_key_id, failure) == (first.access_key_id, None)
    assert leases.give_back() == []
    assert leases.take(roles["app"]).access_key_id != first.access_key_id
    leases.give_back()


def test_a_lease_that_somebody_revoked_is_replaced(leases, roles, admin):
    first = leases.take(roles["app"])
    admin.write("sys/leases/revoke", {"lease_id": first.lease_id, "sync": True})
    assert leases.take(roles["app"]).access_key_id != first.access_key_id
    leases.give_back()
