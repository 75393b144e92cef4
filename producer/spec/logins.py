"""The logins of a team as the spec writes them, one model for each of Vault's auth methods, and what the API calls it.

No secret is part of any: what a method needs one for (a password, an OIDC client) is set up in Vault beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from producer.spec.shapes import Duration, MountPath, Name, Shaped
from vault_aws_kit.errors import FieldNotForType, SpecError, WrongType

Claims = dict[str, str | list[str]]
Names = Annotated[list[str], Field(min_length=1)]
Fault = tuple[str, SpecError]


class _LoginModel(Shaped):
    """What all methods have in common."""

    role_fields: ClassVar[tuple[str, ...]] = ()
    config_fields: ClassVar[tuple[str, ...]] = ()

    method: str
    name: Name | None = Field(
        default=None, description="Tells logins of one team apart; needed where two share a mount."
    )
    mount: MountPath | None = Field(default=None, description="Where the auth method is mounted; default: its name.")
    roles: list[str] | None = Field(default=None, min_length=1, description="Only these of the team's roles.")
    create_mount: bool = Field(default=False, description="Make the mount if it isn't there; else it must be.")

    def role(self) -> dict[str, Any]:
        """The method's own fields of its role, in the API's words."""
        return {field: getattr(self, field) for field in self.role_fields if getattr(self, field) is not None}

    def config(self) -> dict[str, Any]:
        """The mount's configuration, as far as the spec says it; {} leaves it alone."""
        return {field: getattr(self, field) for field in self.config_fields if getattr(self, field) is not None}

    def faults(self) -> Iterator[Fault]:
        """What is wrong beyond the shape: the field at fault, and the error."""
        if self.config() and not self.create_mount:
            told = "The mount's configuration is written only where the spec says that the mount is its own."
            yield next(iter(self.config())), FieldNotForType(told, hint="Add `create_mount: true`, or leave it out.")


class _TokenModel(_LoginModel):
    """A method whose role says how long its tokens live."""

    token_ttl: Duration | None = Field(default=None, description="Default: the longest lease of its roles.")
    token_max_ttl: Duration | None = Field(default=None, description="How long a token can be renewed for.")


class AppRoleModel(_TokenModel):
    """A role_id and a secret_id: for machines without an identity of their own."""

    method: Literal["approle"]
    create_mount: bool = True
    secret_id_ttl: Duration | None = Field(default=None, description="Default: 90d.")


class _BoundModel(_TokenModel):
    """A login by a signed token, which must be bound to claims of it: else whoever its issuer knows gets in."""

    bound_claims: Claims = Field(default={}, description="What the token must say; a value with * is a glob.")
    bound_audiences: list[str] | None = None
    bound_subject: str | None = None
    user_claim: str | None = Field(default=None, description="The claim that names who logs in, for CloudTrail.")

    def role(self) -> dict[str, Any]:
        """The role's fields; a claim that holds a * makes all of them globs, which is all that Vault can say."""
        values = [value for found in self.bound_claims.values() for value in _listed(found)]
        return {
            "role_type": self.method,
            "user_claim": self.user_claim or "sub",
            "bound_claims": dict(self.bound_claims),
            "bound_claims_type": "glob" if any("*" in value for value in values) else "string",
            "bound_audiences": list(self.bound_audiences or ()),
            "bound_subject": self.bound_subject or "",
        }

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if not self.bound_claims and not self.bound_subject:
            told = "Without `bound_claims` whoever the issuer knows could log in as this team."
            yield "method", FieldNotForType(told, hint="Bind a claim that is yours, such as a repository or a group.")
        for claim, value in self.bound_claims.items():
            if any(set(one) == {"*"} for one in _listed(value)):
                yield "bound_claims", FieldNotForType(f'`{claim}: "*"` binds nothing.', hint="Write what it must be.")


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Preset:
    """What is known of an issuer: where its keys are, the claims of which one must be bound, and what names a run."""

    issuer: str
    yours: tuple[str, ...]
    user_claim: str
    audiences: tuple[str, ...] = ()


