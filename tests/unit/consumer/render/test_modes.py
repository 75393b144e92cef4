"""The rendered files: kept as snapshots, checked against the providers' schemas, and proof against any string.

After a change that is meant: SNAPSHOTS=write pytest tests/unit/consumer/render
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import hcl2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.render import MODES, Block, Snippet
from consumer.render.auth import AUTHS
from consumer.render.interface import AssumedRole, VaultProvider
from vault_aws_kit.contract import LoginEntry, RoleEntry
from vault_aws_kit.errors import ModeImpossible

from .snippets import (
    ARN,
    CASES,
    CASES_OF_LOGINS,
    FILES,
    NET,
    ONE,
    OTHER,
    ROLE,
    logged_in,
    rendered,
    snippet,
)

SNAPSHOTS = Path(__file__).parent / "snapshots"

# What the schemas know: the vault provider's 5.11, the AWS provider's 6.0. A dict is a block.
LOGIN = {"mount", "role", "namespace"}
VAULT = {
    "address": None, "token": None, "skip_child_token": None, "namespace": None, "ca_cert_file": None,
    "auth_login": {"path", "parameters", "namespace", "method"},
    "auth_login_jwt": LOGIN | {"jwt"},
    "auth_login_oidc": LOGIN,
    "auth_login_aws": LOGIN,
    "auth_login_userpass": {"mount", "username", "password", "namespace"},
    "auth_login_cert": {"mount", "name", "cert_file", "key_file", "namespace"},
    "auth_login_token_file": {"filename", "namespace"},
}  # fmt: skip
AWS = {
    "alias": None, "region": None, "access_key": None, "secret_key": None, "token": None, "allowed_account_ids": None,
    "profile": None, "shared_config_files": None, "shared_credentials_files": None,
    "assume_role": {"role_arn", "session_name", "external_id"},
    "default_tags": {"tags"},
}  # fmt: skip
CREDENTIALS = {
    ("ephemeral", "vault_aws_access_credentials"): {"mount", "role", "type", "role_arn", "region", "ttl", "mount_id"},
    ("ephemeral", "vault_aws_static_access_credentials"): {"mount", "name", "mount_id"},
    ("data", "vault_aws_access_credentials"): {"backend", "role", "type", "role_arn", "region", "ttl"},
    ("data", "vault_aws_static_access_credentials"): {"backend", "name"},
}
HOSTILE = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1)


def attributes(block: dict) -> set[str]:
    return {name for name in block if not name.startswith("__")}


def check_provider(body: dict, schema: dict) -> None:
    for name in attributes(body):
        assert name in schema
        for inner in body[name] if schema[name] else []:
            assert attributes(inner) <= schema[name]


def check_schemas(text: str) -> None:
    content = hcl2.loads(text)
    for block in content["provider"]:
        for provider, body in block.items():
            check_provider(body, VAULT if provider == '"vault"' else AWS)
    for kind in ("ephemeral", "data"):
        for block in content.get(kind, []):
            for resource, labelled in block.items():
                for body in labelled.values():
                    assert attributes(body) <= CREDENTIALS[kind, resource.strip('"')]


def kept(name: str, text: str) -> str:
    path = SNAPSHOTS / name
    if os.environ.get("SNAPSHOTS") == "write":
        path.write_text(text)
    return path.read_text()


@pytest.mark.parametrize(("mode", "name"), CASES)
def test_the_file_is_what_it_was(mode, name):
    assert rendered(mode, name) == kept(f"{mode}-{name}.tf", rendered(mode, name))


@pytest.mark.parametrize("auth", AUTHS)
def test_the_login_is_what_it_was(auth):
    text = MODES["ephemeral"].text(logged_in(auth, written=auth in ("approle", "jwt", "token")))
    assert text == kept(f"login-{auth}.tf", text)


def test_terraform_fmt_has_nothing_to_change(tmp_path):
    if not shutil.which("terraform"):
        pytest.skip("no terraform here")
    for mode, name in CASES:
        (tmp_path / f"{mode}-{name}.tf").write_text(rendered(mode, name))
        (tmp_path / f"{mode}-{name}-bare.tf").write_text(rendered(mode, name, pins=False))
    for mode, auth in CASES_OF_LOGINS:
        (tmp_path / f"{mode}-{auth}.tf").write_text(MODES[mode].text(logged_in(auth)))
        (tmp_path / f"{mode}-{auth}-written.tf").write_text(MODES[mode].text(logged_in(auth, written=True)))
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("mode", "name"), CASES)
def test_a_file_has_only_what_the_schemas_know(mode, name):
    check_schemas(rendered(mode, name))


@pytest.mark.parametrize(("mode", "auth"), CASES_OF_LOGINS)
def test_a_login_has_only_what_the_schemas_know(mode, auth):
    check_schemas(MODES[mode].text(logged_in(auth, written=True)))


@pytest.mark.parametrize("mode", ["ephemeral", "data-source", "hcp"])
def test_every_mode_spares_the_team_child_tokens(mode):
    assert "skip_child_token = true" in rendered(mode, "one-role")


def test_the_data_source_asks_sts_for_sessions_and_creds_for_users():
    assert 'type    = "sts"' in rendered("data-source", "one-role")
    assert 'type    = "creds"' in rendered("data-source", "iam-user")


@pytest.mark.parametrize("name", ["iam-user", "static"])
def test_a_user_has_no_session_token_to_pass_on(name):
    assert "token " not in rendered("ephemeral", name).replace("_token ", "").split('provider "aws"')[1]


def test_a_static_role_is_read_where_static_roles_are():
    assert 'ephemeral "vault_aws_static_access_credentials" "fixed"' in rendered("ephemeral", "static")
    assert "data.vault_aws_static_access_credentials.fixed.access_key" in rendered("data-source", "static")
    assert '">= 3.17"' in rendered("data-source", "static")


def test_the_account_is_guarded_only_where_it_is_known():
    assert 'allowed_account_ids = ["111122223333"]' in rendered("ephemeral", "one-role")
    assert 'allowed_account_ids = ["444455556666"]' in rendered("ephemeral", "several")
    assert "allowed_account_ids" not in rendered("ephemeral", "iam-user")


def test_the_account_is_that_of_the_last_role_of_a_chain():
    first = rendered("ephemeral", "assumed").split('provider "aws"')[1]
    assert 'allowed_account_ids = ["444455556666"]' in first
    assert [line.split('"')[1] for line in first.splitlines() if "role_arn" in line] == [ARN, OTHER]


def test_a_chain_and_tags_ask_for_an_aws_provider_that_has_them():
    assert '">= 5.67"' in rendered("ephemeral", "assumed")
    tagged = replace(snippet("one-role"), tags=(("a", "b"),))
    assert '">= 3.38"' in MODES["ephemeral"].text(tagged)
    assert '">= 4.0"' in MODES["process"].text(replace(tagged, config_files=("x",)))


@pytest.mark.parametrize("mode", MODES)
def test_no_terraform_block_where_the_module_has_one_already(mode):
    assert "required_providers" not in rendered(mode, "one-role", pins=False)


# ── logins ──────────────────────────────────────────────────────────────────────────────────────


def test_the_secret_id_is_an_ephemeral_variable_where_terraform_knows_such():
    assert "ephemeral   = true" in MODES["ephemeral"].text(logged_in("approle"))
    old = MODES["data-source"].text(logged_in("approle"))
    assert "ephemeral " not in old.partition("provider")[2].replace("ephemeral mode", "")
    assert "sensitive   = true" in old


@pytest.mark.parametrize("auth", ["approle", "ldap"])
def test_a_secret_in_a_variable_is_warned_of_where_plans_keep_it(auth):
    assert "holds the" in AUTHS[auth].warnings(MODES["data-source"])[0]
    assert AUTHS[auth].warnings(MODES["ephemeral"]) == []


def test_a_login_asks_for_a_vault_provider_that_has_it():
    assert '">= 3.9" # the first with auth_login_jwt' in MODES["data-source"].text(logged_in("jwt"))
    assert '">= 5.6"' in MODES["ephemeral"].text(logged_in("jwt"))


def test_mount_and_role_of_a_login_are_the_catalogs():
    block = hcl2.loads(MODES["ephemeral"].text(logged_in("jwt")))["provider"][0]['"vault"']["auth_login_jwt"][0]
    assert (block["mount"], block["role"]) == ('"there"', f'"{ROLE}"')
    assert "vault.example" in MODES["ephemeral"].text(logged_in("jwt"))


# ── process, env, hcp ───────────────────────────────────────────────────────────────────────────


def test_the_process_mode_shows_the_profile_of_each_set_of_credentials():
    text = rendered("process", "several")
    assert "#   [profile net]\n#   credential_process = consumer creds --role net --format credential-process" in text
    assert f"--role nets --role-arn {OTHER} --format credential-process" in text
    assert text.count("[profile ") == 3
    assert 'profile = "dev"' in text
    assert "vault" not in text.split("terraform {")[1]


def test_the_env_mode_says_how_to_run_it():
    assert "#   consumer exec --role net -- terraform apply" in rendered("env", "one-role")
    assert "access_key" not in rendered("env", "one-role")


def test_commands_wait_for_the_keys_of_users_in_the_providers_region():
    waiting = replace(snippet("several"), wait=60)
    text = MODES["process"].text(waiting)
    assert "--role app --wait-for-iam 1m --region us-east-1 --format credential-process" in text
    assert text.count("--wait-for-iam") == 1
    assert "--wait-for-iam 1m" in MODES["env"].text(replace(snippet("iam-user"), wait=60))


def test_the_env_mode_refuses_several_sets_of_credentials():
    with pytest.raises(ModeImpossible, match="3 were asked for"):
        MODES["env"].check(snippet("several"))
    MODES["env"].check(snippet("assumed"))


def test_hcp_reads_each_providers_file_by_its_tag():
    dev = Block("dev-eu", "dev-eu", NET, "eu-west-1")
    text = MODES["hcp"].text(Snippet((ONE, dev)))
    assert "var.tfc_vault_backed_aws_dynamic_credentials.default.shared_credentials_file" in text
    assert 'aliases["DEV_EU"].shared_credentials_file' in text
    assert f'TFC_VAULT_BACKED_AWS_RUN_ROLE_ARN_DEV_EU = "{ARN}"' in text
    assert 'TFC_VAULT_BACKED_AWS_AUTH = "true"' in text


def test_hcp_takes_the_workspaces_login_from_the_catalog():
    workspace = VaultProvider(login=LoginEntry("jwt", "hcp", ROLE, audience="vault.workload.identity"))
    text = MODES["hcp"].text(replace(snippet("one-role"), vault=workspace))
    assert f'TFC_VAULT_RUN_ROLE = "{ROLE}"' in text
    assert 'TFC_VAULT_AUTH_PATH = "hcp"' in text
    assert "no jwt login" in MODES["hcp"].warnings(snippet("one-role"))[1]


@pytest.mark.parametrize(
    "blocks",
    [FILES["static"], (Block("a-b", "a-b", NET), Block("A_B", "A_B", NET))],
    ids=["a type it can't", "one tag twice"],
)
def test_hcp_refuses_what_it_would_mix_up_or_not_take(blocks):
    with pytest.raises(ModeImpossible):
        MODES["hcp"].check(Snippet(blocks))


@pytest.mark.parametrize("mode", ["process", "env", "hcp"])
def test_a_mode_whose_terraform_does_not_log_in_takes_no_login(mode):
    with pytest.raises(ModeImpossible, match=r"--auth|login"):
        MODES[mode].check(logged_in("approle"))


# ── warnings ────────────────────────────────────────────────────────────────────────────────────


def test_the_data_source_mode_warns_of_the_state_and_of_get_user():
    assert "state" in MODES["data-source"].warnings(snippet("one-role"))[0]
    assert "iam:GetUser" in MODES["data-source"].warnings(snippet("iam-user"))[1]
    assert len(MODES["data-source"].warnings(snippet("one-role"))) == 1


def test_the_ephemeral_mode_warns_of_users_alone():
    assert MODES["ephemeral"].warnings(snippet("one-role")) == []
    assert "app" in MODES["ephemeral"].warnings(snippet("iam-user"))[0]


def test_the_process_mode_warns_of_what_nobody_revokes():
    assert "Nobody revokes the keys of app" in MODES["process"].warnings(snippet("iam-user"))[1]
    assert len(MODES["process"].warnings(snippet("one-role"))) == 1


@pytest.mark.parametrize("mode", ["process", "env"])
def test_keys_that_are_not_waited_for_are_warned_of_with_what_waits(mode):
    found = snippet("iam-user")
    assert any("--wait-for-iam" in warning for warning in MODES[mode].warnings(found))
    assert not any("accept" in warning for warning in MODES[mode].warnings(replace(found, wait=60)))


def test_the_env_mode_warns_that_a_users_key_is_not_waited_for():
    assert "app" in MODES["env"].warnings(snippet("iam-user"))[0]
    assert MODES["env"].warnings(snippet("one-role")) == []


@pytest.mark.parametrize("mode", ["ephemeral", "data-source", "process", "env"])
def test_long_sessions_are_warned_of_as_nobody_can_revoke_them(mode):
    long = Snippet((replace(ONE, role=replace(NET, default_ttl=12 * 3600)),))
    assert "Nobody can revoke an STS session, and those of net live for 12h" in MODES[mode].warnings(long)[-1]


# ── templates and strings ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["ephemeral", "data-source"])
def test_a_users_template_goes_before_the_kits_own(mode, tmp_path):
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform" / "vault-provider.tf.j2").write_text('provider "vault" {\n  address = "https://ours"\n}\n')
    assert "https://ours" in MODES[mode].text(snippet("one-role"), folders=[tmp_path])


def full(text: str, auth: str = "token") -> Snippet:
    """Every string that can come from the catalog or from a person, the same one."""
    role = RoleEntry(text, "main", text, "assumed_role", text, 0, 0)
    block = Block("", "label", role, text, "", (AssumedRole(f"::::1{text}", text, text),), text)
    login = LoginEntry(AUTHS[auth].method, text, text, audience=text)
    vault = VaultProvider(AUTHS[auth], login, text, text, text)
    return Snippet((block,), vault, ((text, text),), config_files=(text,))


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=60)
@given(hostile=HOSTILE)
def test_no_string_can_change_what_a_file_means(mode, hostile):
    assert shape(MODES[mode].text(full(hostile))) == shape(MODES[mode].text(full("x")))


@pytest.mark.parametrize("auth", AUTHS)
@settings(max_examples=30)
@given(hostile=HOSTILE)
def test_no_string_can_change_what_a_login_means(auth, hostile):
    assert shape(MODES["ephemeral"].text(full(hostile, auth))) == shape(MODES["ephemeral"].text(full("x", auth)))


def shape(text: str) -> list[str]:
    """A file's lines without what its strings hold, and without comments: whatever is quoted must stay within its
    quotes and its line, and a comment within its line."""
    lines = []
    for line in text.split("\n"):
        if line.startswith("#"):
            lines.append("#")
            continue
        bare, inside, escaped = [], False, False
        for character in line:
            if inside:
                if escaped:
                    escaped = False
                elif character == "\\":
                    escaped = True
                elif character == '"':
                    inside = False
                continue
            inside = character == '"'
            bare.append(character)
        assert not inside or line.lstrip().startswith("#"), line
        lines.append("".join(bare))
    return lines
