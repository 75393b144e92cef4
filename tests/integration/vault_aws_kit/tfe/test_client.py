"""pytfe against a server that behaves as documented, and as documented when it misbehaves."""

from __future__ import annotations

import pytest

from tests.tfe_server.state import ALL, Account
from vault_aws_kit.errors import (
    SettingsInvalid,
    TfeConflict,
    TfeInvalid,
    TfeNotFound,
    TfeRefused,
    TfeUnavailable,
    TfeUnreadable,
)
from vault_aws_kit.tfe import locks, organization, runs, variable_sets
from vault_aws_kit.tfe.client import Tfe
from vault_aws_kit.tfe.holders.interface import Wanted, find
from vault_aws_kit.tfe.holders.variable_set import VariableSetVariables
from vault_aws_kit.tfe.holders.workspace import WorkspaceVariables
from vault_aws_kit.tfe.login import Token
from vault_aws_kit.tfe.settings import TfeSettings

ANN = Account("ann")
SECRET = Wanted("AWS_SECRET_ACCESS_KEY", "s3cret", sensitive=True, description="ours")


@pytest.fixture
def acme(tfe_server):
    return tfe_server.state.organization("acme")


@pytest.fixture
def open_as(tfe_server):
    """Opens the server as an account, without long pauses between tries."""
    opened = []

    def open_(account: Account, *organizations: str, ca: str | None = None) -> Tfe:
        token = tfe_server.state.token(account, *(organizations or ("acme",)))
        settings = TfeSettings.from_environment(
            {}, host=tfe_server.address, ca=str(tfe_server.ca_bundle) if ca is None else ca
        )
        opened.append(Tfe(settings, Token(token, "TFE_TOKEN"), pauses=(0.01, 0.01)))
        return opened[-1]

    yield open_
    for tfe in opened:
        tfe.close()


@pytest.fixture
def tfe(open_as):
    return open_as(ANN)


@pytest.fixture
def web(acme, tfe):
    """The variables of a workspace `web`."""
    acme.workspace("web")
    return WorkspaceVariables(tfe, organization.workspace(tfe, "acme", "web"))


# ── who and where ───────────────────────────────────────────────────────────────────────────────


