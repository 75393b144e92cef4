"""`producer tfe connect` and `disconnect`: what a run's own token can do in Vault, and what the workspace is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import hvac
import pytest
from hvac.exceptions import Forbidden, InvalidRequest

from consumer.cli import main as consumer
from producer.cli import main
from producer.connect import place, run
from tests.integration.conftest import SERVER
from tests.integration.producer.conftest import Run
from tests.tfe_server.documents import run_claims
from tests.tfe_server.server import TfeServer
from tests.tfe_server.state import ALL, Account, Organization, Workspace
from vault_aws_kit.errors import PartlyApplied, TeamUnknown, TfeConflict, TfeNotFound, TfeUnavailable

READER = {
    "name": "reader",
    "type": "assumed_role",
    "role_arns": ["arn:aws:iam::123456789012:role/reader"],
    "ttl": {"default": "30m", "max": "1h"},
}


class Workspaces:
    """An organisation, its runs' tokens, and the producer run on them as a person would."""

    def __init__(self, server: TfeServer, vault: hvac.Client, mount: str) -> None:
        self.server, self.vault, self.mount = server, vault, mount
        self.acme: Organization = server.state.organization("acme")
        self.web: Workspace = self.acme.workspace("web")

    def claims(self, workspace: Workspace, phase: str = "apply", org: str = "acme") -> dict[str, Any]:
        return run_claims(workspace, phase, org)

    def log_in(self, role: str, claims: dict[str, Any], mount: str = "") -> hvac.Client:
        """Vault as a run, as its agent logs in."""
        as_run = hvac.Client(url=self.vault.url, token="")
        as_run.token = as_run.auth.jwt.jwt_login(role, self.server.issuer.token(**claims), path=mount or self.mount)[
            "auth"
        ]["client_token"]
        return as_run


@pytest.fixture
def content(content) -> dict[str, Any]:
    content["roles"].append(READER)
    return content


@pytest.fixture
def there(tfe_server, vault, unique) -> Iterator[Workspaces]:
    """A JWT mount that trusts the tests' own key in place of the server's, whom no Vault in a container could ask."""
    issuer, mount = tfe_server.issuer, f"jwt-{unique}"
    vault.sys.enable_auth_method("jwt", path=mount)
    config = {"jwt_validation_pubkeys": [issuer.public], "bound_issuer": issuer.name}
    vault.write(f"auth/{mount}/config", **config)
    yield Workspaces(tfe_server, vault, mount)
    vault.sys.disable_auth_method(mount)


@pytest.fixture
def tfe_token(tfe_server, monkeypatch) -> Callable[..., None]:
    """Lets the producer have a token of somebody who may do this there."""

    def let(*may: str) -> None:
        token = tfe_server.state.token(Account("ann", may=frozenset(may) or ALL), "acme")
        monkeypatch.setenv("TFE_TOKEN", token)
        monkeypatch.setenv("TFE_ADDRESS", tfe_server.address)
        monkeypatch.setenv("TFE_CA_BUNDLE", str(tfe_server.ca_bundle))

    return let


@pytest.fixture
def tfe(producer, there, tfe_token, spec, content, unique, capfd) -> Callable[..., Run]:
    """Runs `producer tfe VERB …` once the spec is set up."""
    tfe_token()
    assert producer("setup", "--yes").code == 0

    def run_it(verb: str, *argv: str) -> Run:
        capfd.readouterr()
        mount = ["--jwt-mount", there.mount] if verb == "connect" and "--jwt-mount" not in argv else []
        given = ["--spec", str(spec(content)), "--catalog-mount", f"catalog-{unique}", *mount]
        code = main(["tfe", verb, *argv, *given])
        said = capfd.readouterr()
        return Run(code, said.out, said.err)

    return run_it


def connect(tfe: Callable[..., Run], *argv: str) -> Run:
    done = tfe("connect", "acme", *(argv or ("web", "--role", "net")), "--yes")
    assert done.code == 0, done.err
    return done


# ── what a run can do ───────────────────────────────────────────────────────────────────────────


