"""What `producer tfe connect --format terraform` prints, under a real Terraform and its Vault provider."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from producer.connect.connection import Access, Connection
from producer.connect.vault_side import of_connections
from producer.pipeline import observe
from producer.spec import load_spec
from vault_aws_kit.hcp import Phased
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Vault

ARN = "arn:aws:iam::111122223333:role/network"
KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9
q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==
-----END PUBLIC KEY-----"""


@pytest.fixture
def printed(platform, unique):
    """What is printed for one workspace, by the JWT mount of the test's own."""

    def run(*argv: str) -> str:
        asked = ("--vault-address", "https://vault.example.com:8200", "--jwt-mount", f"jwt-{unique}")
        mount = ("--catalog-mount", platform.catalog_mount)
        done = platform.run("producer", "tfe", "connect", "acme", *argv, *asked, *mount, "--format", "terraform")
        assert done.code == 0, done.err
        return done.out

    return run


def test_it_is_as_terraform_fmt_would_write_it(platform, printed):
    platform.write("workspaces.tf", printed("web", "api", "--role", "network-prod", "--role", "logs=app-web"))
    platform.write("varset.tf", printed("web", "api", "--varset", "aws", "--role", "app-web"))
    platform.write("own.tf", printed("web", "--host", "tfe.example.com", "--role", "app-web"))
    platform.write("project.tf", printed("--project", "Pay", "--plan-role", "app-web", "--apply-role", "app-api"))
    assert platform.run("terraform", "fmt", "-check", "-diff", ".").out == ""


def test_vaults_part_makes_what_connect_makes(platform, printed, stack, unique):
    platform.write("connect.tf", of_vault(printed("web", "--project", "Pay", "--role", "network-prod")))
    platform.terraform("init", "-input=false")
    platform.terraform("apply", "-auto-approve", "-input=false")
    access = (Access("", Phased.both("main/network-prod"), Phased.both(ARN)),)
    web = Connection("payments", "acme", access, ("web",), "Pay", mount=f"jwt-{unique}")
    web = replace(web, project_id="prj-1", workspace_ids=("ws-1",))
    wanted = [one for one in of_connections(load_spec(platform.home / "vault-aws.yaml"), [web], platform.catalog_mount)
              if one.kind in ("jwt-role", "acl-policy")]  # fmt: skip
    with Vault(VaultSettings(address=stack.vault_addr), stack.vault_token) as vault:
        found = observe(wanted, vault)
    assert [found[one.key] for one in wanted] == [one.body() for one in wanted]
    platform.terraform("destroy", "-auto-approve", "-input=false")


def of_vault(text: str) -> str:
    """Without what needs the tfe provider, which these tests haven't got: IDs that it would look up stand in the text."""
    text = re.sub(r"data\.tfe_project\.\w+\.id", '"prj-1"', re.sub(r"data\.tfe_workspace\.\w+\.id", '"ws-1"', text))
    text = re.sub(r' +oidc_discovery_url = ".*"', f"  jwt_validation_pubkeys = [<<EOT\n{KEY}\nEOT\n  ]", text)
    text = re.sub(r" +tfe = \{\n.*\n +\}\n", "", text)
    blocks = re.split(r"\n(?=data |resource |terraform )", text)
    return (
        "\n".join(one for one in blocks if not one.startswith(('data "tfe', 'resource "tfe')))
        + '\nprovider "vault" {}\n'
    )
