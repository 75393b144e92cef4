"""Teams log in by any of Vault's methods, and each login gives what the spec says and nothing else."""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import hvac
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from vault_aws_kit import errors
from vault_aws_kit.contract import TeamEntry

ISSUER = "https://ci.example.com"


class Issuer:
    """Somebody whose signed tokens Vault trusts: a CI system."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)

    @property
    def public(self) -> str:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    def token(self, **claims: object) -> str:
        now = int(time.time())
        body = {"iss": ISSUER, "aud": "vault", "sub": "job", "iat": now, "nbf": now - 5, "exp": now + 300, **claims}
        signed = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(body)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64(signature)}"


def _part(value: object) -> str:
    return _base64(json.dumps(value).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def team(content):
    """The only team of the spec, whose logins a test replaces."""
    return content["teams"][0]


@pytest.fixture
def jwt(issuer, unique):
    """A JWT login at a mount that the spec makes."""
    return {
        "method": "jwt",
        "mount": f"jwt-{unique}",
        "create_mount": True,
        "jwt_validation_pubkeys": [issuer.public],
        "bound_issuer": ISSUER,
        "bound_audiences": ["vault"],
        "bound_claims": {"project_path": "acme/payments"},
        "user_claim": "project_path",
    }


@pytest.fixture
def log_in(stack):
    """Logs in, and gives a client with the team's token."""

    def attempt(path: str, **given: object) -> hvac.Client:
        client = hvac.Client(url=stack.vault_addr, token="")
        client.token = client.write_data(f"auth/{path}", data=given)["auth"]["client_token"]
        return client

    return attempt


def refused(call, *args, **given) -> bool:
    try:
        call(*args, **given)
    except (hvac.exceptions.Forbidden, hvac.exceptions.InvalidRequest):
        return True
    return False


def settled(producer) -> bool:
    return producer("plan", "--detailed-exitcode").code == 0


def test_a_ci_job_logs_in_by_its_signed_token_and_gets_the_teams_roles(producer, team, jwt, issuer, unique, log_in):
    team["auth"] = [jwt]
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert settled(producer)
    role = f"vak-{unique}-web"
    job = log_in(f"jwt-{unique}/login", role=role, jwt=issuer.token(project_path="acme/payments"))
    assert job.read(f"aws-{unique}/creds/app")["data"]["access_key"]
    own = job.auth.token.lookup_self()["data"]
    assert own["policies"] == [role]
    assert (own["creation_ttl"], own["display_name"]) == (3600, f"jwt-{unique}-acme/payments")
    assert refused(log_in, f"jwt-{unique}/login", role=role, jwt=issuer.token(project_path="acme/other"))
    assert refused(log_in, f"jwt-{unique}/login", role=role, jwt=Issuer().token(project_path="acme/payments"))
    assert refused(log_in, f"jwt-{unique}/login", role=role, jwt=issuer.token(project_path="acme/payments", aud="x"))


def test_plan_and_apply_of_one_workspace_get_different_roles(producer, team, jwt, issuer, unique, log_in, vault):
    claims = {"terraform_organization_name": "acme", "terraform_workspace_name": "prod-*"}
    common = {**jwt, "preset": "hcp", "bound_audiences": ["vault"], "user_claim": "sub"}
    team["auth"] = [
        {**common, "name": "plan", "roles": ["net"], "bound_claims": {**claims, "terraform_run_phase": "plan"}},
        {**common, "name": "apply", "roles": ["app"], "bound_claims": {**claims, "terraform_run_phase": "apply"}},
    ]
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert settled(producer)
    said = {"terraform_organization_name": "acme", "terraform_workspace_name": "prod-eu", "terraform_run_phase": "plan"}
    place, name = f"jwt-{unique}/login", f"vak-{unique}-web"
    planning = log_in(place, role=f"{name}.plan", jwt=issuer.token(**said))
    assert planning.auth.token.lookup_self()["data"]["policies"] == [f"{name}.plan"]
    assert refused(planning.read, f"aws-{unique}/creds/app")
    assert refused(log_in, place, role=f"{name}.apply", jwt=issuer.token(**said))
    applying = log_in(place, role=f"{name}.apply", jwt=issuer.token(**{**said, "terraform_run_phase": "apply"}))
    assert applying.read(f"aws-{unique}/creds/app")["data"]["access_key"]
    stored = vault.read(f"catalog-{unique}/data/{unique}/teams/web")["data"]["data"]["json"]
    entry = TeamEntry.from_json(stored)
    assert [role.name for role in entry.for_policies([f"{name}.plan"]).roles] == ["net"]
    assert len(entry.for_policies([name]).roles) == 2