def test_a_run_of_the_workspace_gets_credentials_of_its_role_and_of_no_other(tfe, there, unique):
    connect(tfe, "web", "--role", "app")
    given = there.web.vars.environment()
    as_run = there.log_in(given["TFC_VAULT_RUN_ROLE"], there.claims(there.web), given["TFC_VAULT_AUTH_PATH"])
    mount, role = given["TFC_VAULT_BACKED_AWS_MOUNT_PATH"], given["TFC_VAULT_BACKED_AWS_RUN_VAULT_ROLE"]
    assert as_run.read(f"{mount}/creds/{role}")["data"]["access_key"].startswith("AKIA")
    with pytest.raises(Forbidden):
        as_run.write(f"{mount}/sts/net")
    as_run.auth.token.renew_self()
    assert as_run.auth.token.lookup_self()["data"]["meta"]["role"] == given["TFC_VAULT_RUN_ROLE"]
    as_run.auth.token.revoke_self()


def test_an_assumed_role_is_taken_by_the_arn_that_the_run_is_told(tfe, there):
    connect(tfe)
    given = there.web.vars.environment()
    as_run = there.log_in(given["TFC_VAULT_RUN_ROLE"], there.claims(there.web, "plan"))
    got = as_run.write(
        f"{given['TFC_VAULT_BACKED_AWS_MOUNT_PATH']}/sts/{given['TFC_VAULT_BACKED_AWS_RUN_VAULT_ROLE']}",
        role_arn=given["TFC_VAULT_BACKED_AWS_RUN_ROLE_ARN"],
    )
    assert got["data"]["security_token"]


def test_a_run_of_anything_else_is_not_let_in(tfe, there):
    connect(tfe)
    role, own = there.web.vars.environment()["TFC_VAULT_RUN_ROLE"], there.claims(there.web)
    there.log_in(role, own)
    for claim, other in {
        "terraform_organization_name": "evil",
        "terraform_workspace_name": "web-2",
        "terraform_workspace_id": "ws-another",
        "terraform_project_name": "Other",
        "aud": "aws.workload.identity",
        "iss": "https://app.terraform.io",
    }.items():
        with pytest.raises(InvalidRequest):
            there.log_in(role, {**own, claim: other})


def test_plan_and_apply_each_get_their_own_role_only(tfe, there):
    connect(tfe, "web", "--plan-role", "reader", "--apply-role", "net")
    given = there.web.vars.environment()
    plan, apply = given["TFC_VAULT_PLAN_ROLE"], given["TFC_VAULT_APPLY_ROLE"]
    assert "TFC_VAULT_RUN_ROLE" not in given
    mount = given["TFC_VAULT_BACKED_AWS_MOUNT_PATH"]
    planning = there.log_in(plan, there.claims(there.web, "plan"))
    planning.write(f"{mount}/sts/{given['TFC_VAULT_BACKED_AWS_PLAN_VAULT_ROLE']}")
    with pytest.raises(Forbidden):
        planning.write(f"{mount}/sts/{given['TFC_VAULT_BACKED_AWS_APPLY_VAULT_ROLE']}")
    with pytest.raises(InvalidRequest):
        there.log_in(apply, there.claims(there.web, "plan"))


def test_all_workspaces_of_a_project_share_one_variable_set(tfe, there):
    project = there.acme.project("payments")
    api, other = there.acme.workspace("api", project=project), there.web
    connect(tfe, "--project", "payments", "--role", "net")
    given = there.acme.environment(api)
    there.log_in(given["TFC_VAULT_RUN_ROLE"], there.claims(api))
    assert not there.acme.environment(other)
    with pytest.raises(InvalidRequest):
        there.log_in(given["TFC_VAULT_RUN_ROLE"], there.claims(other))


# ── plan, drift, repetition ─────────────────────────────────────────────────────────────────────


def test_a_plan_changes_nothing_and_its_exit_code_tells_of_changes(tfe, there):
    planned = tfe("connect", "acme", "web", "--role", "net", "--plan", "--detailed-exitcode")
    assert planned.code == 2
    assert "+ jwt-role " in planned.out
    assert "+ tfe-variable   acme/web/TFC_VAULT_RUN_ROLE" in planned.out
    assert not there.web.vars.items
    connect(tfe)
    again = tfe("connect", "acme", "web", "--role", "net", "--plan", "--detailed-exitcode")
    assert (again.code, again.out) == (0, "Nothing to change: it is connected already.\n")


def test_a_vault_that_was_never_set_up_is_told_so(as_admin, there, tfe_token, spec, content, unique, capfd):
    tfe_token()
    given = ["--spec", str(spec(content)), "--catalog-mount", f"catalog-{unique}"]
    assert main(["tfe", "connect", "acme", "web", "--role", "net", "--yes", *given]) == TeamUnknown.exit_code
    assert "Run `producer setup` first" in capfd.readouterr().err


