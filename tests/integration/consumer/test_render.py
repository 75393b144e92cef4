"""`consumer render` with a team's token: what it prints, where it writes, what it says."""

from __future__ import annotations

import os
import stat
import subprocess

import hcl2
import pytest

from vault_aws_kit.errors import (
    USAGE,
    ModeImpossible,
    OutputExists,
    OutputNotWritable,
    RoleArnNeeded,
    RoleUnknown,
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
    assert 'hashicorp/vault ">= 3.1"' in run.err


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


def test_out_writes_what_would_be_printed(render, tmp_path):
    printed = render("--role", "net", "--mode", "data-source").out
    run = render("--role", "net", "--mode", "data-source", "--out", "provider.tf")
    assert (tmp_path / "provider.tf").read_text() == printed
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


# ── wrong input ─────────────────────────────────────────────────────────────────────────────────


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
