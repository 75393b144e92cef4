"""Every kind of Vault object that the producer manages: one file each, and this list."""

from __future__ import annotations

from collections.abc import Mapping

from producer.resources.acl_policy import AclPolicy
from producer.resources.approle import AppRole
from producer.resources.auth_config import AuthConfig
from producer.resources.aws_login_role import AwsLoginRole
from producer.resources.aws_role import AwsRole
from producer.resources.catalog_entry import CatalogEntry
from producer.resources.cert_role import CertRole
from producer.resources.interface import Resource
from producer.resources.jwt_role import JwtRole
from producer.resources.kubernetes_role import KubernetesRole
from producer.resources.lease_config import LeaseConfig
from producer.resources.member import LdapMember, UserpassUser
from producer.resources.mount import AuthMount, AwsMount, CatalogMount
from producer.resources.root_config import RootConfig
from producer.resources.static_role import StaticRole

KINDS: Mapping[str, type[Resource]] = {
    made.kind: made
    for made in (
        CatalogMount,
        AwsMount,
        AuthMount,
        RootConfig,
        LeaseConfig,
        AwsRole,
        StaticRole,
        AclPolicy,
        AuthConfig,
        AppRole,
        JwtRole,
        KubernetesRole,
        AwsLoginRole,
        CertRole,
        UserpassUser,
        LdapMember,
        CatalogEntry,
    )
}
