"""The rendered files: kept as snapshots, checked against the providers' schemas, and proof against any string.

After a change that is meant: SNAPSHOTS=write pytest tests/unit/consumer/render
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import hcl2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.render import MODES, Block
from vault_aws_kit.contract import RoleEntry

SNAPSHOTS = Path(__file__).parent / "snapshots"
ARN, OTHER = "arn:aws:iam::111122223333:role/net", "arn:aws:iam::444455556666:role/net"
APP = RoleEntry("app", "main", "aws", "iam_user", "eu-west-1", 900, 3600)
NET = RoleEntry("net", "main", "aws", "assumed_role", "eu-west-1", 1800, 3600, (ARN,))
NETS = RoleEntry("nets", "main", "aws/prod", "assumed_role", "", 0, 0, (ARN, OTHER))

FILES = {
    "one-role": [Block("", "net", NET, "eu-west-1")],
    "iam-user": [Block("", "app", APP, "eu-west-1")],
    "several": [
        Block("", "net", NET, "eu-west-1"),
        Block("logs", "logs", APP, "us-east-1"),
        Block("dev", "dev", NETS, "", OTHER),
    ],
}
CASES = [(mode, name) for mode in MODES for name in FILES]

# The vault provider's attributes, from its 5.11 documentation, and the AWS provider's that every version has.
EPHEMERAL = {"mount", "role", "type", "role_arn", "region", "ttl", "mount_id"}
DATA_SOURCE = {"backend", "role", "type", "role_arn", "region", "ttl"}
VAULT = {"address", "token", "skip_child_token", "namespace", "ca_cert_file"}
AWS = {"alias", "region", "access_key", "secret_key", "token", "allowed_account_ids"}


def rendered(mode: str, name: str, *, pins: bool = True) -> str:
    return MODES[mode].text(FILES[name], pins=pins)


def attributes(block: dict) -> set[str]:
    return {name for name in block if not name.startswith("__")}


@pytest.mark.parametrize(("mode", "name"), CASES)
def test_the_file_is_what_it_was(mode, name):
    kept = SNAPSHOTS / f"{mode}-{name}.tf"
    if os.environ.get("SNAPSHOTS") == "write":
        kept.write_text(rendered(mode, name))
    assert rendered(mode, name) == kept.read_text()


@pytest.mark.parametrize(("mode", "name"), CASES)
def test_terraform_fmt_has_nothing_to_change(mode, name, tmp_path):
    if not shutil.which("terraform"):
        pytest.skip("no terraform here")
    (tmp_path / "provider.tf").write_text(rendered(mode, name))
    (tmp_path / "bare.tf").write_text(rendered(mode, name, pins=False))
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", FILES)
def test_the_ephemeral_file_has_only_what_the_schemas_know(name):
    content = hcl2.loads(rendered("ephemeral", name))
    for block in content["ephemeral"]:
        assert attributes(block['"vault_aws_access_credentials"'].popitem()[1] or {}) <= EPHEMERAL
    for block in content["provider"]:
        for provider, body in block.items():
            assert attributes(body) <= (VAULT if provider == '"vault"' else AWS)


@pytest.mark.parametrize("name", FILES)
def test_the_data_source_file_has_only_what_the_schemas_know(name):
    for block in hcl2.loads(rendered("data-source", name))["data"]:
        assert attributes(block['"vault_aws_access_credentials"'].popitem()[1] or {}) <= DATA_SOURCE


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_spares_the_team_child_tokens(mode):
    assert "skip_child_token = true" in rendered(mode, "one-role")


def test_the_data_source_asks_sts_for_sessions_and_creds_for_users():
    assert 'type    = "sts"' in rendered("data-source", "one-role")
    assert 'type    = "creds"' in rendered("data-source", "iam-user")


def test_a_user_has_no_session_token_to_pass_on():
    assert "token " not in rendered("ephemeral", "iam-user").replace("_token ", "").split('provider "aws"')[1]


def test_the_account_is_guarded_only_where_it_is_known():
    assert 'allowed_account_ids = ["111122223333"]' in rendered("ephemeral", "one-role")
    assert 'allowed_account_ids = ["444455556666"]' in rendered("ephemeral", "several")
    assert "allowed_account_ids" not in rendered("ephemeral", "iam-user")


@pytest.mark.parametrize("mode", MODES)
def test_no_terraform_block_where_the_module_has_one_already(mode):
    assert "required_providers" not in rendered(mode, "one-role", pins=False)


def test_the_data_source_mode_warns_of_the_state_and_of_get_user():
    assert "state" in MODES["data-source"].warnings(FILES["one-role"])[0]
    assert "iam:GetUser" in MODES["data-source"].warnings(FILES["iam-user"])[1]
    assert len(MODES["data-source"].warnings(FILES["one-role"])) == 1


def test_the_ephemeral_mode_warns_of_users_alone():
    assert MODES["ephemeral"].warnings(FILES["one-role"]) == []
    assert "app" in MODES["ephemeral"].warnings(FILES["iam-user"])[0]


@pytest.mark.parametrize("mode", MODES)
def test_a_users_template_goes_before_the_kits_own(mode, tmp_path):
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform" / "vault-provider.tf.j2").write_text('provider "vault" {\n  address = "https://ours"\n}\n')
    assert "https://ours" in MODES[mode].text(FILES["one-role"], folders=[tmp_path])


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=60)
@given(hostile=st.text(st.characters(blacklist_categories=("Cs",)), min_size=1))
def test_no_string_from_the_catalog_can_change_what_a_file_means(mode, hostile):
    role = RoleEntry(hostile, "main", hostile, "assumed_role", hostile, 0, 0)
    plain = RoleEntry("x", "main", "x", "assumed_role", "x", 0, 0)
    assert shape(MODES[mode].text([Block("", "label", role, hostile)])) == shape(
        MODES[mode].text([Block("", "label", plain, "x")])
    )


def shape(text: str) -> list[str]:
    """A file's lines without what its strings hold: whatever is quoted must stay within its quotes and its line."""
    lines = []
    for line in text.split("\n"):
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
