"""`consumer render` with a team's token: what it prints, where it writes, what it says."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from dataclasses import replace

import hcl2
import pytest

from vault_aws_kit.contract import LoginEntry, RoleEntry
from vault_aws_kit.errors import (
    USAGE,
    BlockEdited,
    LoginNotOffered,
    ModeImpossible,
    OutputExists,
    OutputNotWritable,
    RoleArnNeeded,
    RoleUnknown,
    SnippetStale,
    TemplateBroken,
    TerraformMissing,
    UndefinedVariable,
    UnknownTemplate,
)

from .conftest import OTHER_NET


@pytest.fixture
def render(consumer, as_team):
    return lambda *argv: consumer("render", *argv)


@pytest.fixture
def terraform(tmp_path, monkeypatch):
    """Puts a Terraform of a given version on PATH, or none, and nothing else."""

    def be(version: str) -> None:
        programs = tmp_path / "programs"
        programs.mkdir(exist_ok=True)
        if version:
            path = programs / "terraform"
            path.write_text(f"""#!/bin/sh\necho '{{"terraform_version": "{version}"}}'\n""")
            path.chmod(0o755)
        monkeypatch.setenv("PATH", str(programs))

    return be


def test_it_prints_the_file_alone_and_talks_elsewhere(render, engine):
    run = render("--role", "net", "--mode", "data-source")
    assert run.code == 0
    block = hcl2.loads(run.out)["data"][0]['"vault_aws_access_credentials"']['"net"']
    assert (block["backend"], block["role"], block["type"]) == (f'"{engine}"', '"net"', '"sts"')
    assert "state" in run.err


def test_several_roles_become_aliased_providers(render):
    run = render("--role", "net", "--role", "logs=app", "--mode", "ephemeral", "--region", "us-east-1")
    providers = [block['"aws"'] for block in hcl2.loads(run.out)["provider"] if '"aws"' in block]
    assert [block.get("alias") for block in providers] == [None, '"logs"']
    assert {block["region"] for block in providers} == {'"us-east-1"'}


def test_a_role_with_several_accounts_is_rendered_for_the_one_that_was_chosen(render):
    assert render("--role", "nets", "--mode", "ephemeral").code == RoleArnNeeded.exit_code
    run = render("--role", "nets", "--mode", "ephemeral", "--role-arn", OTHER_NET)
    assert 'allowed_account_ids = ["444455556666"]' in run.out


def test_the_file_holds_no_secret_and_not_the_token(render, as_team, monkeypatch):
    run = render("--role", "net", "--role", "a=app", "--mode", "data-source")
    assert os.environ["VAULT_TOKEN"] not in run.out + run.err
    assert "AKIA" not in run.out


# ── the mode ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("version", "mode"), [("1.11.4", "ephemeral"), ("1.9.8", "data-source")])
def test_auto_goes_by_the_terraform_that_is_installed(render, terraform, version, mode):
    terraform(version)
    run = render("--role", "net")
    assert f"Mode {mode}: Terraform {version}" in run.err
    assert f"--mode {mode}" in run.out.splitlines()[0]


def test_auto_goes_by_what_the_folder_pins(render, terraform, tmp_path):
    terraform("")
    (tmp_path / "versions.tf").write_text(
        'terraform {\n  required_providers {\n    vault = { source = "hashicorp/vault", version = "~> 3.1" }\n  }\n}\n'
    )
    run = render("--role", "net", "--out", "provider.tf")
    assert run.code == 0
    assert "Mode data-source: versions.tf asks for vault provider '~> 3.1'" in run.err
    assert "required_providers" not in (tmp_path / "provider.tf").read_text()
    assert "add hashicorp/aws there" in run.err


def test_auto_goes_by_what_the_folder_of_the_file_locks(render, terraform, tmp_path):
    terraform("1.11.4")
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / ".terraform.lock.hcl").write_text(
        'provider "registry.terraform.io/hashicorp/vault" {\n  version = "4.8.0"\n}\n'
    )
    run = render("--role", "net", "--out", "infra/provider.tf")
    assert "Mode data-source: .terraform.lock.hcl locks vault provider 4.8.0" in run.err
    assert "Mode ephemeral" in render("--role", "net").err


