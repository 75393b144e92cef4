"""How many requests a setup takes: what decides how long it takes, and what a slower machine doesn't change."""

from __future__ import annotations

from collections import Counter

ROLES = 1000


def counted(sent, unique):
    """Requests for roles of the engine, by operation."""
    return Counter(request.operation for request in sent if request.path.startswith(f"aws-{unique}/roles/"))


def test_a_thousand_roles_take_one_write_and_at_most_two_reads_each_and_a_plan_one_read(
    producer, content, unique, sent
):
    role = content["roles"][1]
    content["roles"] = [{**role, "name": "app-{{ item }}", "for_each": list(range(ROLES))}]
    assert producer("setup", "--yes").code == 0
    first = counted(sent, unique)
    assert first["update"] == ROLES
    assert first["read"] <= 2 * ROLES
    sent.clear()
    assert producer("plan", "--detailed-exitcode").code == 0
    assert counted(sent, unique) == {"read": ROLES}
    assert [request.path for request in sent if request.operation == "update"] == []
    sent.clear()
    assert producer("setup", "--yes").code == 0
    again = counted(sent, unique)
    assert (again["read"], again["update"]) == (ROLES, 0)


def test_what_a_spec_holds_besides_its_roles_takes_few_requests(producer, content, sent):
    producer("setup", "--yes")
    sent.clear()
    producer("plan")
    assert len(sent) <= 31
