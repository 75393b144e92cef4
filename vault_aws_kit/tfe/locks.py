"""Locking a workspace, so that no run begins while its variables are written.

https://developer.hashicorp.com/terraform/cloud-docs/api-docs/workspaces#lock-a-workspace. The lock keeps runs away;
others can still write variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vault_aws_kit.errors import KitError, TfeConflict, TfeNotFound, TfeRefused, TfeUnavailable
from vault_aws_kit.tfe.client import Tfe
from vault_aws_kit.tfe.organization import Workspace, workspace

REASON = "vault-aws-kit "
"""What every reason of the kit's begins with."""


def check_unlocked(found: Workspace) -> None:
    """Raises TfeConflict, which says by whom it is locked."""
    if found.locked:
        who = f" by {found.locked_by}" if found.locked_by else ""
        reason = f" ({found.lock_reason})" if found.lock_reason else ""
        left = " A lock of the kit's own that nobody works under any more is what a kill left: unlock it on its page."
        raise TfeConflict(
            f"Workspace {found.name} is locked{who}{reason}: nothing was written to it.",
            hint="Wait until that is over, or have it unlocked, and run it again."
            + (left if found.lock_reason.startswith(REASON) else ""),
        )


@contextmanager
def held(tfe: Tfe, of: Workspace, reason: str, left: Callable[[KitError], None]) -> Iterator[None]:
    """A workspace that is locked for the block; `left` is told where it could not be unlocked after it.

    `reason` must be of this call alone: by it a lock is known again whose answer got lost.
    """
    try:
        lock(tfe, of, reason)
    except (TfeConflict, TfeRefused):
        raise
    except BaseException:  # interrupted, it may be locked all the same
        _give_up(tfe, of, reason, left, sure=False)
        raise
    try:
        yield
    finally:
        _give_up(tfe, of, reason, left, sure=True)


def lock(tfe: Tfe, of: Workspace, reason: str) -> None:
    """Lock a workspace. Raises TfeConflict where somebody else has locked it, TfeRefused."""
    from pytfe.models import WorkspaceLockOptions

    options = WorkspaceLockOptions(reason=reason)
    what = f"lock workspace {of.name}"
    try:
        tfe.ask(what, lambda client: client.workspaces.lock(of.id, options), repeatable=False)
    except TfeNotFound:
        raise _not_allowed(tfe, of, "lock") from None
    except TfeConflict:
        check_unlocked(workspace(tfe, of.organization, of.name))
        raise
    except TfeUnavailable:
        if not _is_ours(workspace(tfe, of.organization, of.name), reason):
            raise


def unlock(tfe: Tfe, of: Workspace, reason: str) -> None:
    """Give up a lock that was taken for this reason; one that is gone already is fine. Raises TfeRefused."""
    try:
        tfe.ask(f"unlock workspace {of.name}", lambda client: client.workspaces.unlock(of.id))
    except TfeNotFound:
        raise _not_allowed(tfe, of, "unlock") from None
    except TfeConflict:
        if _is_ours(workspace(tfe, of.organization, of.name), reason):
            raise


def _give_up(tfe: Tfe, of: Workspace, reason: str, left: Callable[[KitError], None], *, sure: bool) -> None:
    try:
        if sure or _is_ours(workspace(tfe, of.organization, of.name), reason):
            unlock(tfe, of, reason)
    except KitError as error:
        left(error)
    except BaseException:  # interrupted, nobody knows whether it was done
        _give_up(tfe, of, reason, left, sure=False)
        raise


def _is_ours(found: Workspace, reason: str) -> bool:
    return found.locked and found.lock_reason == reason


def _not_allowed(tfe: Tfe, of: Workspace, action: str) -> TfeRefused:
    return TfeRefused(
        f"The token from {tfe.token.source} may not {action} workspace {of.name}.",
        hint="Use a token of a team that may lock and unlock it (write access has that).",
    )