def test_no_terraform_is_an_error_where_its_version_would_decide(render, terraform):
    terraform("")
    run = render("--role", "net")
    assert run.code == TerraformMissing.exit_code
    assert "--mode" in run.err
    assert render("--role", "net", "--mode", "data-source").code == 0
    assert render("--role", "net", "--mode", "ephemeral").code == 0


def test_ephemeral_is_refused_where_it_can_not_work(render, terraform):
    terraform("1.5.7")
    assert render("--role", "net", "--mode", "ephemeral").code == ModeImpossible.exit_code


def test_a_broken_terraform_configuration_is_no_obstacle(render, monkeypatch, tmp_path):
    (tmp_path / "broken.rc").write_text("nonsense {")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "broken.rc"))
    if (
        b"erraform"
        not in subprocess.run(["sh", "-c", "terraform version || true"], capture_output=True, check=True).stdout
    ):
        pytest.skip("no terraform here")
    assert render("--role", "net").code == 0


# ── the file ────────────────────────────────────────────────────────────────────────────────────


def test_out_writes_what_would_be_printed_between_marks(render, tmp_path):
    printed = render("--role", "net", "--mode", "data-source").out
    run = render("--role", "net", "--mode", "data-source", "--out", "provider.tf")
    first, *between, last = (tmp_path / "provider.tf").read_text().splitlines(keepends=True)
    assert first.startswith("# >>> vault-aws-kit sha256:")
    assert last == "# <<< vault-aws-kit\n"
    assert "".join(between) == printed
    assert "Wrote provider.tf." in run.err
    assert run.out == ""
    assert stat.S_IMODE((tmp_path / "provider.tf").stat().st_mode) & 0o444 == 0o444


def test_the_same_again_is_said_to_be_unchanged_and_not_written(render, tmp_path):
    argv = ("--role", "net", "--mode", "data-source", "--out", "provider.tf")
    render(*argv)
    before = (tmp_path / "provider.tf").stat().st_ino
    run = render(*argv)
    assert run.code == 0
    assert "provider.tf is unchanged." in run.err
    assert (tmp_path / "provider.tf").stat().st_ino == before


def test_a_file_with_something_else_is_kept_without_force(render, tmp_path):
    path = tmp_path / "provider.tf"
    path.write_text("# mine\n")
    argv = ("--role", "net", "--mode", "data-source", "--out", "provider.tf")
    run = render(*argv)
    assert run.code == OutputExists.exit_code
    assert "--force" in run.err
    assert path.read_text() == "# mine\n"
    assert render(*argv, "--force").code == 0
    assert "vault_aws_access_credentials" in path.read_text()
    assert [child.name for child in tmp_path.iterdir() if child.name.startswith(".provider")] == []


