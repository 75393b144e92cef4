"""The same as Terraform: it says what `connect` does, and nothing in a name gets out of its string."""

from __future__ import annotations

from dataclasses import replace

import hcl2

from producer.connect.terraform import terraform
from producer.connect.variables import VaultFacts, variables

from .specs import SPEC, connection

HERE = VaultFacts("https://vault.example.com:8200")


def resources(text: str) -> dict[str, dict[str, dict[str, object]]]:
    """Each resource by its type and label."""
    found: dict[str, dict[str, dict[str, object]]] = {}
    for block in hcl2.loads(text)["resource"]:
        for kind, named in block.items():
            for label, body in named.items():
                found.setdefault(kind.strip('"'), {})[label.strip('"')] = body
    return found


def test_it_sets_the_same_variables():
    one = connection("web")
    (body,) = resources(terraform(SPEC, [one], HERE, "catalog"))["tfe_variable"].values()
    found = {key.strip('"'): value.strip('"') for key, value in body["for_each"].items() if not key.startswith("__")}
    assert found == variables(SPEC, one, HERE)
    assert body["workspace_id"] == "${data.tfe_workspace.acme_web.id}"


def test_it_binds_the_same_claims_and_looks_the_ids_up():
    (body,) = resources(terraform(SPEC, [connection("web", project="Pay")], HERE, "catalog"))[
        "vault_jwt_auth_backend_role"
    ].values()
    assert {key: value for key, value in body["bound_claims"].items() if not key.startswith("__")} == {
        "terraform_organization_name": '"acme"',
        "terraform_project_name": '"Pay"',
        "terraform_workspace_name": '"web"',
        "terraform_project_id": "${data.tfe_project.acme_web.id}",
        "terraform_workspace_id": "${data.tfe_workspace.acme_web.id}",
    }


def test_a_set_is_attached_to_its_workspaces_or_its_project():
    both = terraform(SPEC, [connection("web", "api", varset="aws")], HERE, "catalog")
    assert set(resources(both)["tfe_workspace_variable_set"]) == {"acme_web", "acme_api"}
    project = replace(connection(varset="aws", project="Pay"), workspaces=())
    whole = terraform(SPEC, [project], HERE, "catalog")
    assert "tfe_workspace_variable_set" not in resources(whole)
    assert set(resources(whole)["tfe_project_variable_set"]) == {"acme_aws"}


def test_no_name_gets_out_of_its_string():
    text = terraform(SPEC, [connection("web", varset='a"${file("/etc/passwd")}\n')], HERE, "catalog")
    assert r'name         = "a\"$${file(\"/etc/passwd\")}\n"' in text


def test_a_server_of_ones_own_is_named_to_its_provider():
    own = terraform(SPEC, [connection("web", host="tfe.example.com")], HERE, "catalog")
    assert hcl2.loads(own)["provider"][0]['"tfe"']["hostname"] == '"tfe.example.com"'
    assert "provider" not in hcl2.loads(terraform(SPEC, [connection("web")], HERE, "catalog"))