def test_status_tells_which_workspaces_are_connected(tfe, there, producer, vault):
    connect(tfe)
    (told,) = json.loads(producer("status", "--format", "json").out)["workspaces"]
    assert (told["name"], told["team"], told["roles"], told["state"]) == ("acme/web", "web", ["main/net"], "in place")
    vault.delete(f"auth/{there.mount}/role/{there.web.vars.environment()['TFC_VAULT_RUN_ROLE']}")
    assert "missing" in producer("status").out


def test_what_somebody_changed_on_either_side_is_told_and_put_right(tfe, there, vault):
    connect(tfe)
    role = there.web.vars.environment()["TFC_VAULT_RUN_ROLE"]
    there.web.vars.find("TFC_VAULT_ADDR").value = "https://evil.example.com"
    path = f"auth/{there.mount}/role/{role}"
    vault.write(path, **{**vault.read(path)["data"], "bound_claims": {"terraform_organization_name": "evil"}})
    planned = tfe("connect", "acme", "web", "--role", "net", "--plan")
    assert f"~ jwt-role       {path}  (drift: changed in Vault since the last setup)" in planned.out
    assert "~ tfe-variable   acme/web/TFC_VAULT_ADDR  (drift: changed in Terraform since it was set)" in planned.out
    connect(tfe)
    assert there.web.vars.environment()["TFC_VAULT_ADDR"] == vault.url
    there.log_in(role, there.claims(there.web))


def test_other_roles_take_the_place_of_those_before(tfe, there):
    connect(tfe)
    old = there.web.vars.environment()["TFC_VAULT_RUN_ROLE"]
    connect(tfe, "web", "--plan-role", "reader", "--apply-role", "net")
    given = there.web.vars.environment()
    assert {"TFC_VAULT_RUN_ROLE", "TFC_VAULT_BACKED_AWS_RUN_VAULT_ROLE"}.isdisjoint(given)
    there.log_in(given["TFC_VAULT_APPLY_ROLE"], there.claims(there.web))
    with pytest.raises(InvalidRequest):
        there.log_in(old, there.claims(there.web))


def test_setup_keeps_what_was_connected_and_mends_it(tfe, there, producer, vault):
    connect(tfe)
    assert producer("plan", "--prune", "--detailed-exitcode").code == 0
    role = there.web.vars.environment()["TFC_VAULT_RUN_ROLE"]
    vault.delete(f"auth/{there.mount}/role/{role}")
    assert producer("setup", "--yes").code == 0
    there.log_in(role, there.claims(there.web))


def test_a_role_that_the_spec_drops_is_taken_from_the_workspace_too(tfe, there, producer, content):
    connect(tfe)
    content["teams"][0]["roles"] = ["app"]
    told = producer("setup", "--yes", "--prune")
    assert "acme/web is connected with main/net, which team 'web' no longer has" in told.out
    with pytest.raises(InvalidRequest):
        there.log_in(there.web.vars.environment()["TFC_VAULT_RUN_ROLE"], there.claims(there.web))


def test_a_frozen_teams_workspaces_are_frozen_too_and_new_ones_are_from_the_start(tfe, there, producer):
    connect(tfe)
    assert producer("revoke", "--team", "web", "--freeze", "--yes").code in (0, 90)
    connect(tfe, there.acme.workspace("api").name, "--role", "net")
    for workspace in there.acme.workspaces:
        given = workspace.vars.environment()
        as_run = there.log_in(given["TFC_VAULT_RUN_ROLE"], there.claims(workspace))
        with pytest.raises(Forbidden):
            as_run.write(f"{given['TFC_VAULT_BACKED_AWS_MOUNT_PATH']}/sts/net")


# ── others' variables, static keys ──────────────────────────────────────────────────────────────


def test_a_variable_of_somebody_elses_is_not_overwritten_unless_forced(tfe, there):
    there.web.vars.create({"key": "TFC_VAULT_ADDR", "value": "https://other.example.com", "category": "env"})
    refused = tfe("connect", "acme", "web", "--role", "net", "--yes")
    assert refused.code == TfeConflict.exit_code
    assert "TFC_VAULT_ADDR differs in value" in refused.err
    assert there.web.vars.environment() == {"TFC_VAULT_ADDR": "https://other.example.com"}
    connect(tfe, "web", "--role", "net", "--force")
    assert there.web.vars.environment()["TFC_VAULT_ADDR"] != "https://other.example.com"


