"""Logins of Terraform's Vault provider: one file for each, all behind `interface.Auth`."""

from consumer.render.auth.approle import AppRole
from consumer.render.auth.aws import Aws
from consumer.render.auth.cert import Cert
from consumer.render.auth.interface import Auth
from consumer.render.auth.jwt import Jwt
from consumer.render.auth.kubernetes import Kubernetes
from consumer.render.auth.ldap import Ldap
from consumer.render.auth.oidc import Oidc
from consumer.render.auth.token import Token
from consumer.render.auth.token_file import TokenFile
from consumer.render.auth.userpass import Userpass

AUTHS: dict[str, Auth] = {
    auth.name: auth
    for auth in (
        Token(), AppRole(), Jwt(), Oidc(), Userpass(), Ldap(), Aws(), Kubernetes(), Cert(), TokenFile(),
    )
}  # fmt: skip

__all__ = ["AUTHS", "Auth"]