def test_a_plan_warns_of_tokens_that_end_before_the_keys_that_they_asked_for(producer, team):
    team["auth"][0]["token_ttl"] = "5m"
    warned = producer("plan", "--format", "json")
    (told,) = [one for one in json.loads(warned.out)["warnings"] if "die with the token, after 5m" in one]
    assert told in warned.err
    assert told in producer("plan", "--format", "markdown").out


def test_a_user_of_vaults_own_gets_the_policy_and_loses_it_again(producer, team, unique, vault, log_in):
    vault.sys.enable_auth_method("userpass", path=f"up-{unique}")
    vault.write_data(f"auth/up-{unique}/users/ann", data={"password": "a-password"})
    approle = team["auth"][0]
    team["auth"] = [{"method": "userpass", "mount": f"up-{unique}", "users": ["ann"]}]
    assert producer("setup", "--yes").code == 0
    assert settled(producer)
    ann = log_in(f"up-{unique}/login/ann", password="a-password")
    assert ann.read(f"aws-{unique}/creds/app")["data"]["access_key"]
    team["auth"] = [approle]
    assert producer("setup", "--yes", "--prune").code == 0
    later = log_in(f"up-{unique}/login/ann", password="a-password")
    assert refused(later.read, f"aws-{unique}/creds/app")


def test_a_user_who_is_not_there_is_named_with_the_command_that_makes_one(producer, team, unique, vault):
    vault.sys.enable_auth_method("userpass", path=f"up-{unique}")
    team["auth"] = [{"method": "userpass", "mount": f"up-{unique}", "users": ["nobody"]}]
    partly = producer("setup", "--yes")
    assert partly.code == errors.PartlyApplied.exit_code
    assert f"There is no user 'nobody' at auth/up-{unique}" in partly.err


def enable(vault, method, path):
    """Enable an auth method, where the server has it: OpenBao's smaller builds have fewer."""
    try:
        vault.sys.enable_auth_method(method, path=path)
    except hvac.exceptions.InvalidRequest as error:
        if "plugin not found" not in str(error):
            raise
        pytest.skip(f"this server has no auth method {method}")


def test_a_group_of_the_directory_gets_the_policy(producer, team, unique, vault):
    enable(vault, "ldap", f"ldap-{unique}")
    team["auth"] = [{"method": "ldap", "mount": f"ldap-{unique}", "groups": ["ops"], "users": ["ann"]}]
    assert producer("setup", "--yes").code == 0
    assert vault.read(f"auth/ldap-{unique}/groups/ops")["data"]["policies"] == [f"vak-{unique}-web"]
    assert settled(producer)
    vault.write_data(f"auth/ldap-{unique}/groups/ops", data={"policies": "others"})
    assert "drift" in producer("plan").out


