"""Trust policies: which principal may assume the AWS roles that a spec's assumed_role roles name, and how.

A target role may trust others too, and other engines: only statements whose Sid is this engine's are ever replaced.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from producer.iam_account import IamAccount
from producer.pipeline import remembered
from producer.rotate_root import root_state
from producer.spec import Engine, Role, Spec
from vault_aws_kit import templating
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT
from vault_aws_kit.errors import AwsRefused, PrincipalUnknown, RootHasNoKey, UnknownReference
from vault_aws_kit.vault import Vault

Statement: TypeAlias = Mapping[str, Any]
SID = "VaultAwsKit"


@dataclass(frozen=True)
class Trust:
    """What one AWS role must say so that an engine may assume it. `own` is how the Sids of these statements begin."""

    role_arn: str
    principal: str
    own: str
    statements: tuple[Statement, ...]

    @property
    def account(self) -> str:
        return self.role_arn.split(":")[4]

    @property
    def name(self) -> str:
        return self.role_arn.rpartition("/")[2]

    @property
    def document(self) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": list(self.statements)}

    def merged(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """A trust policy with these statements in place of this engine's earlier ones, and all others as they were."""
        found = document.get("Statement") or []
        others = [one for one in ([found] if isinstance(found, dict) else found) if not self._is_own(one)]
        return {**document, "Version": document.get("Version", "2012-10-17"), "Statement": [*others, *self.statements]}

    def _is_own(self, statement: Statement) -> bool:
        return str(statement.get("Sid", "")).startswith(self.own)


@dataclass(frozen=True)
class Change:
    """A trust policy as AWS has it, and as it is to be."""

    trust: Trust
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    def __bool__(self) -> bool:
        return self.before != self.after


def trusts(spec: Spec, principals: Mapping[str, str], role: str = "") -> list[Trust]:
    """The trust of every target role, given each engine's principal; `role` (NAME or ENGINE/NAME) narrows it down."""
    found: list[Trust] = []
    for engine in spec.engines:
        roles = [one for one in spec.roles if one.engine == engine.name and one.type == "assumed_role"]
        wanted = {arn for one in roles if role in ("", one.name, one.qualified) for arn in one.role_arns}
        for arn in sorted(wanted):
            alike = [one for one in roles if arn in one.role_arns]  # all: a statement must serve each of them
            own = sid(spec, engine)
            statements = tuple(_statements(alike, principals[engine.name], own))
            found.append(Trust(arn, principals[engine.name], own, statements))
    return found


def engines_of(spec: Spec, role: str = "") -> list[Engine]:
    """The engines that assume roles at all. Raises UnknownReference where `role` is no role that does."""
    names = {one.engine for one in spec.roles if one.type == "assumed_role" and role in ("", one.name, one.qualified)}
    if role and not names:
        raise UnknownReference(f"The spec has no assumed_role role {role!r}: only those have roles in AWS to trust.")
    return [engine for engine in spec.engines if engine.name in names]


def principal_of(
    spec: Spec,
    engine: Engine,
    vault: Vault,
    account: IamAccount | None,
    catalog_mount: str = CATALOG_MOUNT,
) -> str:
    """The ARN as which an engine calls AWS: the spec's role, the catalog's, or whose key Vault holds.

    Raises PrincipalUnknown.
    """
    if engine.config.get("role_arn"):
        return str(engine.config["role_arn"])
    entry = remembered(Catalog(vault, catalog_mount), spec, engine)
    try:
        state = root_state(engine, vault, entry, account)
    except RootHasNoKey:
        if f"{engine.mount}/" not in (vault.read("sys/mounts") or {}):
            raise _unknown(
                engine, "it isn't in Vault yet", "Run `producer bootstrap` or `producer setup` first."
            ) from None
        raise _unknown(engine, "Vault uses an identity of its own there") from None
    known = entry.principal if entry and entry.key_made(state.key) else ""
    if not (state.arn or known):
        raise _unknown(engine, f"nobody here knows whose key {state.key} is")
    return state.arn or known


def changes(found: Sequence[Trust], account: IamAccount) -> list[Change]:
    """What would change in this account; roles of other accounts are left out. Raises AwsRefused if all are."""
    here = [one for one in found if one.account == account.account]
    if found and not here:
        others = ", ".join(sorted({one.account for one in found}))
        this_one = f"account {account.account} of the AWS credentials here"
        raise AwsRefused(
            f"Nothing could be looked at: none of these roles is in {this_one}.",
            hint=f"Use AWS credentials of {others}.",
        )
    return [_change(one, account) for one in here]


def apply(change: Change, account: IamAccount) -> None:
    with account.asked("iam:UpdateAssumeRolePolicy") as iam:
        iam.update_assume_role_policy(RoleName=change.trust.name, PolicyDocument=json.dumps(change.after))


def terraform(found: Sequence[Trust]) -> str:
    """The same as Terraform's data sources."""
    rows = [{"label": _label(one), "trust": one, "statements": [_hcl(s) for s in one.statements]} for one in found]
    return templating.environment().get_template("terraform/trust-policy.tf.j2").render(policies=rows)


def sid(spec: Spec, engine: Engine) -> str:
    """How the Sids of an engine's statements begin. AWS takes letters and digits only: a digest tells names apart."""
    digest = hashlib.sha256(f"{spec.name}/{engine.name}".encode()).hexdigest()[:6]
    words = f"{spec.name}-{engine.name}".split("-")
    return f"{SID}{''.join(word.capitalize() for word in words)}{digest}"


def _statements(roles: Sequence[Role], principal: str, own: str) -> list[Statement]:
    """One role without an external ID needs the statement without it; sts:TagSession never carries one."""
    base: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": principal}}
    ids = sorted({role.external_id for role in roles})
    condition = {} if "" in ids else {"Condition": {"StringEquals": {"sts:ExternalId": ids}}}
    found: list[Statement] = [{"Sid": f"{own}Assume", **base, "Action": "sts:AssumeRole", **condition}]
    tags = sorted({tuple(sorted(role.session_tags.items())) for role in roles if role.session_tags})
    for number, pairs in enumerate(tags, 1):
        exact = {f"aws:RequestTag/{key}": value for key, value in pairs}
        keys = {"aws:TagKeys": [key for key, _ in pairs]}
        only = {"Condition": {"StringEquals": exact, "ForAllValues:StringEquals": keys}}
        found.append({"Sid": f"{own}Tag{number}", **base, "Action": "sts:TagSession", **only})
    return found


def _change(trust: Trust, account: IamAccount) -> Change:
    with account.asked("iam:GetRole") as iam:
        before: Any = iam.get_role(RoleName=trust.name)["Role"]["AssumeRolePolicyDocument"]
    return Change(trust, before, trust.merged(before))


def _label(trust: Trust) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", f"{trust.account}_{trust.name}_{trust.own[-6:]}")


def _hcl(statement: Statement) -> dict[str, Any]:
    """A statement in the words of `aws_iam_policy_document`."""
    tests = [
        {"test": test, "variable": variable, "values": values if isinstance(values, list) else [values]}
        for test, pairs in (statement.get("Condition") or {}).items()
        for variable, values in pairs.items()
    ]
    return {**statement, "tests": tests}


def _unknown(engine: Engine, why: str, first: str = "") -> PrincipalUnknown:
    """`first` is what must be done before anybody can know."""
    return PrincipalUnknown(
        f"The IAM principal of engine {engine.name!r} is not known: {why}.",
        hint=first or "Say it with --principal ARN, or use AWS credentials of Vault's own account.",
    )
