"""`producer plan --out FILE`, then `producer setup FILE`: exactly that, or nothing."""

from __future__ import annotations

import json

import pytest

from vault_aws_kit import errors


@pytest.fixture
def planned(producer, tmp_path):
    """The file of a first plan."""
    file = tmp_path / "the.plan"
    assert producer("plan", "--out", str(file)).code == 0
    return file


def test_a_saved_plan_is_carried_out_whatever_the_spec_says_by_then(planned, producer, content, vault, unique):
    before = json.loads(json.dumps(content))
    content["roles"] = []
    content["teams"] = []
    assert producer("setup", str(planned), "--yes").code == 0
    assert vault.read(f"aws-{unique}/roles/net")
    content.update(before)
    assert producer("plan", "--detailed-exitcode").code == 0


def test_a_saved_plan_holds_no_secret_and_is_its_owners_alone(planned, stack):
    assert stack.env["AWS_SECRET_ACCESS_KEY"] not in planned.read_text()
    assert stack.vault_token not in planned.read_text()
    assert planned.stat().st_mode & 0o077 == 0


def test_a_plan_is_refused_once_vault_has_moved_on(producer, content, vault, unique, tmp_path):
    producer("setup", "--yes")
    content["roles"][0]["ttl"] = {"default": "20m", "max": "1h"}
    producer("plan", "--out", str(tmp_path / "the.plan"))
    vault.write_data(f"aws-{unique}/roles/app", data={"credential_type": "iam_user", "policy_document": "{}"})
    refused = producer("setup", str(tmp_path / "the.plan"), "--yes")
    assert refused.code == errors.PlanStale.exit_code
    assert f"aws-{unique}/roles/app" in refused.err
    assert vault.read(f"aws-{unique}/roles/net")["data"]["default_sts_ttl"] == 1800


def test_a_plan_can_not_be_carried_out_twice(planned, producer):
    assert producer("setup", str(planned), "--yes").code == 0
    assert producer("setup", str(planned), "--yes").code == errors.PlanStale.exit_code


def test_a_plan_for_another_vault_is_refused(planned, producer, monkeypatch, stack):
    monkeypatch.setenv("VAULT_ADDR", stack.vault_addr.replace("127.0.0.1", "localhost"))
    refused = producer("setup", str(planned), "--yes")
    assert refused.code == errors.PlanStale.exit_code
    assert "VAULT_ADDR" in refused.err


def test_a_plan_that_was_edited_is_refused(planned, producer, vault, unique):
    planned.write_text(planned.read_text().replace("s3:GetObject", "s3:*"))
    refused = producer("setup", str(planned), "--yes")
    assert refused.code == errors.PlanFileInvalid.exit_code
    assert "edited or damaged" in refused.err
    assert f"aws-{unique}/" not in vault.sys.list_mounted_secrets_engines()["data"]


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"version":1,"sha256":"x"}'])
def test_what_is_no_plan_is_refused(producer, tmp_path, text):
    (tmp_path / "no.plan").write_text(text)
    assert producer("setup", str(tmp_path / "no.plan"), "--yes").code == errors.PlanFileInvalid.exit_code


def test_a_spec_given_for_a_plan_is_told_where_it_goes(producer, spec, content):
    refused = producer("setup", str(spec(content)), "--yes")
    assert refused.code == errors.PlanFileInvalid.exit_code
    assert f"Did you mean --spec {spec(content)}?" in refused.err


@pytest.mark.parametrize("option", ["--prune", "--take-over"])
def test_a_plan_takes_no_option_that_would_make_it_another(planned, producer, option):
    refused = producer("setup", str(planned), option, "--yes")
    assert refused.code == errors.USAGE
    assert "producer plan --out" in refused.err


def test_a_plan_is_carried_out_only_with_the_key_that_it_names(planned, producer, monkeypatch, vault, unique):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAANOTHER")
    refused = producer("setup", str(planned), "--yes")
    assert refused.code == errors.PlanStale.exit_code
    assert "AKIAANOTHER" in refused.err
    assert f"aws-{unique}/" not in vault.sys.list_mounted_secrets_engines()["data"]


def test_deletions_and_revocations_are_part_of_a_saved_plan(producer, content, vault, unique, tmp_path):
    producer("setup", "--yes")
    vault.read(f"aws-{unique}/creds/app")
    content["roles"].pop(1)
    assert producer("plan", "--prune", "--revoke-leases", "--out", str(tmp_path / "the.plan")).code == 0
    assert producer("setup", str(tmp_path / "the.plan"), "--yes").code == 0
    assert vault.read(f"aws-{unique}/roles/app") is None
    assert not vault.list(f"sys/leases/lookup/aws-{unique}/creds/app")


def test_a_plan_that_deletes_a_role_is_refused_once_that_has_leases(producer, content, vault, unique, tmp_path):
    producer("setup", "--yes")
    content["roles"].pop(1)
    assert producer("plan", "--prune", "--out", str(tmp_path / "the.plan")).code == 0
    vault.read(f"aws-{unique}/creds/app")
    refused = producer("setup", str(tmp_path / "the.plan"), "--yes")
    assert refused.code == errors.HasLeases.exit_code
    assert vault.read(f"aws-{unique}/roles/app")


def test_a_plan_that_deletes_what_another_spec_has_claimed_since_is_refused(producer, content, vault, unique, tmp_path):
    producer("setup", "--yes")
    both = content["roles"]
    content["roles"] = both[:1]
    assert producer("plan", "--prune", "--out", str(tmp_path / "the.plan")).code == 0
    content.update(name=f"{unique}-other", roles=both[1:], teams=[])
    assert producer("setup", "--yes").code == 0
    refused = producer("setup", str(tmp_path / "the.plan"), "--yes")
    assert refused.code == errors.PlanStale.exit_code
    assert f"aws-{unique}/roles/app" in refused.err
    assert vault.read(f"aws-{unique}/roles/app")


def test_a_plan_that_is_not_there_is_told_as_such(producer, tmp_path):
    refused = producer("setup", str(tmp_path / "none.json"))
    assert refused.code == errors.PlanFileInvalid.exit_code
    assert "No such file" in refused.err
    assert "--spec" in refused.err


def test_a_plan_that_can_not_be_written_is_told_with_its_place(producer, tmp_path):
    refused = producer("plan", "--out", str(tmp_path / "no" / "folder"))
    assert refused.code == errors.OutputNotWritable.exit_code
    assert "--out" in refused.err
