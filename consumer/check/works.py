"""Whether each role gives credentials that AWS takes, and those of the account that the catalog says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from consumer.check.interface import Case, Check
from consumer.issue import SHORTEST_TTL
from vault_aws_kit.errors import AwsUnreachable, CodeNeeded
from vault_aws_kit.findings import Finding, of_sessions

if TYPE_CHECKING:
    from consumer.check.probing import Proof
    from consumer.identity import Identity


class Works(Check):
    title: ClassVar[str] = "Credentials"
    needs_vault: ClassVar[bool] = True

    def look(self, case: Case) -> Iterator[Finding]:
        if case.unasked:
            yield case.unasked
        for proof in case.proofs:
            yield from judge(f"{case.name_of(proof.role)}{f' ({proof.arn})' if proof.arn else ''}", proof)
        yield from judge_sessions(case.proofs)


def judge(name: str, proof: Proof) -> Iterator[Finding]:
    """One finding, and another where what was given could not be given back."""
    yield _judge(name, proof)
    if proof.left:
        yield Finding("error", name, proof.left.message, proof.left.hint)


def judge_sessions(proofs: Sequence[Proof]) -> Iterator[Finding]:
    """Says of STS sessions that they are still there."""
    return of_sessions(sum(proof.session for proof in proofs), SHORTEST_TTL)


def _judge(name: str, proof: Proof) -> Finding:
    if proof.who:
        return _judge_account(name, proof, proof.who)
    message, hint = (proof.error.message, proof.error.hint) if proof.error else ("", "")
    if isinstance(proof.error, CodeNeeded):
        return Finding("skipped", name, f"It needs a code of {proof.role.mfa_serial_number}.", hint)
    if not proof.given:
        return Finding("error", name, message, hint)
    if isinstance(proof.error, AwsUnreachable):
        return Finding("skipped", name, f"Vault gave credentials; whether they work is not known: {message}", hint)
    return Finding("error", name, f"Vault gave credentials, and {message}", hint)


def _judge_account(name: str, proof: Proof, who: Identity) -> Finding:
    account = proof.arn.split(":")[4] if proof.arn else proof.role.account
    if account and account != who.account:
        told = f"Its credentials are those of account {who.account}, and the catalog says {account}."
        return Finding("error", name, told, "Ask the platform team to run `producer setup`.")
    return Finding("ok", name, f"AWS takes its credentials: they are those of {who.arn}.")