def test_a_link_is_written_through_and_a_mode_is_kept(render, tmp_path):
    (tmp_path / "real.tf").write_text("# mine\n")
    (tmp_path / "real.tf").chmod(0o600)
    (tmp_path / "provider.tf").symlink_to("real.tf")
    render("--role", "net", "--mode", "data-source", "--out", "provider.tf", "--force")
    assert (tmp_path / "provider.tf").is_symlink()
    assert "vault" in (tmp_path / "real.tf").read_text()
    assert stat.S_IMODE((tmp_path / "real.tf").stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_an_error(render):
    run = render("--role", "net", "--mode", "data-source", "--out", "no/such/provider.tf")
    assert run.code == OutputNotWritable.exit_code


def test_a_provider_that_the_folder_configures_already_is_named(render, tmp_path):
    (tmp_path / "main.tf").write_text('provider "aws" {\n  region = "eu-west-1"\n}\n')
    assert "main.tf configures the provider aws too" in render("--role", "net", "--mode", "data-source").err


def test_what_is_written_around_the_block_survives_and_counts_for_the_folder(render, tmp_path):
    path = tmp_path / "provider.tf"
    render("--role", "net", "--mode", "data-source", "--out", "provider.tf")
    mine = 'provider "aws" {\n  alias = "mine"\n}\n\n'
    path.write_text(mine + path.read_text() + "# and this\n")
    run = render("--role", "net", "--role", "mine=app", "--mode", "data-source", "--out", "provider.tf")
    assert run.code == 0
    assert path.read_text().startswith(mine)
    assert path.read_text().endswith("# <<< vault-aws-kit\n# and this\n")
    assert "provider.tf configures the provider aws.mine too" in run.err
    assert "configures the provider vault" not in run.err


def test_a_change_within_the_block_stops_it_unless_forced(render, tmp_path):
    path = tmp_path / "provider.tf"
    argv = ("--role", "net", "--mode", "data-source", "--out", "provider.tf")
    render(*argv)
    edited = path.read_text().replace("eu-west-1", "eu-west-3")
    path.write_text(edited)
    run = render(*argv)
    assert run.code == BlockEdited.exit_code
    assert "provider.tf" in run.err
    assert path.read_text() == edited
    assert render(*argv, "--force").code == 0
    assert "eu-west-3" not in path.read_text()


# ── --check ─────────────────────────────────────────────────────────────────────────────────────


def test_a_committed_file_is_checked_and_not_touched(render, tmp_path):
    argv = ("--role", "net", "--mode", "ephemeral", "--out", "provider.tf")
    assert render(*argv, "--check").code == SnippetStale.exit_code
    assert not (tmp_path / "provider.tf").exists()
    render(*argv)
    assert render(*argv, "--check").code == 0
    before = (tmp_path / "provider.tf").read_text()
    run = render(*argv, "--region", "us-east-1", "--check")
    assert run.code == SnippetStale.exit_code
    assert '+  region = "us-east-1"' in run.out
    assert (tmp_path / "provider.tf").read_text() == before


def test_a_role_that_changed_in_the_catalog_makes_a_committed_file_stale(render, as_team, roles, tmp_path):
    argv = ("--role", "net", "--mode", "ephemeral", "--out", "provider.tf")
    render(*argv)
    as_team.publish(replace(roles["net"], role_arns=(OTHER_NET,)))
    run = render(*argv, "--check")
    assert run.code == SnippetStale.exit_code
    assert '+  allowed_account_ids = ["444455556666"]' in run.out


def test_a_hand_edited_file_is_told_as_such_by_check(render, tmp_path):
    argv = ("--role", "net", "--mode", "ephemeral", "--out", "provider.tf")
    render(*argv)
    path = tmp_path / "provider.tf"
    path.write_text(path.read_text().replace("eu-west-1", "eu-west-3"))
    assert render(*argv, "--check").code == BlockEdited.exit_code


# ── shapes ──────────────────────────────────────────────────────────────────────────────────────


def test_split_writes_a_folder(render, tmp_path):
    run = render("--role", "net", "--mode", "data-source", "--auth", "approle", "--split", "--out", "infra")
    assert run.code == 0
    names = {path.name for path in (tmp_path / "infra").iterdir()}
    assert names == {"providers.tf", "variables.tf", "vault.tf", "versions.tf"}
    assert render("--role", "net", "--mode", "data-source", "--split", "--out", "infra").code == 0
    assert not (tmp_path / "infra" / "variables.tf").exists()


def test_split_leaves_versions_to_the_file_that_has_them(render, tmp_path):
    (tmp_path / "main.tf").write_text(
        'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
    )
    render("--role", "net", "--mode", "data-source", "--split", "--out", ".")
    assert {path.name for path in tmp_path.glob("*.tf")} == {"main.tf", "providers.tf", "vault.tf"}


def test_json_means_what_the_hcl_does(render):
    content = json.loads(render("--role", "net", "--mode", "data-source", "--format", "json").out)
    assert content["data"]["vault_aws_access_credentials"]["net"]["role"] == "net"
    assert content["provider"]["aws"]["allowed_account_ids"] == ["111122223333"]


def test_json_is_written_checked_and_guarded_too(render, tmp_path):
    argv = ("--role", "net", "--mode", "data-source", "--format", "json", "--out", "provider.tf.json")
    path = tmp_path / "provider.tf.json"
    assert render(*argv).code == 0
    assert render(*argv, "--check").code == 0
    assert "unchanged" in render(*argv).err
    path.write_text(path.read_text().replace("eu-west-1", "eu-west-3"))
    assert render(*argv).code == BlockEdited.exit_code


def test_terragrunt_generates_the_file_whatever_is_generated_already(render, tmp_path):
    (tmp_path / "provider.tf").write_text('provider "aws" {}\n')
    run = render("--role", "net", "--mode", "ephemeral", "--terragrunt")
    assert run.out.startswith('generate "vault_aws_provider" {')
    assert "configures the provider" not in run.err


@pytest.mark.parametrize(
    "argv",
    [("--split",), ("--check",), ("--split", "--terragrunt", "--out", "x"), ("--check", "--force", "--out", "x")],
    ids=" ".join,
)
def test_options_that_make_no_sense_are_a_wrong_command_line(render, argv):
    assert render("--role", "net", "--mode", "ephemeral", *argv).code == USAGE


def test_pins_can_be_left_out(render):
    assert "required_providers" not in render("--role", "net", "--mode", "ephemeral", "--no-pins").out


# ── other modes, logins and pipelines ───────────────────────────────────────────────────────────


def test_the_process_mode_names_the_profile_and_its_command(render, catalog_mount):
    run = render("--role", "net", "--mode", "process", "--profile", "pay")
    assert 'profile = "pay"' in run.out
    command = f"consumer creds --catalog-mount {catalog_mount} --role net --format credential-process"
    assert f"#   [profile pay]\n#   credential_process = {command}\n" in run.out
    assert "~/.aws/config (pay)" in run.err


def test_commands_of_the_process_and_the_env_mode_wait_for_iam_and_other_modes_refuse_to(render):
    for mode in ("process", "env"):
        assert "--role app --wait-for-iam 1m" in render("--role", "app", "--mode", mode, "--wait-for-iam", "1m").out
    run = render("--role", "app", "--mode", "ephemeral", "--wait-for-iam", "1m")
    assert run.code == ModeImpossible.exit_code
    assert "--mode process or --mode env" in run.err


def test_the_env_mode_refuses_two_roles(render, catalog_mount):
    assert render("--role", "net", "--role", "app", "--mode", "env").code == ModeImpossible.exit_code
    found = f"consumer exec --catalog-mount {catalog_mount} --team pay --role net -- terraform apply"
    assert found in render("--role", "net", "--mode", "env", "--team", "pay").out


def test_the_hcp_mode_uses_the_teams_jwt_login(render, as_team, roles):
    assert "no jwt login" in render("--role", "net", "--mode", "hcp").err
    login = LoginEntry("jwt", "hcp", "vak-hcp", audience="vault.workload.identity")
    replace(as_team, entry=replace(as_team.entry, logins=(login,))).publish(*roles.values())
    run = render("--role", "net", "--mode", "hcp")
    assert 'TFC_VAULT_RUN_ROLE = "vak-hcp"' in run.out
    assert 'TFC_VAULT_AUTH_PATH = "hcp"' in run.out


def test_a_static_role_is_rendered(render, as_team, engine):
    as_team.publish(RoleEntry("fixed", "main", engine, "static", "eu-west-1", 0, 0))
    assert (
        'ephemeral "vault_aws_static_access_credentials" "fixed"'
        in render("--role", "fixed", "--mode", "ephemeral").out
    )


def test_a_login_comes_from_the_catalog_and_no_secret_of_it_into_the_file(render, as_team):
    run = render("--role", "net", "--mode", "ephemeral", "--auth", "approle")
    assert f'path = "auth/{as_team.login.mount}/login"' in run.out
    assert as_team.role_id not in run.out
    assert render("--role", "net", "--mode", "ephemeral", "--auth", "jwt").code == LoginNotOffered.exit_code


def test_regions_tags_and_assumed_roles_reach_their_providers(render):
    run = render(
        "--role", "net", "--role", "logs=app", "--mode", "ephemeral", "--region", "logs=eu-west-3",
        "--default-tags", "team=pay", "--assume-role", f"logs={OTHER_NET},external_id=x-1",
    )  # fmt: skip
    net, logs = [block['"aws"'] for block in hcl2.loads(run.out)["provider"] if '"aws"' in block]
    assert (net["region"], logs["region"]) == ('"eu-west-1"', '"eu-west-3"')
    assert "assume_role" not in net
    assert logs["assume_role"][0]["external_id"] == '"x-1"'
    assert net["default_tags"][0]["tags"] == {'"team"': '"pay"'}


def test_a_login_that_needs_a_newer_provider_than_is_locked_is_told(render, as_team, tmp_path):
    (tmp_path / ".terraform.lock.hcl").write_text(
        'provider "registry.terraform.io/hashicorp/vault" {\n  version = "3.3.1"\n}\n'
    )
    run = render("--role", "net", "--mode", "data-source", "--auth", "token-file")
    assert "locks vault provider 3.3.1, and what was rendered needs 3.18" in run.err


@pytest.mark.parametrize("ci", ["github", "gitlab", "jenkins"])
def test_a_pipeline_logs_in_as_the_catalog_offers(render, as_team, ci):
    run = render("--role", "net", "--mode", "ephemeral", "--ci", ci)
    assert run.code == 0
    assert f"consumer login --method approle --mount {as_team.login.mount}" in run.out
    assert "VAULT_SECRET_ID" in run.err or "vault-secret-id" in run.err


def test_a_pipeline_is_marked_and_checked_as_well(render, tmp_path):
    argv = ("--role", "net", "--mode", "ephemeral", "--ci", "jenkins", "--out", "Jenkinsfile")
    assert render(*argv).code == 0
    assert (tmp_path / "Jenkinsfile").read_text().startswith("// >>> vault-aws-kit sha256:")
    assert render(*argv, "--check").code == 0


# ── wrong input ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "argv",
    [
        ("--default-tags", "team"),
        ("--assume-role", "net"),
        ("--vault-address", "https://me:secret@vault.example.com"),
        ("--profile", "a b"),
        ("--auth", "carrier-pigeon"),
        ("--ci", "travis"),
        ("--ci", "github", "--format", "json"),
    ],
    ids=" ".join,
)
def test_what_can_not_be_meant_is_a_wrong_command_line(render, argv):
    run = render("--role", "net", "--mode", "ephemeral", *argv)
    assert run.code == USAGE
    assert "secret" not in run.err


