"""Which IAM users can be an engine's own, and of which role."""

from __future__ import annotations

import pytest

from producer.iam_users import NamePattern

ROLES = ("app", "my-app", "net")


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("vault-approle-net-1795532214-Ampsn29FGSsDB0NmAhrf", {"net"}),
        ("vault-token-devstack-app-1795532214-Ampsn29FGSsDB0NmAhrf", {"app"}),
        ("vault-x-my-app-1795532214-Ampsn29FGSsDB0NmAhrf", {"app", "my-app"}),
        ("vault-x-gone-1795532214-Ampsn29FGSsDB0NmAhrf", set()),
        (f"vault-{'x' * 42}-1795532214-Ampsn29F", set(ROLES)),
        ("vault-root", set()),
        ("somebody-app-1795532214-Ampsn29FGSsDB0NmAhrf", set()),
    ],
)
def test_a_name_tells_the_role_and_all_of_them_where_it_can_be_read_in_several_ways(name, roles):
    assert NamePattern().roles(name, ROLES) == roles


def test_what_vault_did_not_name_is_not_its_own():
    assert not NamePattern().matches("vault-root")
    assert not NamePattern().matches("vault-app-1795532214")
    assert NamePattern().matches("vault-x-app-1795532214-Ampsn29F")


def test_a_template_of_ones_own_is_known_by_its_fixed_beginning_and_by_nothing_else():
    pattern = NamePattern("acme-{{ .DisplayName }}-{{ random 8 }}")
    assert pattern.known
    assert pattern.matches("acme-x-1")
    assert not pattern.matches("vault-x-app-1795532214-Ampsn29F")
    assert not NamePattern("{{ random 8 }}").known
    assert not NamePattern("{{ random 8 }}").matches("anything")