PRESETS: Mapping[str, Preset] = {
    "github": Preset(
        issuer="https://token.actions.githubusercontent.com",
        yours=(
            "repository",
            "repository_id",
            "repository_owner",
            "repository_owner_id",
            "job_workflow_ref",
            "enterprise",
        ),
        user_claim="repository",
    ),
    "gitlab": Preset(
        issuer="https://gitlab.com",
        yours=("project_path", "project_id", "namespace_path", "namespace_id"),
        user_claim="project_path",
    ),
    "hcp": Preset(
        issuer="https://app.terraform.io",
        yours=(
            "terraform_organization_name",
            "terraform_organization_id",
            "terraform_workspace_id",
            "terraform_project_id",
        ),
        user_claim="terraform_full_workspace",
        audiences=("vault.workload.identity",),
    ),
}
"""Sources: GitHub "OpenID Connect reference", GitLab "OpenID Connect (OIDC) Authentication Using ID Tokens", HashiCorp
"Workload identity token specification"."""


class JwtModel(_BoundModel):
    """A token that a CI system or a platform signs for each run."""

    config_fields: ClassVar[tuple[str, ...]] = (
        "oidc_discovery_url", "oidc_discovery_ca_pem", "jwks_url", "jwks_ca_pem", "jwt_validation_pubkeys",
        "bound_issuer",
    )  # fmt: skip

    method: Literal["jwt"]
    preset: Literal["github", "gitlab", "hcp"] | None = Field(
        default=None, description="Fills in what is the same for everybody: issuer, audience, user_claim."
    )
    oidc_discovery_url: str | None = None
    oidc_discovery_ca_pem: str | None = None
    jwks_url: str | None = None
    jwks_ca_pem: str | None = None
    jwt_validation_pubkeys: list[str] | None = None
    bound_issuer: str | None = None

    def role(self) -> dict[str, Any]:
        made = super().role()
        if self.preset:
            known = PRESETS[self.preset]
            made["user_claim"] = self.user_claim or known.user_claim
            made["bound_audiences"] = list(self.bound_audiences or known.audiences or self._owners_audience())
        return made

    def config(self) -> dict[str, Any]:
        """A preset's issuer, or one's own installation of the same; Vault takes one source of keys."""
        said = super().config()
        if not (self.preset and self.create_mount):
            return said
        issuer = said.get("oidc_discovery_url") or PRESETS[self.preset].issuer
        keys = {} if said.keys() & _KEYS else {"oidc_discovery_url": issuer}
        return {**keys, "bound_issuer": issuer, **said}

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if not self.role()["bound_audiences"]:
            told = "`bound_audiences` is missing: a signed token says whom it is for, and that must be bound too."
            yield "method", WrongType(told, hint="Name the audience that your jobs ask for.")
        known = PRESETS[self.preset] if self.preset else None
        if known and self.bound_claims and not any(map(self._owned, known.yours)):
            told = f"None of these claims says whose it is: everybody at {self.preset} could bring the same."
            hint = f"Bind one of {', '.join(known.yours)}, with no * in its owner's name."
            yield "bound_claims", FieldNotForType(told, hint=hint)

    def _owned(self, claim: str) -> bool:
        """Whether a claim is bound to one owner: with `acme*` or `*/web` somebody else's would do too."""
        values = _listed(self.bound_claims.get(claim) or [])
        return bool(values) and not any("*" in value.partition("/")[0] for value in values)

    def _owners_audience(self) -> list[str]:
        """GitHub's tokens are for their owner's URL unless a job asks for another audience."""
        owner = str(self.bound_claims.get("repository_owner") or self.bound_claims.get("repository") or "")
        name = owner.partition("/")[0]
        guess = self.preset == "github" and not self.oidc_discovery_url and re.fullmatch(r"[\w-]+", name)
        return [f"https://github.com/{name}"] if guess else []


_KEYS = frozenset({"oidc_discovery_url", "jwks_url", "jwt_validation_pubkeys"})
"""Where Vault has an issuer's keys from: one of these."""


