"""What a folder's files say: keys, states, backends, versions, rendered blocks, and what the shell has beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from consumer.check import rendered, sources, state, static_keys, surroundings, versions
from consumer.check.interface import Case, Entry
from consumer.terraform import Program, look_at
from vault_aws_kit import clock
from vault_aws_kit.contract import RoleEntry

ARN = "arn:aws:iam::111122223333:role/net"
KEY_ID, SECRET = "AKIAQWERTYUIOPASDFGH", "wJa1rXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzKEYz"
SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
DATA = 'data "vault_aws_access_credentials" "net" {\n  backend = "aws"\n  role    = "net"\n  type = "sts"\n}\n'
EPHEMERAL = 'ephemeral "vault_aws_access_credentials" "net" {\n  mount = "aws"\n  role = "net"\n}\n'
JSON = json.dumps({"data": {"vault_aws_access_credentials": {"net": {"backend": "aws", "role": "net"}}}})
NET = RoleEntry("net", "main", "aws", "assumed_role", "", 0, 0, (ARN,))
TERRAFORM = Program("terraform", Version("1.12.0"))


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def look(check, folder, environment=None):
    return list(check.look(Case(Entry(), (), folder, environment or {}, 3600)))


def bad(found):
    return [(one.severity, one.subject) for one in found if one.severity != "ok"]


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("file", ["main.tf", "x.auto.tfvars", "x.tfvars.json", "prod.tfbackend", "terragrunt.hcl"])
@pytest.mark.parametrize("value", [KEY_ID, SECRET])
def test_what_looks_like_a_key_is_an_error_at_its_line_in_any_kind_of_file(tmp_path, file, value):
    (tmp_path / file).write_text(f'\n"a": "{value}"\n')
    found = look(static_keys.StaticKeys(), tmp_path)
    assert ("error", f"{file}:2") in bad(found)
    assert value not in repr(found)


@pytest.mark.parametrize(
    "text", [SHA1, "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ARN, SECRET + "a", ""]
)
def test_what_does_not_look_like_one_is_none(text):
    assert static_keys.looks_like(f'x = "{text}"') == ""


def test_digests_in_the_lock_file_are_no_keys(tmp_path):
    (tmp_path / ".terraform.lock.hcl").write_text(f'"h1:{SECRET}="')
    assert bad(look(static_keys.StaticKeys(), tmp_path)) == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ('provider "aws" {\n  alias = "x"\n  secret_key = "mock"\n}\n', "provider.aws.x.secret_key"),
        ('terraform {\n  backend "s3" {\n    access_key = "mock"\n  }\n}\n', "backend.s3.access_key"),
    ],
)
def test_keys_that_are_written_out_are_errors_by_their_address(tmp_path, text, address):
    assert bad(look(static_keys.StaticKeys(), write(tmp_path, main__tf=text))) == [("error", address)]


def test_keys_in_jsons_syntax_are_errors_too(tmp_path):
    text = json.dumps({"provider": {"aws": [{"secret_key": "mock"}]}})
    (tmp_path / "main.tf.json").write_text(text)
    assert bad(look(static_keys.StaticKeys(), tmp_path)) == [("error", "provider.aws.secret_key")]


def test_keys_that_come_from_vault_or_a_variable_are_none(tmp_path):
    text = 'provider "aws" {\n  access_key = ephemeral.x.y.access_key\n  secret_key = var.s\n  token = "${var.t}"\n}\n'
    assert bad(look(static_keys.StaticKeys(), write(tmp_path, main__tf=text))) == []


# ── state ────────────────────────────────────────────────────────────────────────────────────────


def resource(kind="data", of_type="vault_aws_access_credentials", **attributes):
    return {"mode": kind, "type": of_type, "name": "net", "instances": [{"attributes": attributes}]}


def test_a_state_with_credentials_is_a_warning_by_address_and_never_by_value(tmp_path):
    content = {"version": 4, "resources": [{**resource(secret_key="CANARY"), "module": "module.a"}]}
    (tmp_path / "terraform.tfstate").write_text(json.dumps(content))
    (tmp_path / "terraform.tfstate").chmod(0o600)
    found = look(state.State(), tmp_path)
    assert bad(found) == [("warning", "terraform.tfstate")]
    assert "module.a.data.vault_aws_access_credentials.net.secret_key" in found[0].reason
    assert "CANARY" not in repr(found)


def test_a_state_that_others_may_read_and_a_key_that_lasts_are_errors():
    (one,) = state.judge_state("s", {"resources": [resource(secret_key="x")]}, clock.now(), open_to_others=True)
    assert (one.severity, "chmod 600 s" in one.remedy) == ("error", True)
    lasting = {"resources": [resource("managed", "aws_iam_access_key", secret="x")]}
    (one,) = state.judge_state("s", lasting, clock.now(), open_to_others=False)
    assert (one.severity, "aws_iam_access_key.net.secret" in one.reason) == ("error", True)


@pytest.mark.parametrize(
    ("start", "duration", "severity"),
    [
        ("2026-01-01T11:00:00Z", 3599, "info"),
        ("2026-01-01T11:00:00Z", 3601, "error"),
        ("2026-01-01T11:00:00Z", 0, "error"),
        ("nonsense", 1, "error"),
        (None, None, "error"),
    ],
)
def test_credentials_that_have_ended_are_no_more_than_worth_knowing(start, duration, severity):
    now = clock.moment("2026-01-01T12:00:00Z")
    content = {"resources": [resource(secret_key="x", lease_start_time=start, lease_duration=duration)]}
    (one,) = state.judge_state("s", content, now, open_to_others=True)
    assert one.severity == severity


def test_a_state_without_credentials_is_fine_and_a_broken_one_is_not_looked_at(tmp_path):
    content = {"version": 4, "resources": [resource(), resource("managed", "aws_vpc", id="v")]}
    (tmp_path / "terraform.tfstate").write_text(json.dumps(content))
    assert bad(look(state.State(), tmp_path)) == []
    (tmp_path / "terraform.tfstate").write_text("[")
    assert bad(look(state.State(), tmp_path)) == [("skipped", "terraform.tfstate")]


@pytest.mark.parametrize("workspace", ["terraform.tfstate.d/prod/terraform.tfstate", "terraform.tfstate.backup"])
def test_states_of_workspaces_and_backups_are_looked_at_too(tmp_path, workspace):
    path = tmp_path / workspace
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": 4, "resources": [resource(secret_key="x")]}))
    assert [subject for _, subject in bad(look(state.State(), tmp_path))] == [workspace]


@pytest.mark.parametrize("data", [True, False])
@pytest.mark.parametrize(
    ("backend", "with_data", "without"),
    [
        ('backend "s3" {\n    bucket = "b"\n  }', "warning", "info"),
        ('backend "s3" {\n    encrypt = true\n  }', "", ""),
        ('backend "local" {}', "warning", ""),
        ("cloud {}", "", ""),
        ("", "warning", ""),
    ],
)
def test_a_backend_matters_as_much_as_what_it_keeps(tmp_path, data, backend, with_data, without):
    write(tmp_path, main__tf=f"terraform {{\n  {backend}\n}}\n{DATA if data else EPHEMERAL}")
    found = bad(look(state.State(), tmp_path))
    assert "".join(severity for severity, _ in found) == (with_data if data else without)


def test_a_backend_in_jsons_syntax_counts_and_none_there_is_none(tmp_path):
    content = {**json.loads(JSON), "terraform": {"required_version": ">= 1.5"}}
    (tmp_path / "main.tf.json").write_text(json.dumps(content))
    assert bad(look(state.State(), tmp_path)) == [("warning", "backend")]
    content["terraform"]["backend"] = {"s3": {"encrypt": True}}
    (tmp_path / "main.tf.json").write_text(json.dumps(content))
    assert bad(look(state.State(), tmp_path)) == []


def test_keys_that_init_wrote_down_are_errors(tmp_path):
    (tmp_path / ".terraform").mkdir()
    chosen = {"backend": {"type": "s3", "config": {"secret_key": "CANARY", "access_key": None, "bucket": "b"}}}
    (tmp_path / state.CHOSEN).write_text(json.dumps(chosen))
    found = look(state.State(), tmp_path)
    assert bad(found) == [("error", "backend.s3.secret_key")]
    assert "CANARY" not in repr(found)


# ── versions ─────────────────────────────────────────────────────────────────────────────────────


def pinned(constraint, text=EPHEMERAL, terraform=">= 1.0"):
    required = f'required_providers {{\n    vault = {{ source = "hashicorp/vault", version = "{constraint}" }}\n  }}'
    return f'terraform {{\n  required_version = "{terraform}"\n  {required}\n}}\n{text}'


def judged(folder, program=TERRAFORM):
    return bad(versions.judge(look_at(folder), sources.find(folder), program))


@pytest.mark.parametrize(
    ("text", "program", "expected"),
    [
        (pinned(">= 5.6"), TERRAFORM, []),
        (pinned("~> 4.2"), TERRAFORM, [("error", "vault provider")]),
        (pinned(">= 5.6", terraform="< 1.11"), TERRAFORM, [("error", "Terraform")]),
        (pinned(">= 5.6"), replace(TERRAFORM, version=Version("1.5.7")), [("error", "Terraform")]),
        (pinned("~> 2.0", DATA), TERRAFORM, [("error", "vault provider")]),
        (pinned("~> 4.2", DATA), TERRAFORM, [("warning", "versions")]),
        (pinned(">= 5.6", DATA), TERRAFORM, [("info", "versions")]),
        (pinned("~> 4.2", ""), TERRAFORM, [("warning", "versions")]),
        ("", TERRAFORM, []),
        ("", None, [("skipped", "Terraform")]),
    ],
)
def test_versions_against_what_asks_vault_here(tmp_path, text, program, expected):
    assert judged(write(tmp_path, main__tf=text), program) == expected


def test_a_lock_that_is_too_old_is_an_error_for_ephemeral_resources(tmp_path):
    write(tmp_path, main__tf=pinned(">= 4.0"))
    (tmp_path / ".terraform.lock.hcl").write_text(
        'provider "registry.terraform.io/hashicorp/vault" {\n  version = "4.2.0"\n}\n'
    )
    assert judged(tmp_path) == [("error", "vault provider")]


def test_a_file_that_is_no_hcl_is_told(tmp_path):
    write(tmp_path, main__tf='provider "aws" {')
    assert ("skipped", "main.tf") in bad(look(versions.Versions(), tmp_path, {"PATH": ""}))


# ── rendered files ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("file", "text"), [("a.tf", DATA), ("a.tf.json", JSON)])
def test_both_syntaxes_say_what_they_ask_vault_for(tmp_path, file, text):
    (tmp_path / file).write_text(text)
    (source,) = sources.find(tmp_path)
    assert (source.address, source.mount, source.role) == ("data.vault_aws_access_credentials.net", "aws", "net")


@pytest.mark.parametrize(
    ("changed", "roles", "why"),
    [
        ({}, (NET,), ""),
        ({"role": ""}, (), ""),
        ({}, (), "doesn't offer"),
        ({"mount": "other"}, (NET,), "doesn't offer"),
        ({}, (replace(NET, type="static"),), "is none"),
        ({"role_arn": ARN}, (NET,), ""),
        ({"role_arn": "arn:aws:iam::9:role/old"}, (NET,), "any more"),
        ({}, (replace(NET, role_arns=(ARN, ARN + "2")),), "several by now"),
    ],
)
def test_what_asks_for_something_that_is_not_offered_is_an_error(changed, roles, why):
    asks = replace(sources.Source("a.tf", "data", sources.TYPES[0], "net", "aws", "net"), **changed)
    found = list(rendered.judge([asks], roles))
    assert [one.severity for one in found if one.severity != "ok"] == (["error"] if why else [])
    assert all(why in one.reason for one in found if one.severity == "error")


# ── the environment ──────────────────────────────────────────────────────────────────────────────

BARE = 'provider "aws" {\n  alias = "x"\n}\n'
OWN = 'provider "aws" {\n  access_key = data.x.y.access_key\n}\n'


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        (BARE, {}, []),
        (BARE, {"AWS_PROFILE": "x"}, [("warning", "environment")]),
        (OWN, {"AWS_PROFILE": "x"}, [("info", "environment")]),
        (OWN, {"AWS_REGION": "eu-west-1"}, []),
        ("", {"TF_VAR_k": KEY_ID}, [("error", "TF_VAR_k")]),
        ("", {"TF_VAR_k": "plain"}, []),
    ],
)
def test_what_the_shell_has_matters_as_much_as_the_providers_lack(tmp_path, text, environment, expected):
    write(tmp_path, main__tf=text)
    (tmp_path / "home").mkdir()
    assert bad(look(surroundings.Surroundings(), tmp_path, {"HOME": str(tmp_path / "home"), **environment})) == expected


def test_a_default_profile_with_keys_is_taken_by_a_provider_without_any(tmp_path):
    write(tmp_path, main__tf=BARE)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\naws_access_key_id = x\n")
    (one,) = look(surroundings.Surroundings(), tmp_path, {"HOME": str(tmp_path)})
    assert "provider.aws.x would take the credentials of ~/.aws/credentials" in one.reason
