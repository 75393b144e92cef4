"""Host and token, found where Terraform's own tools find them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from vault_aws_kit.errors import SettingsInvalid, TfeTokenMissing
from vault_aws_kit.tfe.login import find_token, variable_for
from vault_aws_kit.tfe.settings import TfeSettings

CLOUD = "app.terraform.io"


@pytest.fixture
def env(tmp_path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}


@pytest.fixture
def write(tmp_path):
    """Writes a file in the home folder."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def tfrc(host: str, token: str) -> str:
    return f'credentials "{host}" {{\n  token = "{token}"\n}}\n'


# ── the host ────────────────────────────────────────────────────────────────────────────────────


def test_nobody_who_names_no_host_means_another_than_hcp_terraform(env):
    assert TfeSettings.from_environment(env).address == "https://app.terraform.io"


@pytest.mark.parametrize(
    ("variables", "host"),
    [
        ({"TF_CLOUD_HOSTNAME": "c.example"}, "c.example"),
        ({"TF_CLOUD_HOSTNAME": "c.example", "TFE_HOSTNAME": "h.example"}, "h.example"),
        ({"TFE_HOSTNAME": "h.example", "TFE_ADDRESS": "https://a.example/"}, "a.example"),
    ],
)
def test_the_host_is_taken_from_the_variables_of_terraforms_tools(env, variables, host):
    assert TfeSettings.from_environment(env | variables).host == host


def test_a_host_given_by_name_comes_first(env):
    assert (
        TfeSettings.from_environment(env | {"TFE_ADDRESS": "https://a.example"}, host="b.example").host == "b.example"
    )


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("TFE.Example.com", "tfe.example.com"),
        ("tfe.example.com:443", "tfe.example.com"),
        ("https://tfe.example.com:8443/", "tfe.example.com:8443"),
        ("café.fr", "xn--caf-dma.fr"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
    ],
)
def test_a_host_is_compared_as_terraform_compares_it(env, given, host):
    assert TfeSettings.from_environment(env, host=given).host == host


@pytest.mark.parametrize(
    "given",
    ["", "https://", "ftp://tfe.example.com", "tfe.example.com/app", "u:p@tfe.example.com", "tfe.example.com:x"],
)
def test_what_is_no_host_is_refused_with_the_variable_that_has_it(env, given):
    if not given:
        given = " "
    with pytest.raises(SettingsInvalid, match="TFE_ADDRESS"):
        TfeSettings.from_environment(env | {"TFE_ADDRESS": given})


def test_no_token_is_sent_without_tls_to_another_machine(env):
    with pytest.raises(SettingsInvalid, match="without TLS"):
        TfeSettings.from_environment(env, host="http://tfe.example.com")


def test_a_ca_bundle_that_is_not_there_is_named_with_its_variable(env):
    with pytest.raises(SettingsInvalid, match="SSL_CERT_FILE names /nowhere"):
        TfeSettings.from_environment(env | {"SSL_CERT_FILE": "/nowhere"})


# ── the token ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("host", "variable"),
    [
        (CLOUD, "TF_TOKEN_app_terraform_io"),
        ("my-tfe.example.com", "TF_TOKEN_my__tfe_example_com"),
        ("my-tfe.example.com", "TF_TOKEN_my-tfe.example.com"),
        ("xn--caf-dma.fr", "TF_TOKEN_xn____caf__dma_fr"),
        ("xn--caf-dma.fr", "TF_TOKEN_café_fr"),
    ],
)
def test_a_hosts_own_variable_may_be_written_in_every_way_that_terraform_takes(env, host, variable):
    assert find_token(host, env | {variable: "t0ken"}).value == "t0ken"


def test_another_hosts_variable_is_not_taken(env):
    with pytest.raises(TfeTokenMissing) as missing:
        find_token("tfe.example.com", env | {"TF_TOKEN_app_terraform_io": "t0ken"})
    assert "TF_TOKEN_tfe_example_com" in missing.value.message
    assert "terraform login tfe.example.com" in missing.value.hint


def test_the_variable_that_is_asked_for_is_one_that_is_read(env):
    assert find_token("my-tfe.example.com", env | {variable_for("my-tfe.example.com"): "t0ken"}).value == "t0ken"


def test_tfe_token_comes_before_all_others(env):
    assert find_token(CLOUD, env | {"TFE_TOKEN": "first", "TF_TOKEN_app_terraform_io": "second"}).value == "first"


def test_what_terraform_login_kept_is_found(env, write):
    kept = {"credentials": {"App.terraform.io": {"token": "kept"}}}
    path = write(".terraform.d/credentials.tfrc.json", json.dumps(kept))
    token = find_token(CLOUD, env)
    assert (token.value, token.source) == ("kept", str(path))


def test_the_folders_files_win_over_the_main_file_as_for_terraform(env, write):
    write(".terraformrc", tfrc(CLOUD, "main") + tfrc("tfe.example.com", "other"))
    write(".terraform.d/credentials.tfrc.json", json.dumps({"credentials": {CLOUD: {"token": "kept"}}}))
    assert find_token(CLOUD, env).value == "kept"
    assert find_token("tfe.example.com", env).value == "other"


def test_a_named_configuration_file_is_the_only_one(env, write):
    write(".terraform.d/credentials.tfrc.json", json.dumps({"credentials": {CLOUD: {"token": "kept"}}}))
    named = write("elsewhere", tfrc("tfe.example.com", "named"))
    with pytest.raises(TfeTokenMissing):
        find_token(CLOUD, env | {"TF_CLI_CONFIG_FILE": str(named)})
    assert find_token("tfe.example.com", env | {"TF_CLI_CONFIG_FILE": str(named)}).value == "named"


def test_a_broken_configuration_is_named_without_a_word_of_what_is_in_it(env, write):
    write(".terraformrc", 'credentials "app.terraform.io" {\n  token = "s3cret\n')
    with pytest.raises(SettingsInvalid) as broken:
        find_token(CLOUD, env)
    assert ".terraformrc" in broken.value.message
    assert "s3cret" not in broken.value.message + broken.value.hint


def test_a_credentials_helper_is_asked_for_what_no_file_has(env, write):
    write(".terraformrc", 'credentials_helper "store" {\n  args = ["--vault", "a"]\n}\n')
    helper = write(
        ".terraform.d/plugins/terraform-credentials-store", '#!/bin/sh\nprintf \'{"token": "%s"}\' "$1-$2-$3-$4"\n'
    )
    helper.chmod(0o700)
    assert find_token("tfe.example.com", env).value == "--vault-a-get-tfe.example.com"


def test_a_helper_that_fails_is_named(env, write):
    write(".terraformrc", 'credentials_helper "store" {}\n')
    write(".terraform.d/plugins/terraform-credentials-store", "#!/bin/sh\nexit 3\n").chmod(0o700)
    with pytest.raises(SettingsInvalid, match=r"terraform-credentials-store gave no answer for tfe\.example\.com"):
        find_token("tfe.example.com", env)


def test_no_token_is_ever_shown(env):
    assert "t0ken" not in repr(find_token(CLOUD, env | {"TFE_TOKEN": "t0ken"}))


def test_a_token_with_a_line_break_in_it_is_refused_without_showing_it(env):
    with pytest.raises(SettingsInvalid) as refused:
        find_token(CLOUD, env | {"TFE_TOKEN": "s3cret\nX-Header: 1"})
    assert "s3cret" not in refused.value.message
