"""`producer revoke`, `--freeze` and `producer thaw`: credentials end, AWS proves it, and others go on."""

from __future__ import annotations

import contextlib
import json

import hvac
import pytest

from producer import lock as locks
from producer.iam_account import DENY_NAME
from producer.incident import proof
from vault_aws_kit import errors


@pytest.fixture
def estate(producer, content):
    """Two teams that share the role `app`; `ops` alone has `own`."""
    content["roles"][0]["role_arns"] = [f"arn:aws:iam::123456789012:role/{content['name']}"]
    content["roles"][1]["path"] = f"/{content['name']}/"
    content["roles"].append({**content["roles"][1], "name": "own"})
    content["teams"] = [
        {**content["teams"][0], "name": "web", "roles": ["app", "net"]},
        {**content["teams"][0], "name": "ops", "roles": ["app", "own"]},
    ]
    done = producer("setup", "--yes")
    assert done.code == 0, done.err


@pytest.fixture
def login(estate, producer, stack):
    """Logs in as a team, as the team does; gives its client, which remembers how to log in again."""

    def log_in(team):
        given = json.loads(producer("handover", team, "--format", "json").out)
        client = hvac.Client(url=stack.vault_addr)
        secret = client.sys.unwrap(given["wrapping_token"])["data"]["secret_id"]
        client.again = lambda: client.auth.approle.login(given["role_id"], secret, mount_point=given["mount"])
        client.again()
        return client

    return log_in


@pytest.fixture
def net(aws, unique):
    """The IAM role that the role `net` gives, in AWS."""
    iam = aws.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=unique, AssumeRolePolicyDocument=trust)
    yield iam
    with contextlib.suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_role_policy(RoleName=unique, PolicyName=DENY_NAME)


def revoked(run):
    """What a run with --format json reports."""
    return json.loads(run.out)


def told(items):
    return "\n".join(f"{item['what']}: {item['how']}" for item in items)


def test_revoking_a_role_ends_its_credentials_and_aws_proves_it(login, producer, unique, aws):
    keys = [login("web").read(f"aws-{unique}/creds/app")["data"]["access_key"] for _ in range(2)]
    other = login("ops").read(f"aws-{unique}/creds/own")["data"]["access_key"]
    users = [aws.owner_of(key) for key in keys]
    run = producer("revoke", "--role", "app", "--yes", "--format", "json")
    assert run.code == 0, run.err
    assert "AWS doesn't know their 2 IAM users any more" in told(revoked(run)["dead"])
    iam = aws.client("iam")
    for user in users:
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_user(UserName=user)
    assert aws.owner_of(other)


def test_revoking_a_team_leaves_the_other_teams_login_and_its_credentials_of_a_shared_role_alive(
    login, producer, unique, aws
):
    web, ops = login("web"), login("ops")
    dead = aws.owner_of(web.read(f"aws-{unique}/creds/app")["data"]["access_key"])
    alive = aws.owner_of(ops.read(f"aws-{unique}/creds/app")["data"]["access_key"])
    run = producer("revoke", "--team", "web", "--yes", "--format", "json")
    assert run.code in (0, errors.RevokeIncomplete.exit_code)
    report = revoked(run)
    assert "1 token with the policy" in told(report["dead"])
    assert "1 secret_id of web" in told(report["dead"])
    assert "AWS doesn't know their 1 IAM user any more" in told(report["dead"])
    assert not user_exists(aws, dead)
    assert user_exists(aws, alive)
    with pytest.raises(hvac.exceptions.Forbidden):
        web.auth.token.lookup_self()
    with pytest.raises(hvac.exceptions.InvalidRequest):
        web.again()
    assert ops.auth.token.lookup_self()
    assert ops.read(f"aws-{unique}/creds/app")
    assert ops.again()


def user_exists(aws, user):
    iam = aws.client("iam")
    try:
        return bool(iam.get_user(UserName=user))
    except iam.exceptions.NoSuchEntityException:
        return False


