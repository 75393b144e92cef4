"""Where Vault is and who one is, found as Vault's own tools find it."""

from __future__ import annotations

import pwd
import stat
from pathlib import Path

import pytest

from vault_aws_kit.errors import SettingsInvalid, TokenMissing
from vault_aws_kit.settings import VaultSettings, find_token, store_token

HELPER = """#!/bin/sh
echo "$@" >> {folder}/asked
case "$1" in
  get) cat {folder}/kept ;;
  store) cat > {folder}/kept ;;
esac
"""


@pytest.fixture
def env(tmp_path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}


@pytest.fixture
def helper(tmp_path) -> Path:
    """An external token helper, as ~/.vault names it."""
    path = tmp_path / "helper"
    path.write_text(HELPER.format(folder=tmp_path))
    path.chmod(0o755)
    (tmp_path / ".vault").write_text(f'# comment\ntoken_helper = "{path}"\n')
    return path


def test_vault_token_goes_before_everything(env, helper, tmp_path):
    (tmp_path / "kept").write_text("from-helper")
    assert find_token({**env, "VAULT_TOKEN": "from-variable"}) == "from-variable"


def test_openbaos_own_names_go_before_vaults(env):
    assert find_token({**env, "VAULT_TOKEN": "v", "BAO_TOKEN": "b"}) == "b"
    found = VaultSettings.from_environment({"VAULT_ADDR": "https://v", "BAO_ADDR": "https://b"})
    assert found.address == "https://b"


def test_the_token_file_is_read_where_no_helper_is_configured(env, tmp_path):
    (tmp_path / ".vault-token").write_text("from-file\n")
    assert find_token(env) == "from-file"


def test_a_configured_helper_is_asked_instead_of_the_file(env, helper, tmp_path):
    (tmp_path / ".vault-token").write_text("from-file")
    (tmp_path / "kept").write_text("from-helper\n")
    assert find_token(env) == "from-helper"


def test_vault_config_path_names_another_configuration(env, helper, tmp_path):
    (tmp_path / ".vault").rename(tmp_path / "elsewhere.hcl")
    (tmp_path / "kept").write_text("from-helper")
    assert find_token({**env, "VAULT_CONFIG_PATH": str(tmp_path / "elsewhere.hcl")}) == "from-helper"


def test_a_token_is_handed_to_the_helper_on_its_standard_input(env, helper, tmp_path):
    place = store_token("the-token", env)
    assert (tmp_path / "kept").read_text() == "the-token"
    assert (tmp_path / "asked").read_text() == "store\n"
    assert str(helper) in place
    assert not (tmp_path / ".vault-token").exists()


def test_a_token_in_a_file_can_be_read_by_its_owner_alone(env, tmp_path):
    (tmp_path / ".vault-token").write_text("older")
    (tmp_path / ".vault-token").chmod(0o644)
    store_token("the-token", env)
    assert (tmp_path / ".vault-token").read_text() == "the-token"
    assert stat.S_IMODE((tmp_path / ".vault-token").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [".vault-token"]


def test_a_helper_that_fails_is_told_with_its_exit_code(env, helper):
    helper.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(SettingsInvalid, match="exit code 3"):
        find_token(env)


def test_a_helper_that_is_not_there_is_told(env, helper):
    helper.unlink()
    with pytest.raises(SettingsInvalid, match="can't be run"):
        find_token(env)


def test_without_home_the_systems_own_word_on_the_user_counts(env, tmp_path, monkeypatch):
    monkeypatch.setattr(pwd, "getpwuid", lambda _: pwd.struct_passwd(("u", "x", 1, 1, "", str(tmp_path), "/bin/sh")))
    (tmp_path / ".vault-token").write_text("from-file")
    assert find_token({**env, "HOME": ""}) == "from-file"
    assert find_token({"PATH": env["PATH"]}) == "from-file"


def test_a_user_without_any_home_is_told_so(env, monkeypatch):
    """As in a container that runs as a number."""

    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for use in (find_token, lambda homeless: store_token("t", homeless)):
        with pytest.raises(SettingsInvalid, match="no home folder") as refused:
            use({"PATH": env["PATH"]})
        assert "VAULT_TOKEN" in refused.value.hint
    assert find_token({"VAULT_TOKEN": "t"}) == "t"


def test_no_token_anywhere_is_missing(env):
    with pytest.raises(TokenMissing):
        find_token(env)


@pytest.mark.parametrize(
    "address", ["vault.example.com:8200", "ftp://vault", "https://", "http://[::1", "https://vault:port"]
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(SettingsInvalid):
        VaultSettings.from_environment({"VAULT_ADDR": address})


@pytest.mark.parametrize("name", ["VAULT_CACERT", "VAULT_CAPATH", "VAULT_CLIENT_CERT", "VAULT_CLIENT_KEY"])
def test_a_file_that_is_not_there_is_named_with_its_variable(name):
    with pytest.raises(SettingsInvalid, match=name):
        VaultSettings.from_environment({name: "/no/such/file"})


@pytest.mark.parametrize(("text", "expected"), [("", 60), ("30", 30), ("1m30s", 90)])
def test_the_timeout_is_read_in_vaults_notation(text, expected):
    assert VaultSettings.from_environment({"VAULT_CLIENT_TIMEOUT": text}).timeout == expected


@pytest.mark.parametrize("variable", ["VAULT_SKIP_VERIFY", "VAULT_CLIENT_TIMEOUT"])
def test_a_setting_that_makes_no_sense_is_named(variable):
    with pytest.raises(SettingsInvalid, match=variable):
        VaultSettings.from_environment({variable: "perhaps"})


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "t\u00f6ken"])
def test_a_token_that_can_be_none_is_refused_and_not_repeated(env, token):
    with pytest.raises(SettingsInvalid) as told:
        find_token({**env, "VAULT_TOKEN": token})
    assert token not in str(told.value.message) + told.value.hint