class OidcModel(_BoundModel):
    """A person, through a browser. The mount holds a client secret, so it is set up beforehand."""

    method: Literal["oidc"]
    create_mount: Literal[False] = False
    groups_claim: str | None = None
    oidc_scopes: list[str] | None = None
    allowed_redirect_uris: Names = ["http://localhost:8250/oidc/callback"]

    def role(self) -> dict[str, Any]:
        scopes, groups = list(self.oidc_scopes or ()), self.groups_claim or ""
        return {
            **super().role(),
            "oidc_scopes": scopes,
            "groups_claim": groups,
            "allowed_redirect_uris": self.allowed_redirect_uris,
        }


class KubernetesModel(_TokenModel):
    """A service account of a cluster."""

    role_fields: ClassVar[tuple[str, ...]] = (
        "bound_service_account_names", "bound_service_account_namespaces", "audience", "alias_name_source",
    )  # fmt: skip
    config_fields: ClassVar[tuple[str, ...]] = ("kubernetes_host", "kubernetes_ca_cert", "disable_local_ca_jwt")

    method: Literal["kubernetes"]
    bound_service_account_names: Names
    bound_service_account_namespaces: Names
    audience: str = ""
    alias_name_source: Literal["serviceaccount_uid", "serviceaccount_name"] = "serviceaccount_uid"
    kubernetes_host: str | None = None
    kubernetes_ca_cert: str | None = None
    disable_local_ca_jwt: bool | None = None

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if self.bound_service_account_names == ["*"] and self.bound_service_account_namespaces == ["*"]:
            told = "With * for both, every service account of the cluster could log in as this team."
            yield "bound_service_account_names", FieldNotForType(told, hint="Name the accounts or the namespaces.")


class AwsModel(_TokenModel):
    """An AWS identity, proved by a signed request to STS."""

    method: Literal["aws"]
    bound_iam_principal_arns: Names
    resolve_aws_unique_ids: bool = Field(default=True, description="Bind to the principal itself, not to its name.")

    def role(self) -> dict[str, Any]:
        return {
            "auth_type": "iam",
            "bound_iam_principal_arn": sorted(self.bound_iam_principal_arns),
            "resolve_aws_unique_ids": self.resolve_aws_unique_ids,
        }


class CertModel(_TokenModel):
    """A TLS client certificate. `certificate` is the CA's, or the client's own, as PEM."""

    role_fields: ClassVar[tuple[str, ...]] = (
        "certificate", "allowed_common_names", "allowed_dns_sans", "allowed_email_sans", "allowed_uri_sans",
        "allowed_organizational_units",
    )  # fmt: skip

    method: Literal["cert"]
    certificate: str
    allowed_common_names: list[str] = []
    allowed_dns_sans: list[str] = []
    allowed_email_sans: list[str] = []
    allowed_uri_sans: list[str] = []
    allowed_organizational_units: list[str] = []


class UserpassModel(_LoginModel):
    """Users of Vault who are there already, with their passwords: they get the team's policy."""

    method: Literal["userpass"]
    users: Names


class LdapModel(_LoginModel):
    """Groups, or single users, of a directory that Vault knows already: they get the team's policy."""

    method: Literal["ldap"]
    groups: list[str] = []
    users: list[str] = []

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if not self.groups and not self.users:
            yield "method", FieldNotForType("Nobody could log in: there are neither `groups` nor `users`.")


AnyLogin = AppRoleModel | JwtModel | OidcModel | KubernetesModel | AwsModel | CertModel | UserpassModel | LdapModel
METHODS: Mapping[str, type[_LoginModel]] = {
    "approle": AppRoleModel, "jwt": JwtModel, "oidc": OidcModel, "kubernetes": KubernetesModel, "aws": AwsModel,
    "cert": CertModel, "userpass": UserpassModel, "ldap": LdapModel,
}  # fmt: skip
AuthModel = Annotated[AnyLogin, Field(discriminator="method")]
