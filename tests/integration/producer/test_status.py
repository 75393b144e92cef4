"""`producer status`: what a spec has made of Vault, looked at before and after."""

from __future__ import annotations

import json


def test_before_the_first_setup_everything_is_missing_and_no_key_is_made_up(producer):
    before = producer("status")
    assert before.code == 0
    engine = next(line for line in before.out.splitlines() if line.startswith("main"))
    assert engine.split()[-2:] == ["missing", "-"]


def test_after_setup_everything_is_in_place_with_its_leases(producer, vault, unique, stack):
    producer("setup", "--yes")
    vault.read(f"aws-{unique}/creds/app")
    after = json.loads(producer("status", "--format", "json").out)
    assert after["engines"][0]["key"] == stack.env["AWS_ACCESS_KEY_ID"]
    assert {role["name"]: (role["state"], role["leases"]) for role in after["roles"]}["main/app"] == ("in place", 1)
    assert [team["state"] for team in after["teams"]] == ["in place"]
