"""One set of credentials of every role, asked of AWS through Vault and revoked at once. What was got is never shown.

Asking and revoking are one step of a worker thread, which Ctrl-C doesn't reach: whoever stops the doctor waits for
the steps that are under way, and no other begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

from producer.doctor.interface import Case, Check, Need
from producer.freeze import Freeze
from producer.spec import Role
from producer.spec.rules import SHORTEST_TTL
from vault_aws_kit.errors import KitError, NotAllowed, VaultAnswered
from vault_aws_kit.findings import Finding, of_sessions
from vault_aws_kit.vault import PARALLEL, Answer, Body, Request, Vault

PATIENCE = 30.0  # seconds, while Vault is busy or changes its leader: a lease must not stay for that

_NOISE = re.compile(r",?\s*(status ?code: \d+, )?request id: [\w-]+,?\s*|\d+ errors? occurred:\s*\*?\s*", re.IGNORECASE)
_BEGUN = re.compile(r"^error (attaching|putting|adding|tagging|creating access)", re.IGNORECASE)
"""What fails once AWS has made the user, which Vault then takes away by itself. Source: its secret_access_keys.go."""

_PLACE = {"static": "static-creds"}

_ROOT_LACKS = (
    "Give the root user what the spec needs: `producer bootstrap`, or by hand what `bootstrap --print-policy` prints."
)
_NOT_TRUSTED = (
    "The AWS role must trust Vault (`producer trust --role {role}`), and the root user be allowed to assume it "
    "(`producer bootstrap --print-policy`)."
)
REMEDIES = (
    (r"sts:TagSession", "Let its trust policy allow sts:TagSession too: `producer trust --role {role}`."),
    (r"no identity-based policy allows|not authorized to perform: iam:", _ROOT_LACKS),
    (r"AccessDenied.*AssumeRole|AssumeRole.*AccessDenied", _NOT_TRUSTED),
    (r"role chaining", "Write `ttl: {{default: 1h, max: 1h}}`: AWS gives no more to a session of a session."),
    (r"minimum field value of 900", "The mount allows no lease that long: see Lifetimes."),
    (r"DurationSeconds exceeds", "Raise the AWS role's MaxSessionDuration, or shorten the role's `ttl`."),
    (r"Signature expired|Signature not yet current|RequestTimeTooSkewed|RequestExpired",
     "The clock of Vault's server is wrong: have it set by NTP."),
    (r"InvalidClientTokenId|security token included in the request is invalid|SignatureDoesNotMatch",
     "AWS doesn't take Vault's own key: `producer bootstrap` gives it another."),
    (r"NoCredentialProviders|could not obtain \w+ client|no EC2 IMDS role found",
     "Vault has no AWS credentials: `producer setup` or `producer bootstrap` gives it a key."),
    (r"NoSuchEntity", "Create what AWS doesn't know, or correct the spec."),
    (r"Packed|MalformedPolicy", "Shorten or correct the role's policies: `producer validate`."),
    (r"LimitExceeded", "A quota of the AWS account is full: see `producer audit` for users that nobody needs."),
    (r"AccessDenied", _ROOT_LACKS),
    (r"Throttl|Rate exceeded", "AWS was asked too often at once: try again later."),
    (r"role .*not found|unknown role", "Run `producer setup`."),
)  # fmt: skip
"""What to do about what AWS or Vault answered; the first that fits."""


@dataclass(frozen=True)
class Target:
    """One set of credentials to ask for; `arn` is which of several AWS roles is meant, else ''."""

    role: Role
    mount: str
    arn: str = ""

    @property
    def subject(self) -> str:
        return f"{self.role.qualified}{f' ({self.arn})' if self.arn else ''}"

    @property
    def request(self) -> Request:
        """Never sent twice, as each answer may be another set. Sessions are the shortest that AWS gives."""
        path = f"{self.mount}/{_PLACE.get(self.role.type, 'creds')}/{self.role.name}"
        if self.role.type in ("iam_user", "static"):
            return Request("read", path, repeatable=False)
        body: Body = {"ttl": f"{SHORTEST_TTL}s", **({"role_arn": self.arn} if self.arn else {})}
        return Request("update", path, body, repeatable=False)

    @property
    def leaves_session(self) -> bool:
        """Whether what it gives lives on when its lease is revoked."""
        return self.role.type not in ("iam_user", "static")


class Probe(Check):
    title: ClassVar[str] = "Probe"
    needs: ClassVar[frozenset[Need]] = frozenset({"vault"})

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress

    def look(self, case: Case) -> Iterator[Finding]:
        mounts = {engine.name: engine.mount for engine in case.engines}
        targets: list[Target] = []
        for role in case.spec.roles:
            skipped = why_not(role, mounts.get(role.engine, ""), case.freeze)
            if skipped:
                yield skipped
            else:
                targets += targets_of(role, mounts[role.engine])
        with Vault(case.vault.settings, case.vault.token, patience=PATIENCE) as vault:
            found = probe(targets, vault, self._progress)
        yield from (finding for _, finding in found)
        yield from judge_sessions([target for target, finding in found if finding.severity == "ok"])


def why_not(role: Role, mount: str, freeze: Freeze) -> Finding | None:
    """What keeps a role from being asked for, None for nothing. `mount` is '' where its engine isn't there."""
    path = f"{mount}/{'static-roles' if role.type == 'static' else 'roles'}/{role.name}"
    if not mount:
        return Finding("skipped", role.qualified, "Its engine is not there.", "Run `producer setup`.")
    if any(one.what == "all" or (one.what, one.name) == ("role", path) for one in freeze):
        return Finding("skipped", role.qualified, "It is frozen: nobody is to get credentials of it.", "See Freezes.")
    if role.mfa_serial_number:
        told = f"It needs a code of the MFA device {role.mfa_serial_number}."
        return Finding("skipped", role.qualified, told, "Ask for it by hand: `consumer creds`.")
    return None