def test_revoking_all_ends_every_role(login, producer, unique, aws, net):
    users = [
        aws.owner_of(login("web").read(f"aws-{unique}/creds/app")["data"]["access_key"]),
        aws.owner_of(login("ops").read(f"aws-{unique}/creds/own")["data"]["access_key"]),
    ]
    run = producer("revoke", "--all", "--yes")
    assert run.code == 0, run.err
    assert "DEAD" in run.out
    assert not any(user_exists(aws, user) for user in users)


def test_sessions_of_an_assumed_role_are_denied_from_now_on_backwards(login, producer, unique, net):
    login("web").write_data(f"aws-{unique}/sts/net", data={"ttl": "900s"})
    run = producer("revoke", "--role", "net", "--yes", "--format", "json")
    assert run.code == 0, run.err
    assert "AWS denies whatever was issued before" in told(revoked(run)["dead"])
    (statement,) = net.get_role_policy(RoleName=unique, PolicyName=DENY_NAME)["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "*", "*")
    assert list(statement["Condition"]["DateLessThan"]) == ["aws:TokenIssueTime"]


def test_sessions_can_be_left_alone_and_are_said_to_live_until_then(login, producer, unique, net):
    run = producer("revoke", "--role", "net", "--keep-sessions", "--yes", "--format", "json")
    assert run.code == 0
    (session,) = revoked(run)["alive"]
    assert session["until"].endswith("Z")
    with pytest.raises(net.exceptions.NoSuchEntityException):
        net.get_role_policy(RoleName=unique, PolicyName=DENY_NAME)


def test_sessions_of_a_role_that_another_team_uses_live_on_when_one_team_is_revoked(
    producer, content, estate, net, unique
):
    content["teams"][1]["roles"].append("net")
    producer("setup", "--yes")
    run = producer("revoke", "--team", "web", "--yes", "--format", "json")
    assert run.code == 0, run.err
    assert "other teams use them too" in told(revoked(run)["alive"])
    with pytest.raises(net.exceptions.NoSuchEntityException):
        net.get_role_policy(RoleName=unique, PolicyName=DENY_NAME)


def test_federation_tokens_are_denied_on_the_user_whose_key_vault_has(producer, content, unique, aws, monkeypatch):
    iam = aws.client("iam")
    iam.create_user(UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    content["roles"][0] = {
        "name": "net",
        "type": "federation_token",
        "policy_document": content["roles"][1]["policy_document"],
    }
    with monkeypatch.context() as root:
        root.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        root.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        assert producer("setup", "--yes").code == 0
    run = producer("revoke", "--role", "net", "--yes")
    assert run.code == 0, run.err
    document = iam.get_user_policy(UserName=unique, PolicyName=DENY_NAME)["PolicyDocument"]
    assert "aws:TokenIssueTime" in str(document)


def test_a_role_in_another_account_is_not_reached_and_it_is_said_what_to_do(producer, content, estate):
    content["roles"][0]["role_arns"] = ["arn:aws:iam::111122223333:role/net"]
    producer("setup", "--yes")
    run = producer("revoke", "--role", "net", "--yes", "--format", "json")
    assert run.code == errors.RevokeIncomplete.exit_code
    assert "111122223333" in told(revoked(run)["unreached"])
    assert "Run this again with AWS credentials of account 111122223333" in run.err


def test_without_aws_credentials_leases_end_and_it_is_said_that_nothing_is_proved(
    login, producer, unique, aws, monkeypatch
):
    user = aws.owner_of(login("web").read(f"aws-{unique}/creds/app")["data"]["access_key"])
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    run = producer("revoke", "--role", "app", "--yes", "--format", "json")
    assert run.code == errors.RevokeIncomplete.exit_code
    assert "could not be proved" in told(revoked(run)["unreached"])
    assert not user_exists(aws, user)


def test_a_user_that_no_lease_ends_any_more_is_not_called_dead(login, producer, unique, aws, monkeypatch):
    monkeypatch.setattr(proof, "PATIENCE", 1.0)
    iam = aws.client("iam")
    login("web").read(f"aws-{unique}/creds/app")
    stray = f"vault-approle-{unique}-app-1700000000-abcdefghij"
    iam.create_user(UserName=stray, Path=f"/{unique}/")
    run = producer("revoke", "--role", "app", "--yes", "--format", "json")
    iam.delete_user(UserName=stray)
    assert run.code == errors.RevokeIncomplete.exit_code
    assert stray in told(revoked(run)["unreached"])


def test_a_lease_that_can_not_be_revoked_is_told_and_the_others_end(login, producer, vault, unique, aws, monkeypatch):
    monkeypatch.setattr(proof, "PATIENCE", 1.0)
    login("ops").read(f"aws-{unique}/creds/app")
    own = aws.owner_of(login("ops").read(f"aws-{unique}/creds/own")["data"]["access_key"])
    vault.sys.create_or_update_policy(
        f"half-{unique}",
        'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }\n'
        f'path "sys/leases/revoke-prefix/aws-{unique}/creds/app" {{ capabilities = ["deny"] }}',
    )
    token = vault.auth.token.create(policies=[f"half-{unique}"])["auth"]["client_token"]
    monkeypatch.setenv("VAULT_TOKEN", token)
    run = producer("revoke", "--all", "--keep-sessions", "--yes", "--format", "json")
    assert run.code == errors.RevokeIncomplete.exit_code
    assert f"1 lease of aws-{unique}/roles/app" in told(revoked(run)["unreached"])
    assert not user_exists(aws, own)


# ── freeze and thaw ──────────────────────────────────────────────────────────────────────────────


def test_a_frozen_role_refuses_a_live_token_at_once_and_other_roles_go_on(login, producer, unique):
    web, ops = login("web"), login("ops")
    assert producer("revoke", "--role", "app", "--freeze", "--yes").code == 0
    for client in (web, ops):
        with pytest.raises(hvac.exceptions.Forbidden):
            client.read(f"aws-{unique}/creds/app")
    assert ops.read(f"aws-{unique}/creds/own")
    assert web.read(f"aws-{unique}/creds/net")


def test_setup_keeps_a_freeze_and_the_plan_shows_it(login, producer, content, unique):
    web = login("web")
    producer("revoke", "--role", "app", "--freeze", "--yes")
    shown = producer("plan", "--detailed-exitcode")
    assert shown.code == 0, shown.out
    assert f"Frozen, and kept so (`producer thaw` ends it):\n  role aws-{unique}/roles/app, since" in shown.out
    content["teams"][0]["roles"] = ["app", "net", "own"]
    shown = producer("plan")
    assert "changed in the spec" in shown.out
    assert "drift" not in shown.out
    assert producer("setup", "--yes").code == 0
    with pytest.raises(hvac.exceptions.Forbidden):
        web.read(f"aws-{unique}/creds/app")
    assert web.read(f"aws-{unique}/creds/own")
    assert "Frozen" in producer("status").out
    assert json.loads(producer("plan", "--format", "json").out)["frozen"][0]["name"] == f"aws-{unique}/roles/app"


def test_a_thaw_gives_the_role_back_and_leaves_everything_as_the_spec_says(login, producer, unique):
    web = login("web")
    producer("revoke", "--role", "app", "--freeze", "--yes")
    thawed = producer("thaw", "--role", "app", "--yes")
    assert thawed.code == 0, thawed.err
    assert f"Thawed: role aws-{unique}/roles/app" in thawed.out
    assert web.read(f"aws-{unique}/creds/app")
    assert producer("plan", "--detailed-exitcode").code == 0


def test_a_frozen_team_gets_nothing_even_after_a_new_login_and_others_do(login, producer, unique):
    producer("revoke", "--team", "web", "--freeze", "--keep-sessions", "--yes")
    web, ops = login("web"), login("ops")
    for path in ("creds/app", "creds/net", "sts/net"):
        with pytest.raises(hvac.exceptions.Forbidden):
            web.read(f"aws-{unique}/{path}")
    assert web.auth.token.renew_self()
    assert ops.read(f"aws-{unique}/creds/app")


def test_all_can_be_frozen_and_a_role_is_not_thawed_out_of_that(login, producer, unique):
    web = login("web")
    producer("revoke", "--all", "--freeze", "--keep-sessions", "--yes")
    still = producer("thaw", "--role", "app", "--yes")
    assert "Still frozen: all roles" in still.err
    with pytest.raises(hvac.exceptions.Forbidden):
        web.read(f"aws-{unique}/creds/app")
    assert producer("thaw", "--all", "--yes").code == 0
    assert web.read(f"aws-{unique}/creds/app")


def test_a_plan_that_was_kept_before_a_freeze_is_refused_after_it(login, producer, content, tmp_path):
    content["teams"].append({**content["teams"][0], "name": "new"})
    file = str(tmp_path / "plan")
    assert producer("plan", "--out", file).code == 0
    producer("revoke", "--role", "own", "--freeze", "--yes")
    assert producer("setup", file, "--yes").code == errors.PlanStale.exit_code


# ── what may be asked ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("verb", ["thaw", "revoke"])
def test_a_spec_that_the_catalog_does_not_have_is_no_success(estate, producer, unique, verb):
    done = producer(verb, "--all", "--name", f"{unique}-nosuch", "--yes")
    assert done.code == errors.CatalogMissing.exit_code
    assert f"no spec '{unique}-nosuch'" in done.err


@pytest.mark.parametrize("flags", [[], ["--role", "app", "--all"], ["--team", "web", "--role", "app"]])
def test_exactly_one_target_must_be_named(estate, producer, flags):
    assert producer("revoke", *flags, "--yes").code == errors.USAGE


@pytest.mark.parametrize(
    ("flags", "error"),
    [(["--role", "nobody"], errors.RoleUnknown), (["--team", "nobody"], errors.TeamUnknown)],
)
def test_a_name_that_is_not_there_is_told_with_those_that_are(estate, producer, flags, error):
    refused = producer("revoke", *flags, "--yes")
    assert refused.code == error.exit_code
    assert "app" in refused.err or "ops" in refused.err


def test_nothing_ends_where_nobody_can_be_asked(login, producer, unique, aws):
    user = aws.owner_of(login("web").read(f"aws-{unique}/creds/app")["data"]["access_key"])
    assert producer("revoke", "--all").code == errors.Declined.exit_code
    assert user_exists(aws, user)


def test_the_specs_file_is_not_needed(login, producer, unique, aws, content):
    user = aws.owner_of(login("web").read(f"aws-{unique}/creds/app")["data"]["access_key"])
    content["version"] = "broken"
    run = producer("revoke", "--name", unique, "--role", "main/app", "--yes")
    assert run.code == 0, run.err
    assert not user_exists(aws, user)


def test_a_spec_that_the_catalog_does_not_know_is_refused(estate, producer):
    assert producer("revoke", "--name", "nobody", "--all", "--yes").code == errors.CatalogMissing.exit_code


def test_a_freeze_and_a_thaw_are_killed_anywhere_and_said_again_end_as_they_should(
    producer, killed, vault, unique, monkeypatch
):
    assert producer("setup", "--yes").code == 0
    policy = f"sys/policies/acl/vak-{unique}-web"
    spec = vault.read(policy)["data"]["policy"]
    freezing = ("revoke", "--role", "app", "--freeze", "--yes", "--keep-sessions")
    survived = 0
    while killed(survived, *freezing):
        survived += 1
        assert producer("setup", "--yes", "--force-unlock").code == 0
        producer(*freezing)
        assert 'capabilities = ["deny"]' in vault.read(policy)["data"]["policy"]
        assert producer("plan", "--detailed-exitcode").code == 0
        assert producer("thaw", "--all", "--yes").code == 0
    assert survived > 2
    producer(*freezing)
    monkeypatch.setattr(locks, "TTL", 0.0)  # a killed run's lock is free at once
    survived = 0
    while killed(survived, "thaw", "--role", "app", "--yes"):
        survived += 1
        producer("thaw", "--role", "app", "--yes")
        assert vault.read(policy)["data"]["policy"].strip() == spec.strip()
        producer(*freezing)
    assert survived > 1
