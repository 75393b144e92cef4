"""What would break first on a long run: the token, a lease or a session.

Terraform's providers ask for credentials once and never renew them. A session lives as long as it was asked for, an IAM
user's key as long as its lease, and no longer than the token that asked for it. Sources:
https://developer.hashicorp.com/vault/docs/concepts/lease, and for role chaining
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from consumer.check.interface import Case, Check
from vault_aws_kit import clock
from vault_aws_kit.findings import Finding

if TYPE_CHECKING:
    from vault_aws_kit.contract import RoleEntry

FOREVER = 10**10  # seconds
SESSION = 3600  # seconds: what Vault asks AWS for where neither the role nor the caller says
LONGEST = 43_200  # seconds: no session of AssumeRole is longer
CHAINED = 3600  # seconds: the longest session that AWS gives to a session
SLACK = 60  # seconds: what passes between getting a token and asking for its life is no cause of anything


@dataclass(frozen=True)
class Life:
    """One role's credentials: `lasts` once they are given, in seconds, None where nobody knows. `longest` is how far
    they can be asked for (sessions) or be renewed (leases), 0 where that is not known."""

    name: str
    role: RoleEntry
    lasts: int | None
    longest: int = 0


@dataclass(frozen=True)
class TokenLife:
    """`left` as the token is, `reach` if it is renewed as often as it takes, None where that is not known, in seconds.

    `again` is whether another is got without a person.
    """

    left: int = FOREVER
    reach: int | None = FOREVER
    again: bool = False


@dataclass(frozen=True)
class Break:
    """What ends within a run, and after how many seconds."""

    subject: str
    after: int
    what: str
    remedy: str


class Lifetimes(Check):
    title: ClassVar[str] = "Lifetimes"
    needs_vault: ClassVar[bool] = True

    def look(self, case: Case) -> Iterator[Finding]:
        leases = {proof.role: proof.lease_duration for proof in case.proofs if proof.given and not proof.session}
        lives = [life_of(case.name_of(role), role, leases.get(role, 0)) for role in case.roles]
        yield from judge(lives, _token(case), case.duration)


def life_of(name: str, role: RoleEntry, lease: int = 0) -> Life:
    """`lease` is what Vault gave just now, in seconds; 0 where nobody asked, and the catalog must do."""
    if role.type == "static":
        return Life(name, role, FOREVER)
    if role.sts:
        default = role.default_ttl or SESSION
        return Life(name, role, min(default, role.max_ttl or default), role.max_ttl)
    return Life(name, role, lease or role.default_ttl or None, role.max_ttl)


def judge(lives: Sequence[Life], token: TokenLife, duration: int) -> Iterator[Finding]:
    """`duration` of the run in seconds. What ends within it comes first, the soonest first of all."""
    breaks = [found for life in lives if (found := _break(life, token, duration))]
    breaks += [found] if (found := _token_break(token, duration)) else []
    run = f"On a run of {clock.duration(duration)}"
    for number, one in enumerate(sorted(breaks, key=lambda one: one.after)):
        told = f"{run} it breaks {'first, ' if number == 0 else ''}after {_told(one.after)}: {one.what}."
        yield Finding("warning", one.subject, told, one.remedy)
    ending = {one.subject for one in breaks}
    yield from (_lasting(life, duration) for life in lives if life.name not in ending)
    yield from _judge_token(token, duration)
    yield from (finding for life in lives if (finding := _chained(life)))


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _token(case: Case) -> TokenLife:
    token = case.entry.token
    if token is None or token.expires is None:
        return TokenLife(again=case.again)
    left = max(int((token.expires - clock.now()).total_seconds()), 0)
    return TokenLife(left, case.reach if token.renewable else left, case.again)


def _break(life: Life, token: TokenLife, duration: int) -> Break | None:
    with_token = life.role.type == "iam_user" and token.left < (life.lasts or FOREVER) - SLACK
    lasts = token.left if with_token else life.lasts
    if lasts is None or lasts >= duration - (SLACK if with_token else 0):
        return None
    if life.role.sts:
        what = "its session ends, and nothing renews one"
    else:
        what = (
            f"Vault deletes its key with {'your token' if with_token else 'its lease'}, which Terraform doesn't renew"
        )
    return Break(life.name, lasts, what, _remedy(life, token, duration))


def _remedy(life: Life, token: TokenLife, duration: int) -> str:
    """What lasts long enough; where the token doesn't, what is said of the token must be done too."""
    ask = f"consumer exec --role {life.name}"
    ways = [f"`{ask} --refresh -- terraform apply` gives it ever new ones (render with --mode env); so does `serve`"]
    if life.role.sts and duration <= min(life.longest, LONGEST):
        ways.insert(0, f"`{ask} --ttl {clock.duration(duration)} -- terraform apply` asks for a session that long")
    elif not life.role.sts and duration <= life.longest:
        ways.insert(0, f"`{ask} -- terraform apply` renews its lease meanwhile")
    else:
        ways.append(f"the platform team can make its {'ttl' if life.role.sts else 'lease'} longer")
    first = "; or ".join(ways)
    return f"{first}. Your token must last as long." if _token_break(token, duration) else f"{first}."


def _token_break(token: TokenLife, duration: int) -> Break | None:
    reach = token.left if token.reach is None else token.reach
    if token.again or token.reach is None or reach >= duration - SLACK:
        return None
    renewed = "however often it is renewed" if reach > token.left + SLACK else "and can't be renewed any further"
    what = f"your Vault token ends, {renewed}, and with it `exec --refresh`, `serve` and every IAM user's key"
    remedy = (
        "Log in just before such a run (`consumer login`), as a role whose tokens live as long or are renewable; the "
        "platform team sets that by `token_ttl` and `token_max_ttl` of the login."
    )
    return Break("token", reach, what, remedy)


def _judge_token(token: TokenLife, duration: int) -> Iterator[Finding]:
    if token.left >= duration - SLACK:
        yield Finding("ok", "token", f"It lasts for a run of {clock.duration(duration)}.")
    elif token.again:
        yield Finding("ok", "token", "It ends before that, and `exec` and `serve` log in again by themselves.")
    elif token.reach is None:
        told = f"It ends in {_told(token.left)}. How far it can be renewed is not known."
        yield Finding("info", "token", told, "Let Vault be asked (see Credentials): renewing it tells.")
    elif token.reach >= duration - SLACK:
        yield Finding("ok", "token", "`exec` and `serve` renew it for that long.")


def _lasting(life: Life, duration: int) -> Finding:
    if life.lasts is None:
        told = "The catalog doesn't say how long its lease is, and nobody asked Vault."
        return Finding("skipped", life.name, told, "Let Vault be asked: see Credentials.")
    return Finding("ok", life.name, f"Its credentials last for a run of {clock.duration(duration)}.")


def _chained(life: Life) -> Finding | None:
    if life.role.type != "assumed_role" or (life.lasts or 0) <= CHAINED:
        return None
    told = (
        f"It asks for {clock.duration(life.lasts or 0)}: AWS refuses more than 1h if Vault is a role itself (chaining)."
    )
    return Finding("info", life.name, told, "If AWS says so, ask for less: `--ttl 1h`.")


def _told(amount: int) -> str:
    """Seconds, without what says nothing at their size."""
    return clock.duration(amount - amount % 60 if amount > SLACK else amount)
