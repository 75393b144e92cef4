"""Which lifetime cuts off which: mount ≥ lease ≥ request, token ≥ lease, and an hour for sessions made by sessions.

Sources: https://developer.hashicorp.com/vault/docs/concepts/lease, and for role chaining
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, TypeAlias

from producer import logins
from producer.doctor.interface import Case, Check, Need
from producer.resources.login_role import LoginRole
from producer.spec import Engine, Login, Role, Spec, Team
from producer.spec.lifetimes import STS_DEFAULT_TTL, too_short
from producer.spec.model import Lease
from producer.spec.rules import SHORTEST_TTL
from vault_aws_kit import clock
from vault_aws_kit.findings import Finding
from vault_aws_kit.vault import Body

CHAINED = 3600  # seconds: the longest session that AWS gives to a session
LONG = 86400  # seconds: nobody who wants short-lived keys means a lease of more than a day
FOREVER = 10**10  # seconds: a token with a period can be renewed without end

Session: TypeAlias = Literal["yes", "no", "maybe"]
"""Whether Vault itself calls AWS with a session of a role, and not with an IAM user's key."""

_BY_USER_ONLY = ("federation_token", "session_token")

Answers: TypeAlias = Mapping[str, Body | None]


@dataclass(frozen=True)
class Limits:
    """How long a mount lets its leases or tokens live, in seconds, as Vault has it now."""

    default: int
    max: int

    @classmethod
    def of(cls, tune: Body | None) -> Limits:
        found = tune or {}
        return cls(int(found.get("default_lease_ttl") or 0), int(found.get("max_lease_ttl") or 0) or FOREVER)


class Lifetimes(Check):
    title: ClassVar[str] = "Lifetimes"
    needs: ClassVar[frozenset[Need]] = frozenset({"vault"})

    def look(self, case: Case) -> Iterator[Finding]:
        answers = case.vault.read_many(_places(case))
        live = _as_in_vault(case, answers)
        for engine in live.engines:
            roles = [role for role in live.roles if role.engine == engine.name]
            limits = Limits.of(answers[f"sys/mounts/{engine.mount}/tune"])
            found = [
                *judge_leases(engine, roles, limits),
                *judge_requests(engine, roles, limits),
                *judge_chaining(roles, _session(engine, answers[f"{engine.mount}/config/root"])),
            ]
            yield from found or [Finding("ok", engine.name, "Mount, lease and roles fit together.")]
        for team in live.teams:
            found = list(dict.fromkeys(one for login in team.logins for one in judge_login(live, team, login)))
            if team.logins:
                yield from found or [Finding("ok", f"team {team.name}", "Its tokens outlive the keys they ask for.")]


# ── judgements ───────────────────────────────────────────────────────────────────────────────────


def judge_leases(engine: Engine, roles: Sequence[Role], limits: Limits) -> Iterator[Finding]:
    """The keys of iam_user roles: `engine.lease` as Vault has it, against its mount."""
    lease = engine.lease
    if lease and lease.max > limits.max:
        told = f"The lease may last {clock.duration(lease.max)}, but the mount cuts it to {clock.duration(limits.max)}."
        yield Finding("warning", engine.name, told, _raise_mount(engine))
    if not lease and any(role.type == "iam_user" for role in roles):
        default = min(limits.default or limits.max, limits.max)
        if default > LONG:
            told = f"It has no lease config, so the keys of its iam_user roles live for {clock.duration(default)}."
            yield Finding("warning", engine.name, told, "Write `lease: {default: 15m, max: 1h}` in the spec.")


def judge_requests(engine: Engine, roles: Sequence[Role], limits: Limits) -> Iterator[Finding]:
    """What STS roles give, against the mount. Without a maximum of its own the session is cut, else only its lease.

    Source: path_user.go of Vault's AWS engine.
    """
    for role in roles:
        longest = max(role.default_ttl or STS_DEFAULT_TTL, role.max_ttl)
        if role.type in ("iam_user", "static") or longest <= limits.max:
            continue
        mount = clock.duration(limits.max)
        if limits.max < SHORTEST_TTL and not role.max_ttl:
            told = f"The mount cuts what it asks AWS for to {mount}, and AWS gives no session under 15m."
            yield Finding("error", role.qualified, told, _raise_mount(engine))
        else:
            told = f"It gives sessions of up to {clock.duration(longest)}, but the mount ends leases after {mount}."
            yield Finding("warning", role.qualified, told, _raise_mount(engine))


