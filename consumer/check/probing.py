"""One set of credentials of every role, shown to AWS and given back at once. What was got is never told.

Asking, proving and revoking are one step of a worker thread, which Ctrl-C doesn't reach: whoever stops it waits for the
steps that are under way, and no other begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from consumer import identity
from consumer.issue import SHORTEST_TTL, Parameters, issue, revoke
from vault_aws_kit.credentials import Credentials
from vault_aws_kit.errors import KitError, RevokeFailed
from vault_aws_kit.vault import PARALLEL

if TYPE_CHECKING:
    from consumer.identity import Identity
    from consumer.token import TokenInfo
    from vault_aws_kit.contract import RoleEntry
    from vault_aws_kit.vault import Vault


@dataclass(frozen=True)
class Proof:
    """What asking for one set of credentials came to. `arn` is which of several AWS roles was meant, else ''.

    `error` is why there is no `who`: Vault's refusal where `given` is false, AWS's where it is true. `left` is why what
    was given was not given back.
    """

    role: RoleEntry
    arn: str = ""
    given: bool = False
    session: bool = False
    lease_duration: int = 0
    who: Identity | None = None
    error: KitError | None = None
    left: RevokeFailed | None = None


@dataclass(frozen=True)
class Prober:
    """Asks as one token; `asked_aws` is who tells whose credentials they are."""

    vault: Vault
    token: TokenInfo
    asked_aws: Callable[[Credentials], Identity] = field(default=identity.of)

    def all(self, roles: Sequence[RoleEntry], progress: Callable[[str], None] = lambda _: None) -> tuple[Proof, ...]:
        """Several at once, and what comes is revoked; also where a person stops it meanwhile."""

        def step(target: Proof) -> Proof:
            done = self._step(target)
            progress(target.role.name)
            return done

        with ThreadPoolExecutor(PARALLEL) as pool:
            try:
                return tuple(pool.map(step, [one for role in roles for one in _targets(role)]))
            except BaseException:
                pool.shutdown(cancel_futures=True)  # waits for what is under way, which is revoked
                raise

    def _step(self, target: Proof) -> Proof:
        try:
            credentials = self._credentials(target)
        except KitError as error:
            return replace(target, error=error)
        given = replace(
            target, given=True, session=bool(credentials.session_token), lease_duration=credentials.lease_duration
        )
        try:
            given = replace(given, who=self.asked_aws(credentials))
        except KitError as error:
            given = replace(given, error=error)
        finally:
            left = self._given_back(credentials)
        return replace(given, left=left)

    def _credentials(self, target: Proof) -> Credentials:
        """Sessions are the shortest that AWS gives, as nobody can revoke them."""
        ttl = SHORTEST_TTL if target.role.sts else 0
        return issue(self.vault, self.token, target.role, Parameters(ttl=ttl, role_arn=target.arn))

    def _given_back(self, credentials: Credentials) -> RevokeFailed | None:
        try:
            if credentials.lease_id:
                revoke(self.vault, credentials.lease_id)
        except RevokeFailed as failure:
            return failure
        return None


def _targets(role: RoleEntry) -> Iterator[Proof]:
    """Every AWS role that it stands for must be named to Vault where there are several."""
    yield from (Proof(role, arn) for arn in (role.role_arns if len(role.role_arns) > 1 else ("",)))
