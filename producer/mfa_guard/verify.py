"""Whether a guard holds: by AWS's own judgement, and by calls that change nothing, without MFA and with it.

Nothing here evaluates a policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

from producer.iam_account import IamAccount
from producer.mfa_guard import actions
from producer.mfa_guard.compress import compress, expand
from producer.mfa_guard.documents import ON_ONESELF
from producer.mfa_guard.observed import Observed
from producer.mfa_guard.simulation import EVERYTHING_ALLOWED, Mfa, Question, Simulator
from vault_aws_kit.errors import AwsError, GuardBroken

WORKERS = 4  # services that are asked for at a time: IAM slows down whoever asks for more
WITHOUT: tuple[Mfa, ...] = ("absent", "false")
CONTEXTS: tuple[Mfa, ...] = (*WITHOUT, "true")
SHOWN = 5  # actions that an error names


@dataclass(frozen=True)
class Verdict:
    """What a service's writes were answered with. `open` are those that are allowed without MFA.

    `writes` is how many were tried, and `with_mfa` how many of them are allowed with MFA: None if that was not tried.
    """

    service: str
    by: Literal["simulation", "call"]
    writes: int
    open: tuple[str, ...]
    with_mfa: int | None

    @property
    def told_without(self) -> str:
        return f"{len(self.open)} of {self.writes} allowed" if self.open else "denied"

    @property
    def told_with(self) -> str:
        if self.with_mfa is None:
            return "not tried"
        if self.with_mfa == self.writes:
            return "allowed"
        return f"{self.with_mfa} of {self.writes} allowed" if self.with_mfa else "denied"

    @property
    def note(self) -> str:
        """What a person should know of it, '' for nothing."""
        if self.by == "call" and self.with_mfa == 0:
            return f"{self.service} is denied with MFA too: for want of a right, perhaps; this says nothing of a guard."
        return ""


def judge_guard(iam: IamAccount, group: str, asked: Mapping[str, Sequence[str]]) -> list[Verdict]:
    """AWS's judgement of the guard alone: of whoever has its policies, and otherwise may do everything.

    `group` is its ARN, `asked` the writes of each service. Raises AwsRefused, AwsUnreachable.
    """
    return _judge(iam, group, asked, (EVERYTHING_ALLOWED,))


def judge_user(iam: IamAccount, user: str, asked: Mapping[str, Sequence[str]]) -> list[Verdict]:
    """AWS's judgement of a user, whose ARN it is: with MFA as the user is, and without as if nothing else bound it.

    A write that is denied only because nothing allows it would be open on the day on which something does.
    """
    return _judge(iam, user, asked, ())


def asked_for(service: str, found: Observed, *, every: bool = False) -> list[str]:
    """The writes of a service to ask for: each, or one for each pattern of a policy, which AWS answers more quickly.

    What the guard leaves open to users who enrol by themselves is not asked for.
    """
    own = ON_ONESELF if service == "iam" and found.enrolment == "self" else ()
    writes, known = [name for name in actions.writes(service) if name not in own], actions.known(service)
    return writes if every else [expand([pattern], writes)[0] for pattern in compress(writes, known)]


def check(verdicts: Sequence[Verdict], whom: str) -> None:
    """Raises GuardBroken where a write is allowed without MFA, or where nothing was tried."""
    if not verdicts:
        raise GuardBroken("Nothing could be tried, so nothing is known of the guard.", hint="Name other --services.")
    broken = [verdict for verdict in verdicts if verdict.open]
    if not broken:
        return
    named = [action for verdict in broken for action in verdict.open]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    raise GuardBroken(
        f"The guard doesn't hold: without MFA, AWS allows {whom} {', '.join(named[:SHOWN])}{more}.",
        hint="`producer mfa status` shows who is in the group and what it guards; `producer mfa guard` puts its"
        " policies right, and `producer mfa add` the user.",
    )


def as_json(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    return [asdict(verdict) for verdict in verdicts]


def _judge(
    iam: IamAccount, principal: str, asked: Mapping[str, Sequence[str]], with_mfa: Sequence[str]
) -> list[Verdict]:
    """`with_mfa` are the policies that the principal is judged with, beside its own, where MFA was given."""
    simulator = Simulator(iam)

    def judge(service: str) -> Verdict:
        names = [f"{service}:{name}" for name in asked[service]]
        allowed = {}
        for mfa in CONTEXTS:
            policies = with_mfa if mfa == "true" else (EVERYTHING_ALLOWED,)
            found = simulator.decide(Question(principal, names, mfa, policies=policies))
            allowed[mfa] = [name for name in names if found.get(name) == "allowed"]
        without = sorted({name for mfa in WITHOUT for name in allowed[mfa]})
        return Verdict(service, "simulation", len(names), tuple(without), len(allowed["true"]))

    with ThreadPoolExecutor(WORKERS) as pool, _other_way_told():
        return list(pool.map(judge, asked))


@contextmanager
def _other_way_told() -> Iterator[None]:
    try:
        yield
    except AwsError as error:
        error.hint = f"{error.hint} Or try it for real: `producer mfa verify --calls` with a guarded user's plain key."
        raise