def test_static_keys_in_the_workspace_are_named_as_what_stands_in_the_way(tfe, there):
    there.web.vars.create({"key": "AWS_ACCESS_KEY_ID", "value": "AKIA", "category": "env", "sensitive": True})
    refused = tfe("connect", "acme", "web", "--role", "net", "--yes")
    assert refused.code == TfeConflict.exit_code
    assert "acme/web has AWS_ACCESS_KEY_ID" in refused.err
    assert "consumer tfe clear" in refused.err
    assert len(there.web.vars.items) == 1


def test_static_keys_that_a_variable_set_gives_are_in_the_way_too(tfe, there):
    pushed = there.acme.varset("aws-prod", projects=[there.web.project])
    pushed.vars.create({"key": "AWS_ACCESS_KEY_ID", "value": "AKIA", "category": "env", "sensitive": True})
    refused = tfe("connect", "acme", "web", "--role", "net", "--yes")
    assert refused.code == TfeConflict.exit_code
    assert "acme/web has AWS_ACCESS_KEY_ID from a variable set" in refused.err
    assert not there.web.vars.items


def test_a_whole_project_is_looked_through_for_static_keys(tfe, there):
    project = there.acme.project("payments")
    for name in ("one", "two", "three"):  # more than a page
        last = there.acme.workspace(name, project=project)
    last.vars.create({"key": "AWS_PROFILE", "value": "old", "category": "env"})
    refused = tfe("connect", "acme", "--project", "payments", "--role", "net", "--yes")
    assert refused.code == TfeConflict.exit_code
    assert "acme/three has AWS_PROFILE" in refused.err
    assert there.acme.varsets == []
    connect(tfe, "--project", "payments", "--role", "net", "--force")
    assert "TFC_VAULT_BACKED_AWS_AUTH" in there.acme.environment(last)


def test_a_project_without_workspaces_can_be_connected_before_it_has_any(tfe, there):
    project = there.acme.project("payments")
    connect(tfe, "--project", "payments", "--role", "net")
    assert "TFC_VAULT_BACKED_AWS_AUTH" in there.acme.environment(there.acme.workspace("later", project=project))


def test_a_workspace_whose_runs_get_no_variables_is_not_connected(tfe, there):
    there.web.execution_mode = "local"
    refused = tfe("connect", "acme", "web", "--role", "net", "--yes")
    assert refused.code == TfeConflict.exit_code
    assert "execution mode local" in refused.err


def test_a_global_variable_set_is_never_used(tfe, there):
    theirs = there.acme.varset("aws", everywhere=True)
    refused = tfe("connect", "acme", "web", "--varset", "aws", "--role", "net", "--yes", "--force")
    assert refused.code == TfeConflict.exit_code
    assert "'aws' is global" in refused.err
    assert theirs.vars.items == []


def test_a_workspace_that_is_not_there_is_named(tfe):
    refused = tfe("connect", "acme", "wbe", "--role", "net", "--yes")
    assert refused.code == TfeNotFound.exit_code
    assert "Did you mean 'web'?" in refused.err


def test_a_role_that_was_never_set_up_is_not_promised(tfe, content):
    content["roles"].append({**READER, "name": "late"})
    refused = tfe("connect", "acme", "web", "--role", "late", "--yes")
    assert refused.code == 15
    assert "Run `producer setup` first" in refused.err


def test_a_mount_of_the_kits_own_trusts_the_host_as_it_publishes_its_keys(tfe, there, vault, unique):
    if SERVER == "docker":
        pytest.skip("Vault in a container can't reach the tests' own server.")
    server, mount = there.server, f"tfc-{unique}"
    asked = ("web", "--role", "net", "--jwt-mount", mount)
    connect(tfe, *asked, "--discovery-ca", str(server.ca_bundle))
    there.log_in(there.web.vars.environment()["TFC_VAULT_RUN_ROLE"], there.claims(there.web), mount)
    assert tfe("connect", "acme", *asked, "--plan", "--detailed-exitcode").code == 0
    vault.sys.disable_auth_method(mount)


def test_a_host_that_vault_does_not_trust_is_told_with_what_to_name_and_can_be_taken_back(
    tfe, there, producer, vault, unique
):
    asked = ("web", "--jwt-mount", f"tfc-{unique}", "--role", "net")
    failed = tfe("connect", "acme", *asked, "--yes")
    assert failed.code == PartlyApplied.exit_code
    assert "--discovery-ca" in failed.err
    assert "run the same again" in failed.err
    assert not there.web.vars.items
    assert tfe("disconnect", "acme", "web", "--yes").code == 0
    assert producer("plan", "--prune", "--detailed-exitcode").code == 0
    vault.sys.disable_auth_method(f"tfc-{unique}")