def targets_of(role: Role, mount: str) -> list[Target]:
    """Every AWS role that it stands for must be named to Vault where there are several."""
    return [Target(role, mount, arn) for arn in (role.role_arns if len(role.role_arns) > 1 else ("",))]


def probe(
    targets: list[Target], vault: Vault, progress: Callable[[str], None] = lambda _: None
) -> list[tuple[Target, Finding]]:
    """Ask for each, several at once, and revoke what comes; also where a person stops it meanwhile."""

    def step(target: Target) -> Finding:
        finding = _asked_and_revoked(target, vault)
        progress(target.subject)
        return finding

    with ThreadPoolExecutor(PARALLEL) as pool:
        try:
            return list(zip(targets, pool.map(step, targets), strict=True))
        except BaseException:
            pool.shutdown(cancel_futures=True)  # waits for what is under way, which is revoked
            raise


def judge_refusal(target: Target, error: KitError) -> Finding:
    """AWS's own words, and what they mean for whoever keeps the spec."""
    if isinstance(error, NotAllowed):
        return Finding("error", target.subject, error.message, "`producer acl --probe` prints the policy for this.")
    if not isinstance(error, VaultAnswered) or not error.said:
        told = f"{error.message} If AWS gave something, its lease isn't known here and ends by itself."
        return Finding("error", target.subject, told, error.hint)
    said = " ".join(_NOISE.sub(" ", error.said).split()).rstrip(".")
    remedy = next((text for sign, text in REMEDIES if re.search(sign, said, re.IGNORECASE)), "")
    what = remedy.format(role=target.role.qualified) or error.hint or "Vault's log says more."
    left = " Vault deletes the IAM user that it had begun within minutes." if _BEGUN.search(said) else ""
    return Finding("error", target.subject, f"{said}.{left}", what)


def judge_answer(target: Target, answer: Answer | None) -> Finding:
    """Only whether there were credentials: what they are is looked at by nobody."""
    if answer is None:
        told = f"Vault has nothing at {target.request.path}."
        return Finding("error", target.subject, told, "Run `producer setup`.")
    if not (answer.data.get("access_key") and answer.data.get("secret_key")):
        told = f"Vault's answer at {target.request.path} holds no credentials."
        return Finding("error", target.subject, told, "Look whether that mount is an AWS secrets engine.")
    if target.role.type == "static":
        return Finding("ok", target.subject, f"Vault has the key of IAM user {target.role.username}.")
    kept = "the session lives on" if target.leaves_session else "its lease was revoked"
    return Finding("ok", target.subject, f"AWS gave credentials; {kept}.")


def judge_sessions(good: list[Target]) -> Iterator[Finding]:
    """Says of STS sessions that they are still there."""
    return of_sessions(sum(target.leaves_session for target in good), SHORTEST_TTL)


def _asked_and_revoked(target: Target, vault: Vault) -> Finding:
    try:
        answer = vault.ask(target.request)
    except KitError as error:
        return judge_refusal(target, error)
    left = _revoked(target, answer.lease_id, vault) if answer and answer.lease_id else None
    return left or judge_answer(target, answer)


def _revoked(target: Target, lease: str, vault: Vault) -> Finding | None:
    """End a lease, which returns once AWS has deleted the user; a finding where it couldn't be."""
    try:
        vault.write("sys/leases/revoke", {"lease_id": lease, "sync": True})
    except KitError as error:
        told = f"What AWS gave was not revoked: {error.message}"
        return Finding("error", target.subject, told, f"Revoke it by hand: `vault lease revoke {lease}`.")
    return None
