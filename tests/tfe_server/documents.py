"""JSON:API documents, as the API's pages show them."""

from __future__ import annotations

from typing import Any

from .state import Account, Organization, Project, Run, Var, VarSet, Workspace

Document = dict[str, Any]


def variable(var: Var, holder: str, holder_id: str) -> Document:
    """A variable; a sensitive one's value is null from the moment that it is written."""
    relation = {"configurable": {"data": {"id": holder_id, "type": holder}}}
    if holder == "varsets":
        relation = {"varset": {"data": {"id": holder_id, "type": holder}}}
    return {
        "id": var.id,
        "type": "vars",
        "attributes": {
            "key": var.key,
            "value": None if var.sensitive else var.value,
            "description": var.description,
            "sensitive": var.sensitive,
            "category": var.category,
            "hcl": var.hcl,
            "version-id": "1aa07d63ea8ff4df941c94ca9ddfd5d2bd04",
        },
        "relationships": relation,
        "links": {"self": f"/api/v2/{holder}/{holder_id}/vars/{var.id}"},
    }


def workspace(one: Workspace, organization: Organization, account: Account) -> Document:
    locker = _locker(one)
    return {
        "id": one.id,
        "type": "workspaces",
        "attributes": {
            "actions": {"is-destroyable": True},
            "allow-destroy-plan": True,
            "auto-apply": one.auto_apply,
            "created-at": "2026-08-16T21:50:58.726Z",
            "description": None,
            "environment": "default",
            "execution-mode": one.execution_mode,
            "global-remote-state": False,
            "locked": one.locked,
            "locked-reason": one.lock[1] if one.lock else "",
            "name": one.name,
            "permissions": _permissions(account),
            "source": "tfe-api",
            "tag-names": None if one.nulls else [tag for tag in one.tags if "=" not in tag],
            "terraform-version": "1.11.4",
            "trigger-prefixes": None if one.nulls else [],
            "trigger-patterns": None if one.nulls else [],
            "vcs-repo": None,
            "working-directory": None,
        },
        "relationships": {
            "organization": {"data": {"id": organization.name, "type": "organizations"}},
            "project": {"data": {"id": one.project.id, "type": "projects"}},
            **({"locked-by": {"data": {"id": locker["id"], "type": locker["type"]}}} if locker else {}),
        },
        "links": {"self": f"/api/v2/organizations/{organization.name}/workspaces/{one.name}"},
    }


def included_locker(one: Workspace) -> list[Document]:
    """The full resource of who locked a workspace, for `include=locked_by`."""
    locker = _locker(one)
    return [locker] if locker else []


def project(one: Project, organization: Organization) -> Document:
    return {
        "id": one.id,
        "type": "projects",
        "attributes": {"name": one.name, "description": None, "workspace-count": 0},
        "relationships": {"organization": {"data": {"id": organization.name, "type": "organizations"}}},
    }


def varset(one: VarSet, organization: Organization) -> Document:
    return {
        "id": one.id,
        "type": "varsets",
        "attributes": {
            "name": one.name,
            "description": one.description,
            "global": one.everywhere,
            "priority": one.priority,
            "updated-at": "2026-03-06T21:48:33.588Z",
            "var-count": len(one.vars.items),
            "workspace-count": len(one.workspaces),
            "project-count": len(one.projects),
        },
        "relationships": {
            "organization": {"data": {"id": organization.name, "type": "organizations"}},
            "vars": {"data": [{"id": var.id, "type": "vars"} for var in one.vars.items]},
            "workspaces": {"data": [{"id": ws.id, "type": "workspaces"} for ws in one.workspaces]},
            "projects": {"data": [{"id": prj.id, "type": "projects"} for prj in one.projects]},
        },
    }


def run(one: Run) -> Document:
    return {
        "id": one.id,
        "type": "runs",
        "attributes": {
            "actions": {
                "is-cancelable": True,
                "is-confirmable": one.confirmable,
                "is-discardable": one.confirmable,
                "is-force-cancelable": False,
            },
            "auto-apply": one.workspace.auto_apply,
            "created-at": "2026-03-06T21:48:33.588Z",
            "has-changes": True,
            "is-destroy": False,
            "message": one.message,
            "plan-only": False,
            "source": "tfe-api",
            "status": one.status,
            "permissions": {
                "can-apply": True, "can-cancel": True, "can-discard": True, "can-force-execute": True,
                "can-force-cancel": True,
            },
        },
        "relationships": {"workspace": {"data": {"id": one.workspace.id, "type": "workspaces"}}},
        "links": {"self": f"/api/v2/runs/{one.id}"},
    }  # fmt: skip


def discovery(issuer: str) -> Document:
    """What anybody may read at /.well-known/openid-configuration: whose tokens these are, and where the keys are."""
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def run_claims(workspace: Workspace, phase: str, organization: str) -> Document:
    """What the token of a run says of it.

    https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
    """
    whole = f"organization:{organization}:project:{workspace.project.name}:workspace:{workspace.name}"
    return {
        "aud": "vault.workload.identity",
        "sub": f"{whole}:run_phase:{phase}",
        "terraform_full_workspace": whole,
        "terraform_organization_name": organization,
        "terraform_project_id": workspace.project.id,
        "terraform_project_name": workspace.project.name,
        "terraform_workspace_id": workspace.id,
        "terraform_workspace_name": workspace.name,
        "terraform_run_phase": phase,
    }


def error(status: int, title: str, detail: str = "") -> Document:
    return {"errors": [{"status": str(status), "title": title, **({"detail": detail} if detail else {})}]}


def _locker(one: Workspace) -> Document | None:
    if one.active_run:
        return run(one.active_run)
    if not one.lock:
        return None
    account = one.lock[0]
    name = "username" if account.kind == "users" else "name"
    return {"id": account.id, "type": account.kind, "attributes": {name: account.name}}


def _permissions(account: Account) -> dict[str, bool]:
    return {
        "can-destroy": False,
        "can-force-unlock": False,
        "can-lock": "lock" in account.may,
        "can-queue-apply": "queue-run" in account.may,
        "can-queue-destroy": "queue-run" in account.may,
        "can-queue-run": "queue-run" in account.may,
        "can-read-settings": True,
        "can-read-variable": "read-variables" in account.may,
        "can-unlock": "lock" in account.may,
        "can-update": False,
        "can-update-variable": "write-variables" in account.may,
    }