def test_a_mount_that_trusts_another_host_is_left_alone(tfe, there, vault):
    vault.write(f"auth/{there.mount}/config", jwt_validation_pubkeys=[there.server.issuer.public], bound_issuer="https://gitlab.com")  # fmt: skip
    refused = tfe("connect", "acme", "web", "--role", "net", "--yes")
    assert "trusts https://gitlab.com" in refused.err
    assert "--jwt-mount" in refused.err
    assert not there.web.vars.items


def test_the_printed_policy_with_tfe_is_enough(tfe, there, producer, vault, unique, monkeypatch):
    vault.sys.create_or_update_policy(f"admin-{unique}", producer("acl", "--tfe", there.mount).out)
    token = vault.auth.token.create(policies=[f"admin-{unique}"], no_default_policy=True)["auth"]["client_token"]
    monkeypatch.setenv("VAULT_TOKEN", token)
    connect(tfe)
    assert producer("setup", "--yes").code == 0
    assert tfe("disconnect", "acme", "web", "--yes").code == 0


def test_the_code_that_is_rendered_says_which_workspaces_are_connected(tfe, there, unique, capfd):
    said = connect(tfe)
    assert "`consumer render --mode hcp --team web --role net`" in said.err
    capfd.readouterr()
    assert (
        consumer(["render", "--mode", "hcp", "--role", "net", "--team", "web", "--catalog-mount", f"catalog-{unique}"])
        == 0
    )
    text = capfd.readouterr().out
    assert "#   acme/web" in text
    assert "TFC_VAULT_RUN_ROLE" not in text


# ── the end of it, and the middle ───────────────────────────────────────────────────────────────


def test_disconnecting_leaves_nothing_but_what_others_put_there(tfe, there, producer, vault, unique):
    there.web.vars.create({"key": "TF_LOG", "value": "INFO", "category": "env"})
    entry = f"catalog-{unique}/data/{unique}/teams/web"
    before = vault.read(entry)["data"]["data"]
    connect(tfe)
    role = there.web.vars.environment()["TFC_VAULT_RUN_ROLE"]
    gone = tfe("disconnect", "acme", "web", "--yes")
    assert gone.code == 0, gone.err
    assert there.web.vars.environment() == {"TF_LOG": "INFO"}
    assert vault.read(f"sys/policies/acl/{role}") is None
    with pytest.raises(InvalidRequest):
        there.log_in(role, there.claims(there.web))
    assert producer("plan", "--prune", "--detailed-exitcode").code == 0
    assert vault.read(entry)["data"]["data"] == before
    assert tfe("disconnect", "acme", "web", "--plan", "--detailed-exitcode").code == 0


def test_a_variable_set_is_no_use_where_a_workspace_has_others_of_its_own(tfe, there):
    there.web.vars.create({"key": "TFC_VAULT_ADDR", "value": "https://other.example.com", "category": "env"})
    refused = tfe("connect", "acme", "web", "--varset", "aws", "--role", "net", "--yes")
    assert refused.code == TfeConflict.exit_code
    assert "acme/web has TFC_VAULT_ADDR of its own" in refused.err
    assert there.acme.varsets == []


def test_a_variable_set_goes_whole(tfe, there):
    api = there.acme.workspace("api")
    connect(tfe, "web", "api", "--varset", "aws", "--role", "net")
    assert there.acme.environment(api) == there.acme.environment(there.web)
    connect(tfe, "api", "--varset", "aws", "--role", "net")
    assert not there.acme.environment(there.web)
    assert tfe("disconnect", "acme", "api", "--varset", "aws", "--yes").code == 0
    assert there.acme.varsets == []


def test_a_variable_set_of_somebody_elses_is_used_by_force_only_and_keeps_what_it_is_attached_to(tfe, there):
    api = there.acme.workspace("api")
    theirs = there.acme.varset("shared", workspaces=[api])
    theirs.vars.create({"key": "TF_LOG", "value": "INFO", "category": "env"})
    asked = ("web", "--varset", "shared", "--role", "net")
    assert tfe("connect", "acme", *asked, "--yes").code == TfeConflict.exit_code
    connect(tfe, *asked, "--force")
    assert there.acme.environment(api) == there.acme.environment(there.web)
    assert tfe("disconnect", "acme", "web", "--varset", "shared", "--yes").code == 0
    assert there.acme.environment(api) == {"TF_LOG": "INFO"}


