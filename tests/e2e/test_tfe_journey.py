"""The commands of "From pushed keys to dynamic credentials", as they stand there, from the first to the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import hvac
import pytest

from tests.tfe_server.documents import run_claims
from tests.tfe_server.server import TfeServer
from tests.tfe_server.state import Account, Workspace
from vault_aws_kit.errors import TfeConflict

from .conftest import Done, Person

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "from-pushed-keys-to-dynamic-credentials.md").read_text()
SESSION = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"}


@pytest.fixture
def web(tfe_server) -> Workspace:
    """A workspace with an IAM user's key that somebody put there by hand."""
    web = tfe_server.state.organization("acme").workspace("web")
    web.vars.create({"key": "AWS_ACCESS_KEY_ID", "value": "AKIAOLD", "category": "env"})
    web.vars.create({"key": "AWS_SECRET_ACCESS_KEY", "value": "old", "category": "env", "sensitive": True})
    return web


@pytest.fixture
def said(tfe_server, unique) -> Callable[..., Done]:
    """Runs a command of the page as somebody with a token there; what a test adds stands after it."""
    env = {
        "TFE_ADDRESS": tfe_server.address,
        "TFE_CA_BUNDLE": str(tfe_server.ca_bundle),
        "TFE_TOKEN": tfe_server.state.token(Account("ann"), "acme"),
    }

    def run(who: Person, command: str, *more: str) -> Done:
        assert f"\n{command}" in PAGE or f"`{command}`" in PAGE
        mount = () if " status " in command else ("--catalog-mount", who.catalog_mount)
        return replace(who, env={**who.env, **env}).run(*command.split(), *more, *mount)

    return run


def as_agent(given: Mapping[str, str], server: TfeServer, workspace: Workspace) -> list[str]:
    """The key that a run's agent gets by nothing but the variables that the run is given and the token of its own."""
    vault = hvac.Client(url=given["TFC_VAULT_ADDR"])
    claims = {**run_claims(workspace, "apply", "acme"), "aud": given["TFC_VAULT_WORKLOAD_IDENTITY_AUDIENCE"]}
    token = server.issuer.token(**claims)
    vault.auth.jwt.jwt_login(given["TFC_VAULT_RUN_ROLE"], token, path=given["TFC_VAULT_AUTH_PATH"])
    path = f"{given['TFC_VAULT_BACKED_AWS_MOUNT_PATH']}/sts/{given['TFC_VAULT_BACKED_AWS_RUN_VAULT_ROLE']}"
    found = vault.write(path, role_arn=given["TFC_VAULT_BACKED_AWS_RUN_ROLE_ARN"])["data"]
    vault.auth.token.revoke_self()
    return [found["access_key"], found["secret_key"], found["security_token"]]


def test_a_workspace_gets_from_a_key_that_nobody_rotates_to_none_at_all_and_back(
    said, platform, payments, tfe_server, web, unique, vault, aws, stack
):
    if "container" in stack.title:
        pytest.skip("Vault in a container can't reach the tests' own server.")
    assert "not the kit's" in said(payments, "consumer tfe status acme web").out

    refused = said(payments, "consumer tfe push acme web --role network-prod --run")
    assert refused.code == TfeConflict.exit_code
    assert "AWS_ACCESS_KEY_ID is not sensitive" in refused.err
    pushed = said(payments, "consumer tfe push acme web --role network-prod --run", "--force")
    assert pushed.code == 0, pushed.err
    assert set(web.runs[0].environment) == SESSION

    asked = ("--discovery-ca", str(tfe_server.ca_bundle), "--jwt-mount", f"jwt-{unique}")
    connecting = "producer tfe connect acme web --team payments --role network-prod"
    assert said(platform, connecting, *asked, "--yes").code == TfeConflict.exit_code
    assert said(payments, "consumer tfe clear acme web").code == 0
    assert said(platform, f"{connecting} --plan", *asked).code == 0
    assert web.vars.items == []
    connected = said(platform, connecting, *asked, "--yes")
    assert connected.code == 0, connected.err

    rendered = said(payments, "consumer render --mode hcp --role network-prod --out provider.tf")
    assert rendered.code == 0, rendered.err
    assert "#   acme/web\n" in (payments.home / "provider.tf").read_text()
    key = as_agent(web.vars.environment(), tfe_server, web)
    assert "assumed-role/network/" in aws.client("sts", *key).get_caller_identity()["Arn"]

    assert said(payments, "consumer tfe push acme web --role network-prod --run").code == TfeConflict.exit_code
    shown = said(payments, "consumer tfe status acme web").out
    assert "TFC_VAULT_BACKED_AWS_AUTH" in shown
    assert " AWS_" not in shown

    assert said(platform, "producer tfe disconnect acme web", "--yes").code == 0
    assert web.vars.items == []
    assert said(payments, "consumer tfe push acme web --role network-prod --run").code == 0
    vault.sys.disable_auth_method(f"jwt-{unique}")
