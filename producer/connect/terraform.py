"""The same as Terraform: for whoever keeps workspaces and their logins in it already. Pure: nothing is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from producer.connect.connection import Connection
from producer.connect.variables import VaultFacts, variables
from producer.connect.vault_side import issuer_config, of_connections
from producer.resources.acl_policy import AclPolicy
from producer.resources.jwt_role import JwtRole
from producer.spec import Spec
from vault_aws_kit import contract, templating
from vault_aws_kit.hcl_layout import aligned
from vault_aws_kit.hcp import HOST


@dataclass(frozen=True)
class _Place:
    """One connection's variables. `workspaces` are names by their labels."""

    label: str
    organization: str
    varset: str
    project: str
    variables: Mapping[str, str]
    workspaces: Mapping[str, str] = field(default_factory=dict[str, str])


def terraform(
    spec: Spec, connections: Sequence[Connection], facts: VaultFacts, catalog_mount: str, ca_pem: str = ""
) -> str:
    """Data sources look up the IDs that are bound beside the names."""
    made = list(of_connections(spec, connections, catalog_mount))
    mounts = {one.mount: issuer_config(one, ca_pem) for one in connections}
    given = {
        "spec": spec.name,
        "host": next((one.host for one in connections if one.host != HOST), ""),
        "mounts": [{"label": _label(path), "path": path, "config": config} for path, config in mounts.items()],
        "policies": [{"label": _label(one.name), "name": one.name, "hcl": one.hcl.strip()}
                     for one in made if isinstance(one, AclPolicy)],
        "logins": list(_logins(spec, connections, made)),
        "places": [_place(spec, one, facts) for one in connections],
    }  # fmt: skip
    return aligned(templating.environment().get_template("terraform/tfe-connect.tf.j2").render(given))


def _logins(spec: Spec, connections: Sequence[Connection], made: Sequence[Any]) -> Iterator[dict[str, Any]]:
    roles = {one.name: one for one in made if isinstance(one, JwtRole)}
    for connection in connections:
        for login in connection.logins():
            name = contract.team_policy(spec.name, connection.team, login.name)
            body = roles[name].body()
            claims = {
                claim: ",".join(values) for claim, values in body["bound_claims"].items()
            }  # as the provider takes them
            yield {
                "label": _label(name),
                "name": name,
                "mount": _label(connection.mount),
                "body": body,
                "claims": claims,
                "ids": _ids(connection),
            }


def _ids(connection: Connection) -> dict[str, str]:
    ids = [f"data.tfe_workspace.{label}.id" for label in _workspaces(connection)]
    found = {}
    if connection.project:
        found["terraform_project_id"] = f"data.tfe_project.{_label(connection.place)}.id"
    if ids:
        found["terraform_workspace_id"] = ids[0] if len(ids) == 1 else f'join(",", [{", ".join(ids)}])'
    return found


def _place(spec: Spec, connection: Connection, facts: VaultFacts) -> _Place:
    return _Place(
        label=_label(connection.place),
        organization=connection.organization,
        varset=connection.varset,
        project=connection.project,
        variables=variables(spec, connection, facts),
        workspaces=_workspaces(connection),
    )


def _workspaces(connection: Connection) -> dict[str, str]:
    return {_label(f"{connection.organization}/{name}"): name for name in connection.workspaces}


def _label(text: str) -> str:
    """A name that Terraform takes: what it is made of holds letters, digits, spaces, and -_./ alone."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", text)
    return plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"