class Cluster:
    """What Vault asks a Kubernetes cluster: whose token this is. Here the token says it, and the cluster agrees."""

    def __init__(self, listen: str, host: str) -> None:
        class TokenReview(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                claims = json.loads(base64.urlsafe_b64decode(asked["spec"]["token"].split(".")[1] + "=="))
                own = claims["kubernetes.io"]
                user = f"system:serviceaccount:{own['namespace']}:{own['serviceaccount']['name']}"
                who = {"username": user, "uid": own["serviceaccount"]["uid"]}
                status = {"authenticated": True, "user": who, "audiences": claims["aud"]}
                answer = json.dumps({**asked, "status": status}).encode()
                self.send_response(201)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer((listen, 0), TokenReview)
        self.address = f"http://{host}:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    @staticmethod
    def token(issuer: Issuer, namespace: str, name: str) -> str:
        """As a service account finds it in its pod."""
        account = {"name": name, "uid": f"uid-of-{namespace}-{name}"}
        own = {"namespace": namespace, "serviceaccount": account}
        return issuer.token(sub=f"system:serviceaccount:{namespace}:{name}", aud=["cluster"], **{"kubernetes.io": own})


@pytest.fixture
def cluster(from_vault):
    made = Cluster(from_vault.listen, from_vault.host)
    yield made
    made.close()


def test_a_service_account_logs_in_by_its_name_and_namespace(producer, team, unique, door, issuer, cluster, log_in):
    mount, role = f"k8s-{unique}", f"vak-{unique}-web"
    team["auth"] = [
        {"method": "kubernetes", "mount": mount, "bound_service_account_names": ["deployer"], "token_ttl": "2h",
         "bound_service_account_namespaces": ["prod"], "create_mount": True, "kubernetes_host": cluster.address,
         "disable_local_ca_jwt": True, "kubernetes_ca_cert": door.ca.read_text()},
    ]  # fmt: skip
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert settled(producer)
    pod = log_in(f"{mount}/login", role=role, jwt=cluster.token(issuer, "prod", "deployer"))
    own = pod.auth.token.lookup_self()["data"]
    assert (own["policies"], own["creation_ttl"]) == ([role], 7200)
    assert pod.read(f"aws-{unique}/creds/app")["data"]["access_key"]
    for namespace, name in (("dev", "deployer"), ("prod", "other")):
        assert refused(log_in, f"{mount}/login", role=role, jwt=cluster.token(issuer, namespace, name))


def test_an_iam_principal_logs_in_by_its_role(producer, team, unique, vault):
    enable(vault, "aws", f"iam-{unique}")
    arn = "arn:aws:iam::123456789012:role/ci"
    team["auth"] = [
        {"method": "aws", "mount": f"iam-{unique}", "bound_iam_principal_arns": [arn], "resolve_aws_unique_ids": False},
    ]
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert settled(producer)
    assert vault.read(f"auth/iam-{unique}/role/vak-{unique}-web")["data"]["bound_iam_principal_arn"] == [arn]


def test_a_client_with_a_certificate_is_let_in_by_its_name(producer, team, unique, vault, door):
    vault.sys.enable_auth_method("cert", path=f"cert-{unique}")
    team["auth"] = [
        {
            "method": "cert",
            "mount": f"cert-{unique}",
            "certificate": door.ca.read_text(),
            "allowed_common_names": ["ci"],
        },
    ]
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert settled(producer)
    made = vault.read(f"auth/cert-{unique}/certs/vak-{unique}-web")["data"]
    assert (made["allowed_common_names"], made["token_policies"]) == (["ci"], [f"vak-{unique}-web"])


def test_a_mount_that_the_spec_does_not_make_must_be_there(producer, team, jwt, unique, vault):
    team["auth"] = [{key: jwt[key] for key in ("method", "mount", "bound_claims", "bound_audiences", "user_claim")}]
    missing = producer("setup", "--yes")
    assert missing.code == errors.MountMissing.exit_code
    assert "create_mount: true" in missing.err
    assert f"aws-{unique}/" not in vault.sys.list_mounted_secrets_engines()["data"]
    vault.sys.enable_auth_method("userpass", path=f"jwt-{unique}")
    assert producer("setup", "--yes").code == errors.WrongMountType.exit_code
    vault.sys.disable_auth_method(f"jwt-{unique}")
    vault.sys.enable_auth_method("oidc", path=f"jwt-{unique}")  # the same method by its other name
    assert producer("setup", "--yes").code == 0


def test_what_somebody_changed_in_a_login_is_drift_and_pruned_logins_are_gone(producer, team, jwt, unique, vault):
    approle = team["auth"][0]
    team["auth"] = [approle, jwt]
    assert producer("setup", "--yes").code == 0
    role = f"auth/jwt-{unique}/role/vak-{unique}-web"
    vault.write_data(role, data={**vault.read(role)["data"], "bound_claims": {"project_path": "acme/evil"}})
    plan = json.loads(producer("plan", "--format", "json").out)
    assert [(change["path"], change["reasons"], change["changed"]) for change in plan["changes"]] == [
        (role, ["drift"], ["bound_claims"])
    ]
    team["auth"] = [approle]
    assert producer("setup", "--yes", "--prune").code == 0
    assert vault.read(role) is None


def test_under_strict_attribution_nobody_names_his_own_session(producer, team, unique, vault, log_in):
    team["attribution"] = "strict"
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    place = f"auth/approle-{unique}/role/vak-{unique}-web"
    role_id = vault.read(f"{place}/role-id")["data"]["role_id"]
    secret_id = vault.write(f"{place}/secret-id")["data"]["secret_id"]
    web = log_in(f"approle-{unique}/login", role_id=role_id, secret_id=secret_id)
    assert web.read(f"aws-{unique}/creds/app")["data"]["access_key"]
    for endpoint in ("creds", "sts"):
        assert refused(web.write_data, f"aws-{unique}/{endpoint}/net", data={"role_session_name": "somebody-else"})
        asked = web.adapter.request(
            "get", f"/v1/aws-{unique}/{endpoint}/net?role_session_name=else", raise_exception=False
        )
        assert asked.status_code == 403


def test_incident_response_ends_the_tokens_of_narrower_logins_too(producer, team, jwt, issuer, unique, log_in):
    team["auth"] = [{**jwt, "name": "ci", "roles": ["app"]}]
    assert producer("setup", "--yes").code == 0
    job = log_in(f"jwt-{unique}/login", role=f"vak-{unique}-web.ci", jwt=issuer.token(project_path="acme/payments"))
    producer("revoke", "--team", "web", "--yes", "--freeze")
    assert refused(job.auth.token.lookup_self)
    again = log_in(f"jwt-{unique}/login", role=f"vak-{unique}-web.ci", jwt=issuer.token(project_path="acme/payments"))
    assert refused(again.read, f"aws-{unique}/creds/app")