@pytest.mark.parametrize(
    "argv",
    [
        ("--mode", "ephemeral", "--profile", "pay"),
        ("--mode", "env", "--aws-config", "aws.conf"),
        ("--mode", "ephemeral", "--auth-role", "x"),
        ("--mode", "env", "--auth", "approle"),
        ("--mode", "env", "--role", "app", "--ci", "github"),
    ],
    ids=" ".join,
)
def test_an_option_that_the_mode_has_no_use_for_is_refused(render, argv):
    assert render("--role", "net", *argv).code == ModeImpossible.exit_code


@pytest.mark.parametrize("role", ["1x=net", "a b=net", "=net"])
def test_an_alias_that_terraform_would_not_take_is_a_wrong_command_line(render, role):
    assert render("--role", role, "--mode", "ephemeral").code == USAGE


def test_no_role_is_a_wrong_command_line(render):
    assert render("--mode", "ephemeral").code == USAGE


def test_an_unknown_role_writes_no_file(render, tmp_path):
    run = render("--role", "nett", "--mode", "ephemeral", "--out", "provider.tf")
    assert run.code == RoleUnknown.exit_code
    assert "Did you mean net" in run.err
    assert not (tmp_path / "provider.tf").exists()


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ("{% include 'nowhere.j2' %}", UnknownTemplate),
        ("{{ nothing }}", UndefinedVariable),
        ("{% if %}", TemplateBroken),
    ],
)
def test_a_users_own_broken_template_is_told_as_such(render, tmp_path, template, error):
    (tmp_path / "own" / "terraform").mkdir(parents=True)
    (tmp_path / "own" / "terraform" / "data-source.tf.j2").write_text(template)
    run = render("--role", "net", "--mode", "data-source", "--templates", str(tmp_path / "own"))
    assert run.code == error.exit_code
    assert "--templates" in run.err