def judge_chaining(roles: Sequence[Role], session: Session) -> Iterator[Finding]:
    """What AWS refuses to a session: more than an hour for another role, and tokens of a user that it isn't."""
    if session == "no":
        return
    why = "Vault calls AWS as a role itself" if session == "yes" else "Vault has no key, so it may be a role itself"
    for role in roles:
        default = role.default_ttl or STS_DEFAULT_TTL
        if role.type in _BY_USER_ONLY:
            told = f"{why}, and AWS gives a {role.type} to IAM users only."
            remedy = "Make it an assumed_role, or give the engine a key: `producer bootstrap`."
            yield Finding("error" if session == "yes" else "warning", role.qualified, told, remedy)
        elif role.type == "assumed_role" and max(default, role.max_ttl) > CHAINED:
            longest = clock.duration(max(default, role.max_ttl))
            told = f"It asks for up to {longest}, but {why}, and AWS gives such a session at most 1h (role chaining)."
            sure = session == "yes" and default > CHAINED
            yield Finding("error" if sure else "warning", role.qualified, told, "Write `ttl: {default: 1h, max: 1h}`.")


def judge_login(live: Spec, team: Team, login: Login) -> Iterator[Finding]:
    """`live` and `login` as Vault has them. An iam_user lease dies with the token that asked for it."""
    for _, error in too_short(live, team, login):
        remedy = "Raise `token_ttl` and `token_max_ttl` of the login, or the auth mount's own limits."
        yield Finding("warning", f"login {login.method} at {login.mount}/", error.message, remedy)


def as_in_vault(login: Login, role: Body | None, limits: Limits) -> Login:
    """A login with its tokens' real lifetimes. `role` is what Vault has of it, None where the method has no roles.

    Where nothing is known of a token's lifetime it is taken for as long as the mount allows.
    """
    found = role or {"token_ttl": limits.max, "token_max_ttl": limits.max}
    end = int(found.get("token_explicit_max_ttl") or 0) or FOREVER
    if found.get("token_period"):
        return replace(login, token_ttl=min(int(found["token_period"]), end), token_max_ttl=end)
    longest = min(int(found.get("token_max_ttl") or 0) or limits.max, limits.max, end)
    first = min(int(found.get("token_ttl") or 0) or limits.default or longest, longest)
    return replace(login, token_ttl=first, token_max_ttl=longest)


# ── what Vault has ───────────────────────────────────────────────────────────────────────────────


def _places(case: Case) -> Iterator[str]:
    for engine in case.engines:
        yield from (f"sys/mounts/{engine.mount}/tune", f"{engine.mount}/config/lease", f"{engine.mount}/config/root")
    for team in case.spec.teams:
        for login in team.logins:
            if f"{login.mount}/" in case.logins:  # Vault calls it an error to ask after another
                yield f"sys/mounts/auth/{login.mount}/tune"
                yield from _role_path(case.spec, team, login)


def _as_in_vault(case: Case, answers: Answers) -> Spec:
    """The spec with the leases and tokens that Vault has now; logins that aren't there yet are left out."""
    engines = tuple(replace(one, lease=_lease(answers[f"{one.mount}/config/lease"])) for one in case.engines)
    names = {engine.name for engine in engines}
    roles = tuple(role for role in case.spec.roles if role.engine in names)
    teams = tuple(replace(t, roles=_there(t.roles, names), logins=_logins(case, t, answers)) for t in case.spec.teams)
    return replace(case.spec, engines=engines, roles=roles, teams=teams)


def _logins(case: Case, team: Team, answers: Answers) -> tuple[Login, ...]:
    engines = {engine.name for engine in case.engines}
    found: list[Login] = []
    for login in team.logins:
        tune = answers.get(f"sys/mounts/auth/{login.mount}/tune")
        paths = list(_role_path(case.spec, team, login))
        if tune is None or any(answers[path] is None for path in paths):
            continue
        own = None if login.roles is None else _there(login.roles, engines)
        role = answers[paths[0]] if paths else None
        found.append(as_in_vault(replace(login, roles=own), role, Limits.of(tune)))
    return tuple(found)


def _role_path(spec: Spec, team: Team, login: Login) -> Iterator[str]:
    """Where a login's role stands, for methods that have any."""
    resources = logins.resources(spec, team, login)
    yield from (one.path for one in resources if isinstance(one, LoginRole))


def _there(roles: Sequence[str], engines: set[str]) -> tuple[str, ...]:
    return tuple(name for name in roles if name.partition("/")[0] in engines)


def _lease(found: Body | None) -> Lease | None:
    lease, longest = (clock.seconds(str((found or {}).get(key) or 0)) for key in ("lease", "lease_max"))
    return Lease(lease, longest) if longest else None


def _session(engine: Engine, root: Body | None) -> Session:
    if engine.keyless or (root or {}).get("identity_token_audience"):
        return "yes"
    return "no" if (root or {}).get("access_key") else "maybe"


def _raise_mount(engine: Engine) -> str:
    if "max_lease_ttl" in engine.tune:
        return "Raise `tune.max_lease_ttl` of the engine in the spec, and run `producer setup`."
    return "`producer setup` gives the mount the longest lease that the spec asks for."
