"""The end of credentials that were put somewhere, as far as anybody can bring it about. What can't be is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from consumer import notes
from vault_aws_kit import clock
from vault_aws_kit.errors import KitError, RevokeFailed

if TYPE_CHECKING:
    from consumer.tfe.label import Label
    from vault_aws_kit.vault import Vault


def end_all(labels: Iterable[Label], connect: Callable[[], Vault]) -> bool:
    """Revoke the leases of these labels, one for each place that was cleared; whether all could be done.

    A lease that other workspaces of its push still use is left alone. `connect` is called only if there is one to
    revoke.
    """
    revocable: list[Label] = []
    for label, cleared in Counter(labels).items():
        if why := _why_not(label, cleared):
            notes.tell(why)
        else:
            revocable.append(label)
    return _revoke(revocable, connect) if revocable else True


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _why_not(label: Label, cleared: int) -> str:
    """Why nobody revokes this, '' for what is to be revoked."""
    until = f"until {clock.timestamp(label.until)}" if label.until else "until it is changed"
    if label.ended:
        return f"Key {label.key} has ended already."
    if label.temporary:
        return f"Nobody can revoke an STS session: key {label.key} of {label.origin} lives on {until}."
    if not label.lease:
        return f"Nothing to revoke: key {label.key} of {label.origin} has no lease, and lives on {until}."
    if cleared < label.places:
        return (
            f"Not revoked: key {label.key} is in {label.places} workspaces, and {label.places - cleared} still use it. "
            f"Clear them too, or revoke lease {label.lease}."
        )
    return ""


def _revoke(labels: list[Label], connect: Callable[[], Vault]) -> bool:
    try:
        vault = connect()
    except KitError as error:
        notes.report(error)
        for label in labels:
            notes.tell(f"Not revoked: lease {label.lease} of {label.vault}.")
        return False
    with vault:
        done = [_revoked(label, vault) for label in labels]
    return all(done)


def _revoked(label: Label, vault: Vault) -> bool:
    from consumer.issue import revoke

    here = (vault.settings.address, vault.settings.namespace)
    if here != (label.vault, label.namespace):
        notes.tell(f"Not revoked: lease {label.lease} is of {label.vault}{_in(label.namespace)}, not of {here[0]}.")
        return False
    try:
        revoke(vault, label.lease)
    except RevokeFailed as error:
        notes.report(error)
        return False
    notes.tell(f"Revoked lease {label.lease}: key {label.key} is deleted.")
    return True


def _in(namespace: str) -> str:
    return f" in namespace {namespace}" if namespace else ""
