"""Which of the proofs that are here is taken."""

from __future__ import annotations

import pytest

from consumer.logins import proofs
from consumer.logins.target import Target

ROLE = Target(role="vak-prod-pay")


@pytest.fixture(autouse=True)
def no_pod(monkeypatch, tmp_path):
    monkeypatch.setattr(proofs, "SERVICE_ACCOUNT", tmp_path / "token")


@pytest.fixture
def pod(tmp_path):
    (tmp_path / "token").write_text("pod-token\n")


def chosen(env, target=ROLE):
    proof = proofs.choose(proofs.find(env), target)
    return (proof.method, proof.source) if proof else None


APPROLE = {"VAULT_ROLE_ID": "r", "VAULT_SECRET_ID": "s"}
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}


def test_nothing_here_is_nothing_to_log_in_with():
    assert chosen({}) is None


def test_what_was_put_here_for_it_goes_before_what_every_pod_has(pod):
    env = {"VAULT_ID_TOKEN": "jwt", **GITHUB, **APPROLE}
    order = []
    while (found := chosen(env)) != ("kubernetes", "the pod's service account"):
        order.append(found[1])
        names = {"GitHub's ID token": GITHUB, "VAULT_ROLE_ID and VAULT_SECRET_ID": APPROLE}.get(found[1], [found[1]])
        env = {name: value for name, value in env.items() if name not in names}
    assert order == ["VAULT_ROLE_ID and VAULT_SECRET_ID", "VAULT_ID_TOKEN", "GitHub's ID token"]


@pytest.mark.parametrize("env", [{"VAULT_ID_TOKEN": "jwt"}, GITHUB])
def test_a_signed_token_without_a_role_is_not_tried(env):
    assert chosen(env, Target()) is None


def test_where_the_method_is_named_vault_may_choose_the_role():
    assert chosen({"VAULT_ID_TOKEN": "jwt"}, Target(method="jwt")) == ("jwt", "VAULT_ID_TOKEN")


def test_a_role_id_alone_is_no_proof():
    assert chosen({"VAULT_ROLE_ID": "r"}) is None


@pytest.mark.parametrize(
    ("method", "env"),
    [
        ("aws", {"AWS_ACCESS_KEY_ID": "AKIA"}),
        ("userpass", {"TERRAFORM_VAULT_USERNAME": "ann", "TERRAFORM_VAULT_PASSWORD": "p"}),
        ("ldap", {"TERRAFORM_VAULT_USERNAME": "ann", "VAULT_LDAP_PASSWORD": "p"}),
    ],
)
def test_what_is_here_for_other_reasons_too_is_taken_only_by_name(method, env):
    assert chosen(env) is None
    assert chosen(env, Target(method=method))[0] == method


def test_a_client_certificate_is_taken_only_by_name(tmp_path):
    (tmp_path / "cert.pem").write_text("certificate")
    env = {"VAULT_CLIENT_CERT": str(tmp_path / "cert.pem")}
    assert chosen(env) is None
    assert chosen(env, Target(method="cert")) == ("cert", "VAULT_CLIENT_CERT")


def test_different_secrets_have_different_fingerprints_and_show_in_none():
    first, second = (proofs.find({"VAULT_ID_TOKEN": token})[0] for token in ("secret-one", "secret-two"))
    assert first.fingerprint != second.fingerprint
    assert "secret-one" not in first.fingerprint + repr(first)


def test_no_signature_of_a_token_is_told():
    from vault_aws_kit.auth.jwt import whose

    assert whose("no jwt") == ""
    assert whose("eyJhIjogMX0.eyJpc3MiOiAiaHR0cHM6Ly9jaSIsICJzZWNyZXQiOiAiY2FuYXJ5In0.c2lnbmF0dXJl") == (
        'The token says: iss "https://ci".'
    )
