"""What there is here that Vault may take as a proof of who one is: found in the environment, nobody is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from consumer.logins import github
from consumer.logins.target import Target
from vault_aws_kit.errors import SettingsInvalid
from vault_aws_kit.settings import variable

if TYPE_CHECKING:
    from vault_aws_kit.auth.interface import LoginMethod

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
"""Where every pod has it: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/"""
JWT_VARIABLES = {
    "TERRAFORM_VAULT_AUTH_JWT": "the vault provider's own variable",
    "VAULT_ID_TOKEN": "GitLab's id_tokens",
    "TFC_WORKLOAD_IDENTITY_TOKEN": "HCP Terraform's workload identity",
}
PASSWORDS = {
    "userpass": ("TERRAFORM_VAULT_USERNAME", "TERRAFORM_VAULT_PASSWORD"),
    "ldap": ("TERRAFORM_VAULT_USERNAME", "VAULT_LDAP_PASSWORD"),
}
"""The vault provider's names, and for LDAP's password that of Vault's own CLI (builtin/credential/ldap/cli.go)."""
LOOKED_FOR = (
    "VAULT_ROLE_ID with VAULT_SECRET_ID (AppRole)",
    f"VAULT_AUTH_JWT_FILE, {', '.join(JWT_VARIABLES)} (JWT)",
    f"{github.URL} (GitHub Actions)",
    f"{SERVICE_ACCOUNT} (Kubernetes)",
)


@dataclass(frozen=True)
class Proof:
    """`secret` is what tells this proof from another, as a token kept for the one is not for who has the other."""

    method: str
    source: str
    secret: str = field(repr=False)
    login: Callable[[Target], LoginMethod] = field(repr=False)
    needs_role: bool = True
    takes_role: bool = True
    """Whether a role can be named to Vault at all: an AppRole's role_id says which, and users have none."""
    by_itself: bool = True
    """Whether it is here to log in with, so that its method need not be named."""

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.secret.encode()).hexdigest()


def find(env: Mapping[str, str]) -> list[Proof]:
    """All that is here, what was most clearly put here for it first. Raises SettingsInvalid."""
    return [*_approle(env), *_jwt(env), *_github(env), *_kubernetes(env), *_passwords(env), *_cert(env), *_aws(env)]


def choose(proofs: list[Proof], target: Target) -> Proof | None:
    """The first that fits: of the method that was named, else one that is here for it and whose role is known."""
    if target.method:
        return next((proof for proof in proofs if proof.method == target.method), None)
    fitting = (proof for proof in proofs if proof.by_itself and (target.role or not proof.needs_role))
    return next(fitting, None)


def role_of(proof: Proof, target: Target) -> str:
    return target.role if proof.takes_role else ""


def mount_of(proof: Proof, target: Target) -> str:
    return target.mount or proof.method


# ── one for each method ─────────────────────────────────────────────────────────────────────────


def _approle(env: Mapping[str, str]) -> Iterator[Proof]:
    role_id, secret_id = (variable(env, name).strip() for name in ("ROLE_ID", "SECRET_ID"))

    def login(target: Target) -> LoginMethod:
        from vault_aws_kit.auth.approle import MOUNT, AppRole

        return AppRole(role_id, secret_id, target.mount or MOUNT)

    if role_id and secret_id:
        secret = f"{role_id}\n{secret_id}"
        yield Proof("approle", "VAULT_ROLE_ID and VAULT_SECRET_ID", secret, login, needs_role=False, takes_role=False)


def _jwt(env: Mapping[str, str]) -> Iterator[Proof]:
    path = variable(env, "AUTH_JWT_FILE")
    if path:
        yield signed_token(_read(path, "VAULT_AUTH_JWT_FILE"), "VAULT_AUTH_JWT_FILE")
    for name in JWT_VARIABLES:
        if env.get(name, "").strip():
            yield signed_token(env[name].strip(), name)