def test_a_variable_set_goes_even_if_one_of_its_workspaces_is_gone(tfe, there, vault):
    there.acme.workspace("api")
    connect(tfe, "web", "api", "--varset", "aws", "--role", "net")
    there.acme.workspaces.pop()
    assert tfe("disconnect", "acme", "web", "api", "--varset", "aws", "--yes").code == 0
    assert there.acme.varsets == []


def test_a_workspace_that_was_deleted_can_still_be_disconnected(tfe, there, vault):
    connect(tfe)
    role = there.web.vars.environment()["TFC_VAULT_RUN_ROLE"]
    there.acme.workspaces.clear()
    assert tfe("disconnect", "acme", "web", "--yes").code == 0
    assert vault.read(f"sys/policies/acl/{role}") is None


def test_a_workspace_that_was_renamed_is_disconnected_by_its_old_name(tfe, there):
    connect(tfe)
    role = there.web.vars.environment()["TFC_VAULT_RUN_ROLE"]
    there.web.name = "site"
    heir = there.acme.workspace("web")
    with pytest.raises(InvalidRequest):
        there.log_in(role, there.claims(heir))
    assert tfe("disconnect", "acme", "web", "--yes").code == 0
    assert there.web.vars.environment() == {}


def test_a_workspace_that_was_renamed_and_connected_anew_keeps_what_it_has_when_the_old_name_goes(tfe, there, vault):
    connect(tfe)
    old = there.web.vars.environment()["TFC_VAULT_RUN_ROLE"]
    there.web.name = "site"
    connect(tfe, "site", "--role", "net")
    assert tfe("disconnect", "acme", "web", "--yes").code == 0
    assert vault.read(f"sys/policies/acl/{old}") is None
    there.log_in(there.web.vars.environment()["TFC_VAULT_RUN_ROLE"], there.claims(there.web))


class _Killed(BaseException):
    """As if the process were gone: nothing in between catches it."""


@pytest.mark.parametrize(
    ("verb", "part"),
    [("connect", "record"), ("connect", "vault"), ("connect", "variables"),
     ("disconnect", "variables"), ("disconnect", "vault"), ("disconnect", "record")],
)  # fmt: skip
def test_a_run_that_is_killed_anywhere_is_gone_on_from(tfe, there, producer, monkeypatch, verb, part):
    asked = ("acme", "web", "--role", "net") if verb == "connect" else ("acme", "web")
    if verb == "disconnect":
        connect(tfe)
    with monkeypatch.context() as patched:
        _kill_after(part, patched)
        with pytest.raises(_Killed):
            tfe(verb, *asked, "--yes")
    assert tfe(verb, *asked, "--yes").code == 0
    assert tfe(verb, *asked, "--plan", "--detailed-exitcode").code == 0
    assert producer("plan", "--prune", "--detailed-exitcode").code == 0
    given = there.web.vars.environment()
    if verb == "connect":
        there.log_in(given["TFC_VAULT_RUN_ROLE"], there.claims(there.web))
    else:
        assert given == {}


def test_a_network_that_is_lost_midway_leaves_the_workspace_without_what_turns_it_on(tfe, there):
    there.server.fault("POST .*/vars", nth=4, times=100)
    failed = tfe("connect", "acme", "web", "--role", "net", "--yes")
    assert failed.code == TfeUnavailable.exit_code
    assert "run the same again" in failed.err
    assert "TFC_VAULT_ADDR" in there.web.vars.environment()
    assert {"TFC_VAULT_PROVIDER_AUTH", "TFC_VAULT_BACKED_AWS_AUTH"}.isdisjoint(there.web.vars.environment())
    there.server.faults.clear()
    connect(tfe)
    there.log_in(there.web.vars.environment()["TFC_VAULT_RUN_ROLE"], there.claims(there.web))


def _kill_after(part: str, patched: pytest.MonkeyPatch) -> None:
    """Ends the run right after a part of it, or in the middle of the variables."""
    name = {"record": "_record", "vault": "apply"}.get(part)
    if name:
        patched.setattr(run, name, _then_killed(getattr(run, name), 1))
    else:
        patched.setattr(place, "_write", _then_killed(place._write, 4))


def _then_killed(real: Callable[..., Any], last: int) -> Callable[..., Any]:
    calls = count(1)

    def wrapped(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        if next(calls) == last:
            raise _Killed

    return wrapped
