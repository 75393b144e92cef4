"""`terraform validate` finds nothing wrong, for whatever the providers know that can be had here.

They are old where no registry answers: of the vault provider's logins they have the general one, and of the AWS
provider's block neither default_tags nor shared_config_files. What newer ones know is checked against their schemas in
tests/unit/consumer/render.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from consumer.render import MODES, Block, Snippet
from consumer.render.auth import AUTHS
from consumer.render.interface import AssumedRole, VaultProvider
from consumer.render.shapes import SHAPES
from vault_aws_kit.contract import LoginEntry, RoleEntry

ARN = "arn:aws:iam::111122223333:role/net"
NET = RoleEntry("net", "main", "aws", "assumed_role", "eu-west-1", 1800, 3600, (ARN,))
APP = RoleEntry("app", "main", "aws", "iam_user", "eu-west-1", 900, 3600)
HOSTILE = RoleEntry('${path.module} %{if x} "\\\n é \U0001f600', "main", "aws/${x}", "federation_token", "", 0, 0)

BLOCKS = {
    "one": (Block("", "net", NET, "eu-west-1", profile="net"),),
    "several": (
        Block("", "net", NET, "eu-west-1", ARN, (AssumedRole(ARN, "run", "x-1"),), "net"),
        Block("web", "web", APP, "us-east-1", profile="app"),
        Block("odd", "odd", HOSTILE, profile=HOSTILE.name),
    ),
}
WRITTEN = ("https://vault.example:8200", "team/a", "ca.pem")
CASES = [
    *(("data-source", auth, name) for auth in ("token", "approle", "ldap", "kubernetes") for name in BLOCKS),
    *((mode, "token", name) for mode in ("process", "env") for name in BLOCKS),
]


def snippet(auth: str, name: str) -> Snippet:
    login = LoginEntry(AUTHS[auth].method, "there", "vak") if AUTHS[auth].method else None
    vault = VaultProvider(AUTHS[auth], login)
    return Snippet(BLOCKS[name], vault if name == "one" else replace(vault, address=WRITTEN[0], namespace=WRITTEN[1]))


def used(blocks: tuple[Block, ...]) -> str:
    """A use of each provider: Terraform looks at no other."""
    providers = [f"aws.{block.alias}" if block.alias else "aws" for block in blocks]
    return "".join(
        f'data "aws_caller_identity" "use{number}" {{\n  provider = {provider}\n}}\n'
        for number, provider in enumerate(providers)
    )


@pytest.fixture(scope="module")
def validate(terraform_stack, tmp_path_factory):
    """Validates some files in a folder that has both providers."""
    folder = tmp_path_factory.mktemp("validate")
    env = terraform_stack.environ(home=folder)

    def terraform(*argv: str) -> None:
        done = subprocess.run(
            ["terraform", *argv, "-no-color"], cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def run(files) -> None:
        for name, text in files.items():
            (folder / name).write_text(text)
        try:
            terraform("validate")
        finally:
            for name in files:
                (folder / name).unlink()

    (folder / "versions.tf").write_text(MODES["data-source"].text(snippet("token", "one")))
    terraform("init", "-input=false")
    (folder / "versions.tf").unlink()
    return run


@pytest.mark.parametrize(("mode", "auth", "name"), CASES)
@pytest.mark.parametrize("shape", ["split", "json"])
def test_terraform_finds_nothing_wrong(validate, mode, auth, name, shape):
    validate({**SHAPES[shape].files(MODES[mode], snippet(auth, name)), "use.tf": used(BLOCKS[name])})


def test_terraform_would_find_what_is_wrong(validate):
    newer = replace(snippet("token", "one"), pins=False, tags=(("team", "payments"),))
    with pytest.raises(AssertionError, match="default_tags"):
        validate({**SHAPES["hcl"].files(MODES["env"], newer), "use.tf": used(newer.blocks)})
