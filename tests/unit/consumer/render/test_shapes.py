"""One file, a folder of files, JSON or Terragrunt: all of them mean the same."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import hcl2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consumer.render import MODES, Block, Snippet
from consumer.render.interface import VaultProvider
from consumer.render.shapes import SHAPES
from consumer.render.shapes.split import pieces
from vault_aws_kit.contract import RoleEntry

from .snippets import CASES, CASES_OF_LOGINS, logged_in, rendered

TEXTS = [rendered(*case) for case in CASES] + [MODES[mode].text(logged_in(auth)) for mode, auth in CASES_OF_LOGINS]
HOSTILE = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1)


def blocks(text: str) -> list[str]:
    """The blocks of a file, in an order of their own."""
    content = hcl2.loads(text)
    return sorted(
        json.dumps({kind: block}, sort_keys=True) for kind, all_ in content.items() for block in all_ if kind[0] != "_"
    )


def unescaped(text: str) -> str:
    """What Terraform makes of a string that is a template."""
    return text.replace("$${", "${").replace("%%{", "%{")


@pytest.mark.parametrize("text", TEXTS)
def test_the_split_files_hold_every_block_once_and_every_comment(text):
    files = SHAPES["split"].shaped(text)
    assert blocks("\n".join(files.values())) == blocks(text)
    comments = re.compile("^ *#.*", re.MULTILINE)
    assert sorted(comments.findall("\n".join(files.values()))) == sorted(comments.findall(text))


def test_the_split_files_are_called_as_people_call_them():
    files = SHAPES["split"].shaped(MODES["ephemeral"].text(logged_in("approle")))
    assert list(files) == ["providers.tf", "variables.tf", "vault.tf", "versions.tf"]
    assert files["vault.tf"].startswith("# Terraform logs in by AppRole")
    assert files["providers.tf"].startswith("# AWS credentials from Vault")
    assert set(files) <= set(SHAPES["split"].names)


def test_the_split_files_are_as_terraform_fmt_would_write_them(tmp_path):
    if not shutil.which("terraform"):
        pytest.skip("no terraform here")
    for number, text in enumerate(TEXTS):
        for name, part in SHAPES["split"].shaped(text).items():
            (tmp_path / f"{number}-{name}").write_text(part)
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_block_on_one_line_is_a_block():
    assert list(pieces('# a\n\nlocals {}\n# b\nx "y" {\n\n  # c\n}\n')) == [
        "# a\n", "locals {}\n", '# b\nx "y" {\n\n  # c\n}\n',
    ]  # fmt: skip


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────


def as_json(text: str) -> dict:
    return json.loads(SHAPES["json"].shaped(text)["provider.tf.json"])


def test_json_has_every_provider_with_its_alias():
    content = as_json(rendered("ephemeral", "several"))
    assert [one.get("alias") for one in content["provider"]["aws"]] == [None, "logs", "dev"]
    assert set(content["ephemeral"]["vault_aws_access_credentials"]) == {"net", "logs", "dev"}
    assert content["provider"]["vault"] == {"skip_child_token": True}
    assert content["provider"]["aws"][0]["access_key"] == "${ephemeral.vault_aws_access_credentials.net.access_key}"


def test_json_keeps_a_chain_in_order_and_a_lone_block_alone():
    content = as_json(rendered("ephemeral", "assumed"))
    chain = content["provider"]["aws"][0]["assume_role"]
    assert [one["role_arn"].split(":")[4] for one in chain] == ["111122223333", "444455556666"]
    assert content["provider"]["aws"][0]["default_tags"] == {"tags": {"team": "payments", "cost centre": "42"}}


def test_a_variables_type_is_a_plain_word_in_json():
    content = as_json(MODES["ephemeral"].text(logged_in("approle")))
    assert content["variable"]["vault_secret_id"] == {
        "description": "A secret_id of vak-prod-payments.", "type": "string", "sensitive": True, "ephemeral": True,
    }  # fmt: skip
    assert as_json(rendered("hcp", "one-role"))["variable"]["tfc_vault_dynamic_credentials"]["type"].startswith(
        "object("
    )


def test_json_tells_what_the_comments_do():
    assert (
        "AWS credentials from Vault: written by `consumer render --mode ephemeral`"
        in as_json(rendered("ephemeral", "one-role"))["//"][0]
    )


@settings(max_examples=60)
@given(hostile=HOSTILE)
@example(hostile="%{")
@example(hostile="${")
@example(hostile="%%{ if x }$${y}\\")
def test_a_string_is_the_same_in_json(hostile):
    role = RoleEntry(hostile, "main", hostile, "assumed_role", hostile, 0, 0)
    content = as_json(
        MODES["ephemeral"].text(Snippet((Block("", "x", role, hostile),), VaultProvider(namespace=hostile)))
    )
    found = content["ephemeral"]["vault_aws_access_credentials"]["x"]
    assert unescaped(found["role"]) == unescaped(found["mount"]) == hostile
    assert unescaped(content["provider"]["vault"]["namespace"]) == hostile


# ── Terragrunt ──────────────────────────────────────────────────────────────────────────────────


def terragrunt(text: str) -> str:
    return SHAPES["terragrunt"].shaped(text)["terragrunt.hcl"]


def test_terragrunt_writes_the_file_and_replaces_only_its_own():
    text = terragrunt(rendered("ephemeral", "one-role"))
    assert text.startswith('generate "vault_aws_provider" {\n  path      = "provider.tf"\n')
    assert 'if_exists = "overwrite_terragrunt"' in text


def test_a_line_of_the_text_can_not_end_terragrunts():
    text = terragrunt("x\nEOF\nEOF_\n")
    assert "<<EOF__\nx\nEOF\nEOF_\nEOF__\n}" in text


def test_what_terragrunt_would_write_is_the_file(tmp_path):
    """Its heredoc is HCL's, so Terraform can say what it holds."""
    if not shutil.which("terraform"):
        pytest.skip("no terraform here")
    hostile = RoleEntry('${path.module} %{if true} $${x} $$${y} %%{z} "\\ $', "main", "aws", "assumed_role", "", 0, 0)
    texts = [*TEXTS, MODES["ephemeral"].text(Snippet((Block("", "x", hostile),)))]
    outputs = []
    for number, text in enumerate(texts):
        contents = terragrunt(text).partition("  contents  = ")[2].removesuffix("}\n")
        outputs.append(f'output "o{number}" {{\n  value = {contents}}}\n')
    (tmp_path / "main.tf").write_text("\n".join(outputs))
    for argv in (["init"], ["apply", "-auto-approve"], ["output", "-json"]):
        done = subprocess.run(["terraform", *argv], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert [json.loads(done.stdout)[f"o{number}"]["value"] for number in range(len(texts))] == texts
