"""A team that is logged in to Vault and to a Terraform Enterprise of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.tfe_server.state import Account, Organization, Workspace
from vault_aws_kit.tfe import client

ANN = Account("ann")


@pytest.fixture
def acme(tfe_server) -> Organization:
    return tfe_server.state.organization("acme")


@pytest.fixture
def web(acme) -> Workspace:
    return acme.workspace("web", "prod")


@pytest.fixture
def as_ann(tfe_server, acme, monkeypatch) -> Account:
    """The environment of somebody who has a token of that server; a failing server is asked again at once."""
    monkeypatch.setenv("TFE_ADDRESS", tfe_server.address)
    monkeypatch.setenv("TFE_TOKEN", tfe_server.state.token(ANN, "acme"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tfe_server.ca_bundle))
    monkeypatch.setattr(client.Tfe.__init__, "__kwdefaults__", {"pauses": (0.01, 0.01)})
    return ANN


@pytest.fixture
def tfe(consumer, as_ann, as_team, catalog_mount) -> Callable[..., Any]:
    """Runs `consumer tfe VERB acme …` as Ann and as her team."""

    def run(verb: str, *argv: str) -> Any:
        vault = () if verb == "status" else ("--catalog-mount", catalog_mount)
        return consumer("tfe", verb, "acme", *argv, *vault, catalog=False)

    return run