def test_a_server_with_a_ca_of_its_own_is_trusted_only_where_that_is_named(acme, open_as):
    acme.workspace("web")
    with pytest.raises(TfeUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        organization.workspace(open_as(ANN, ca=""), "acme", "web")
    assert organization.workspace(open_as(ANN), "acme", "web").name == "web"


def test_a_ca_bundle_that_holds_no_certificate_is_named(open_as, tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(SettingsInvalid, match=r"ca\.pem"):
        organization.workspace(open_as(ANN, ca=str(tmp_path / "ca.pem")), "acme", "web")


def test_a_refused_token_is_told_by_where_it_came_from(tfe_server, tfe):
    tfe_server.state.accounts.clear()
    with pytest.raises(TfeRefused, match="TFE_TOKEN"):
        organization.workspace(tfe, "acme", "web")


def test_a_workspace_that_is_not_there_brings_the_nearest_to_mind(acme, tfe):
    for name in ("db", "web", "cache", "queue"):
        acme.workspace(name)
    with pytest.raises(TfeNotFound) as missing:
        organization.workspace(tfe, "acme", "wbe")
    assert "no workspace 'wbe'" in missing.value.message
    assert missing.value.hint == "Did you mean 'web'?"


def test_a_missing_organisation_is_told_from_a_missing_workspace(acme, tfe):
    with pytest.raises(TfeNotFound, match="no organisation 'other'"):
        organization.workspace(tfe, "other", "web")


def test_an_organisation_that_the_token_is_no_member_of_is_as_if_it_were_not_there(tfe_server, acme, tfe):
    tfe_server.state.organization("other").workspace("web")
    with pytest.raises(TfeNotFound, match="no organisation 'other'"):
        organization.workspace(tfe, "other", "web")


@pytest.mark.parametrize("name", ["a/b", "..", "", "a b", "a?b=c"])
def test_what_can_be_no_name_never_becomes_part_of_a_path(tfe_server, tfe, name):
    with pytest.raises(TfeInvalid):
        organization.workspace(tfe, "acme", name)
    assert tfe_server.asked == []


def test_workspaces_are_found_by_tags_across_pages(acme, tfe):
    for number in range(5):
        acme.workspace(f"web-{number}", "prod", "team=pay")
    acme.workspace("db", "prod")
    assert len(organization.tagged(tfe, "acme", ["prod"])) == 6
    assert [one.name for one in organization.tagged(tfe, "acme", ["prod", "team=pay"])] == [
        f"web-{number}" for number in range(5)
    ]
    with pytest.raises(TfeNotFound, match="tag nowhere"):
        organization.tagged(tfe, "acme", ["nowhere"])


def test_workspaces_are_found_by_their_project(acme, tfe):
    network = acme.project("Network team")
    acme.workspace("vpc", project=network)
    acme.workspace("web")
    assert [one.name for one in organization.of_project(tfe, "acme", "Network team")] == ["vpc"]
    with pytest.raises(TfeNotFound, match="no project 'Networks'"):
        organization.of_project(tfe, "acme", "Networks")


def test_what_a_token_may_do_is_told_with_the_workspace(acme, open_as):
    acme.workspace("web")
    found = organization.workspace(open_as(Account("ro", may=frozenset({"read-variables"}))), "acme", "web")
    assert (found.may_write_variables, found.may_lock, found.may_run) == (False, False, False)


def test_an_answer_that_pytfe_does_not_take_is_told_by_its_fields(acme, tfe):
    acme.workspace("web", nulls=True)
    with pytest.raises(TfeUnreadable, match="trigger-prefixes"):
        organization.workspace(tfe, "acme", "web")


# ── patience ────────────────────────────────────────────────────────────────────────────────────


def test_a_busy_server_is_asked_again_when_it_says(tfe_server, web):
    tfe_server.fault("GET .*/vars", times=2, status=429, headers={"Retry-After": "0"})
    assert web.variables() == []
    assert len([line for line in tfe_server.asked if "/vars" in line]) == 3


def test_a_failing_server_is_asked_again_and_at_last_told_of(tfe_server, web):
    tfe_server.fault("GET .*/vars", times=2, status=500)
    assert web.variables() == []
    tfe_server.fault("GET .*/vars", times=99, status=503)
    with pytest.raises(TfeUnavailable, match="HTTP 503"):
        web.variables()


def test_what_the_server_was_too_busy_for_is_created_once(tfe_server, acme, web):
    tfe_server.fault("POST .*/vars", status=429, headers={"Retry-After": "0"})
    web.put(SECRET)
    assert len(acme.workspaces[0].vars.items) == 1


@pytest.mark.parametrize("done", [True, False])
def test_a_variable_is_created_once_whether_or_not_the_request_arrived_before_the_connection_broke(
    tfe_server, acme, web, done
):
    tfe_server.fault("POST .*/vars", done=done)
    web.put(SECRET)
    assert [one.key for one in acme.workspaces[0].vars.items] == ["AWS_SECRET_ACCESS_KEY"]


@pytest.mark.parametrize("done", [True, False])
def test_a_lock_is_known_again_by_its_reason_where_the_answer_got_lost(tfe_server, acme, tfe, web, done):
    tfe_server.fault("POST .*/lock", done=done)
    if done:
        locks.lock(tfe, web.workspace, "this very push")
        assert acme.workspaces[0].lock == (ANN, "this very push")
    else:
        with pytest.raises(TfeUnavailable):
            locks.lock(tfe, web.workspace, "this very push")
        assert acme.workspaces[0].lock is None


def test_a_run_is_never_started_twice(tfe_server, acme, tfe, web):
    tfe_server.fault("POST .*/runs", done=True)
    with pytest.raises(TfeUnavailable, match="Nobody knows whether the run was started"):
        runs.start(tfe, web.workspace, "once")
    assert len(acme.workspaces[0].runs) == 1


# ── variables ───────────────────────────────────────────────────────────────────────────────────


def test_a_sensitive_variable_can_be_written_and_never_read_back(acme, web):
    web.put(SECRET)
    found = find(web.variables(), "AWS_SECRET_ACCESS_KEY")
    assert (found.value, found.sensitive, found.description) == (None, True, "ours")
    assert acme.environment(acme.workspaces[0]) == {"AWS_SECRET_ACCESS_KEY": "s3cret"}


def test_a_variable_is_written_anew_in_its_place(acme, web):
    web.put(SECRET)
    web.put(Wanted("AWS_SECRET_ACCESS_KEY", "other", sensitive=True), find(web.variables(), "AWS_SECRET_ACCESS_KEY"))
    assert acme.environment(acme.workspaces[0]) == {"AWS_SECRET_ACCESS_KEY": "other"}


def test_a_sensitive_variable_that_shall_be_readable_is_replaced(acme, web):
    web.put(SECRET)
    web.put(Wanted("AWS_SECRET_ACCESS_KEY", "open"), find(web.variables(), "AWS_SECRET_ACCESS_KEY"))
    assert find(web.variables(), "AWS_SECRET_ACCESS_KEY").value == "open"


def test_a_key_that_is_taken_is_told_in_the_servers_words(web):
    web.put(SECRET)
    with pytest.raises(TfeInvalid, match="Key has already been taken"):
        web.put(SECRET)


def test_a_variable_that_somebody_deleted_is_deleted(acme, web):
    web.put(SECRET)
    variable = web.variables()[0]
    acme.workspaces[0].vars.items.clear()
    web.delete(variable)


def test_a_token_that_may_only_read_is_told_that_it_may_not_delete(acme, open_as, web):
    web.put(SECRET)
    reader = WorkspaceVariables(open_as(Account("ro", may=frozenset({"read-variables"}))), web.workspace)
    with pytest.raises(TfeRefused, match="may not delete"):
        reader.delete(web.variables()[0])


# ── locks ───────────────────────────────────────────────────────────────────────────────────────


def test_a_locked_workspace_is_told_with_who_locked_it_and_why(acme, tfe, web):
    acme.workspaces[0].lock = (Account("bob"), "maintenance")
    with pytest.raises(TfeConflict, match=r"locked by user bob \(maintenance\)"):
        locks.lock(tfe, web.workspace, "ours")
    assert organization.workspace(tfe, "acme", "web").locked_by == "user bob"


def test_a_lock_of_somebody_else_is_left_alone(acme, tfe, web):
    locks.lock(tfe, web.workspace, "ours")
    acme.workspaces[0].lock = (Account("bob"), "maintenance")
    locks.unlock(tfe, web.workspace, "ours")
    assert acme.workspaces[0].lock[1] == "maintenance"


def test_who_may_not_lock_is_told_so(acme, open_as, web):
    other = open_as(Account("ci", may=ALL - {"lock"}))
    with pytest.raises(TfeRefused, match="may not lock workspace web"):
        locks.lock(other, web.workspace, "ours")


# ── variable sets ───────────────────────────────────────────────────────────────────────────────


def test_a_variable_set_is_made_filled_attached_renamed_and_deleted(acme, tfe, web):
    network = acme.project("net")
    for number in range(3):
        acme.varset(f"other {number}")
    made = variable_sets.create(tfe, "acme", "aws new", description="ours")
    VariableSetVariables(tfe, made).put(SECRET)
    variable_sets.attach(tfe, made, workspaces=[web.workspace.id], projects=[network.id])
    variable_sets.rename(tfe, made, "aws")
    found = variable_sets.find(tfe, "acme", "aws")
    assert (found.id, found.description, found.workspaces, found.projects) == (
        made.id, "ours", (web.workspace.id,), (network.id,),
    )  # fmt: skip
    assert acme.environment(acme.workspaces[0]) == {"AWS_SECRET_ACCESS_KEY": "s3cret"}
    variable_sets.delete(tfe, found)
    variable_sets.delete(tfe, found)
    assert variable_sets.find(tfe, "acme", "aws") is None


def test_a_variable_set_is_made_once_where_the_answer_got_lost(tfe_server, acme, tfe):
    tfe_server.fault("POST .*/varsets", done=True)
    made = variable_sets.create(tfe, "acme", "aws", description="ours")
    assert [one.id for one in acme.varsets] == [made.id]


# ── runs ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        (("planning", "planned", "applying", "applied"), "done"),
        (("planning", "planned_and_finished"), "done"),
        (("planning", "errored"), "failed"),
        (("planning", "planned"), "waits"),
        (("planning", "policy_override"), "waits"),
    ],
)
def test_a_runs_states_lead_to_its_outcome(acme, tfe, web, states, outcome):
    acme.workspaces[0].runs_go = states
    run = runs.start(tfe, web.workspace, "a message")
    while not run.outcome:
        run = runs.read(tfe, run)
    assert run.outcome == outcome
    assert acme.workspaces[0].runs[0].message == "a message"


def test_a_run_that_applies_by_itself_waits_for_nobody(acme, tfe, web):
    acme.workspaces[0].auto_apply = True
    acme.workspaces[0].runs_go = ("planning", "planned", "cost_estimated", "applying", "applied")
    run = runs.start(tfe, web.workspace, "a message")
    while not run.outcome:
        run = runs.read(tfe, run)
    assert run.status == "applied"


def test_a_workspace_without_a_configuration_has_no_runs(acme, tfe, web):
    acme.workspaces[0].configured = False
    with pytest.raises(TfeInvalid, match="Configuration version is missing"):
        runs.start(tfe, web.workspace, "a message")