def signed_token(token: str, source: str) -> Proof:
    """A JWT that is there already."""

    def login(target: Target) -> LoginMethod:
        from vault_aws_kit.auth.jwt import MOUNT, Jwt

        return Jwt(token, target.role, target.mount or MOUNT)

    return Proof("jwt", source, token, login)


def _github(env: Mapping[str, str]) -> Iterator[Proof]:
    def login(target: Target) -> LoginMethod:
        from vault_aws_kit.auth.jwt import MOUNT, Jwt

        return Jwt(github.id_token(env, target.audience), target.role, target.mount or MOUNT)

    if github.here(env):
        yield Proof("jwt", "GitHub's ID token", f"{env[github.URL]}\n{env[github.TOKEN]}", login)


def _kubernetes(env: Mapping[str, str]) -> Iterator[Proof]:
    """A file that is named may hold a token projected for Vault alone, but may as well be a JWT of another kind."""
    path = variable(env, "AUTH_JWT_FILE")
    if path:
        named = service_account(_read(path, "VAULT_AUTH_JWT_FILE"), "VAULT_AUTH_JWT_FILE")
        yield replace(named, by_itself=False)
    try:
        token = SERVICE_ACCOUNT.read_text().strip()
    except (OSError, ValueError):
        return
    if token:
        yield service_account(token, "the pod's service account")


def service_account(token: str, source: str) -> Proof:
    """A service account's token that is there already."""

    def login(target: Target) -> LoginMethod:
        from vault_aws_kit.auth.kubernetes import MOUNT, Kubernetes

        return Kubernetes(token, target.role, target.mount or MOUNT)

    return Proof("kubernetes", source, token, login)


def _passwords(env: Mapping[str, str]) -> Iterator[Proof]:
    for method, names in PASSWORDS.items():
        username, word = (env.get(name, "") for name in names)
        if username and word:
            yield password(method, username, word, " and ".join(names))


def password(method: str, username: str, word: str, source: str) -> Proof:
    """A user's name and password, of `userpass` or `ldap`."""

    def login(target: Target) -> LoginMethod:
        from vault_aws_kit.auth.ldap import Ldap
        from vault_aws_kit.auth.userpass import Userpass

        return {"userpass": Userpass, "ldap": Ldap}[method](username, word, target.mount or method)

    return Proof(method, source, f"{username}\n{word}", login, needs_role=False, takes_role=False, by_itself=False)


def _cert(env: Mapping[str, str]) -> Iterator[Proof]:
    """Many connections need a client certificate anyhow, so it doesn't mean that it is to log in with."""
    path = variable(env, "CLIENT_CERT")

    def login(target: Target) -> LoginMethod:
        from vault_aws_kit.auth.cert import MOUNT, Cert

        return Cert(target.role, target.mount or MOUNT)

    if path:
        certificate = _read(path, "VAULT_CLIENT_CERT")
        yield Proof("cert", "VAULT_CLIENT_CERT", certificate, login, needs_role=False, by_itself=False)


def _aws(env: Mapping[str, str]) -> Iterator[Proof]:
    """AWS credentials are here for many reasons, so this method must be named; they are looked for when it is used."""
    server_id, region = (env.get(f"VAULT_AWS_KIT_{name}", "") for name in ("SERVER_ID", "STS_REGION"))
    profile = ":".join(env.get(f"AWS_{name}", "") for name in ("PROFILE", "ACCESS_KEY_ID", "ROLE_ARN"))
    yield aws(server_id, region, secret=profile)


def aws(server_id: str = "", region: str = "", secret: str = "") -> Proof:
    """Whatever AWS credentials boto3 finds."""

    def login(target: Target) -> LoginMethod:
        from vault_aws_kit.auth.aws import MOUNT, Aws

        return Aws(target.role, target.mount or MOUNT, server_id, region)

    return Proof("aws", "AWS credentials", secret, login, needs_role=False, by_itself=False)


def _read(path: str, name: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsInvalid(f"{name} names {path}, which can't be read: {why}.", hint=f"Correct {name}.") from None
