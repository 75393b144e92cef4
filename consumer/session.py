"""A team's connection to Vault: as the token that is there, or by a login that needs nobody.

A token of the user's own comes first. Where there is none, or Vault refuses it, and the surroundings hold a proof of
who this is, the kit logs in with that, and keeps the token for the processes after it.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_aws_kit import clock, terminal
from vault_aws_kit.errors import AWAY, KitError, NotAllowed, TokenMissing, TokenRefused

if TYPE_CHECKING:
    from consumer.logins.kept import Kept, Store
    from consumer.logins.proofs import Proof
    from consumer.logins.target import Target
    from vault_aws_kit.auth.interface import Login
    from vault_aws_kit.settings import VaultSettings
    from vault_aws_kit.vault import Vault


def connect(options: terminal.VaultOptions, team: str = "", *, patience: float = 0.0) -> Vault:
    """A connection to Vault; `team` names the role to log in with where nothing else does.

    Raises TokenMissing where there is neither a token nor anything to log in with, and LoginFailed.
    """
    from consumer.logins import proofs, target
    from vault_aws_kit.settings import VaultSettings
    from vault_aws_kit.vault import Vault

    aim = target.find(os.environ, team=team)
    found = proofs.find(os.environ)
    proof = proofs.choose(found, aim)
    token = _own_token()
    settings = VaultSettings.from_environment(address=options.address, namespace=options.namespace)
    if not proof:
        if not token:
            raise _nothing(found, aim)
        return Vault(settings, token, patience=patience)
    if not token or not _accepted(settings, token):
        if token:
            terminal.say("Vault refuses the token that is set or stored: it is expired, revoked or mistyped.")
        token = _Unattended(settings, proof, aim).token()
    return Vault(settings, token, patience=patience)


def by_itself(team: str = "") -> bool:
    """Whether there is something here to log in with that needs nobody, as often as it must."""
    from consumer.logins import proofs, target

    try:
        return proofs.choose(proofs.find(os.environ), target.find(os.environ, team=team)) is not None
    except KitError:
        return False


@dataclass(frozen=True)
class _Unattended:
    """A login that nobody is asked for, made once for all processes that need it."""

    settings: VaultSettings
    proof: Proof
    target: Target

    def token(self) -> str:
        """A token that Vault accepts: one that is kept, or a new one."""
        from consumer.logins.kept import Store

        store, key = Store.of_user(), self._key()
        if found := self._usable(store.read(key)):
            return found
        with contextlib.ExitStack() as alone:
            try:
                alone.enter_context(store.locked(key))
            except OSError as error:  # filelock's Timeout is one too
                _warn_not_kept(error)
                return self._login().token
            return self._usable(store.read(key)) or self._replaced(store, key)

    def _key(self) -> str:
        from consumer.logins import kept, proofs

        return kept.key(
            {
                "address": self.settings.address,
                "namespace": self.settings.namespace,
                "method": self.proof.method,
                "mount": proofs.mount_of(self.proof, self.target),
                "role": proofs.role_of(self.proof, self.target),
                "audience": self.target.audience,
                "proof": self.proof.fingerprint,
            }
        )

    def _usable(self, kept: Kept | None) -> str:
        """A kept token that lasts and that Vault still knows, '' otherwise."""
        return kept.token if kept and kept.fresh and _accepted(self.settings, kept.token) else ""

    def _replaced(self, store: Store, key: str) -> str:
        """A kept token that nears its end is renewed, and where that doesn't help, replaced by a new login.

        The old one is not revoked: credentials that others got with it would end at once.
        """
        from consumer.logins.kept import Kept

        old = store.read(key)
        if old and (renewed := self._renewed(old)):
            return self._keep(store, key, renewed)
        try:
            login = self._login()
        except KitError as error:
            if not old or not _accepted(self.settings, old.token):
                raise
            terminal.warn(f"{error.message} The token of an earlier login is used: it ends at {old.expires}.")
            return old.token
        return login.token if login.uses else self._keep(store, key, Kept.of(login))

    def _renewed(self, old: Kept) -> Kept | None:
        """A token with a new lease of life, None where it has none to give."""
        from vault_aws_kit.vault import Vault

        if not old.renewable:
            return None
        try:
            with Vault(self.settings, old.token) as vault:
                auth = vault.write("auth/token/renew-self").auth or {}
        except KitError:
            return None
        renewed = old.renewed(int(auth.get("lease_duration") or 0))
        return renewed if renewed.fresh else None

    def _login(self) -> Login:
        from consumer.logins.proofs import mount_of, role_of
        from vault_aws_kit.vault import Vault

        with Vault(self.settings, "") as vault:
            login = self.proof.login(self.target).login(vault)
        role = role_of(self.proof, self.target)
        place = f"auth/{mount_of(self.proof, self.target)}{f' as {role}' if role else ''}"
        life = f", for {clock.duration(login.ttl)}" if login.ttl else ""
        terminal.say(f"Logged in to Vault with {self.proof.source} at {place}{life}.")
        return login

    def _keep(self, store: Store, key: str, kept: Kept) -> str:
        try:
            store.write(key, kept)
        except OSError as error:
            _warn_not_kept(error)
        return kept.token


def _warn_not_kept(error: OSError) -> None:
    terminal.warn(f"The token can't be kept for the next process: {error.strerror or error}.")


def _own_token() -> str:
    """The user's own token, '' where there is none."""
    from vault_aws_kit.settings import find_token

    try:
        return find_token()
    except TokenMissing:
        return ""


def _accepted(settings: VaultSettings, token: str) -> bool:
    """Whether Vault knows a token; one that may not look at itself is known, and while Vault is away nobody says no."""
    from vault_aws_kit.vault import Vault

    try:
        with Vault(settings, token) as vault:
            vault.read("auth/token/lookup-self")
    except TokenRefused:
        return False
    except (NotAllowed, *AWAY):
        return True
    return True


def _nothing(found: list[Proof], aim: Target) -> TokenMissing:
    """Neither a token nor a way to get one: says what was looked for, and what is here but not enough."""
    from consumer.logins import github, proofs

    hint = "Log in first: `consumer login` (or `vault login …`)."
    if os.environ.get("GITHUB_ACTIONS") == "true" and not github.here(os.environ):
        hint = github.PERMISSION
    waiting = next((proof for proof in found if proof.by_itself and proof.needs_role and not aim.role), None)
    if waiting and not aim.method:
        hint = (
            f"{waiting.source} is here to log in with, but no role is named: set VAULT_AUTH_ROLE (and VAULT_AUTH_PATH, "
            "the auth method's mount), or VAULT_AWS_KIT_LOGIN=METHOD:MOUNT/ROLE."
        )
    return TokenMissing(
        "No Vault token: VAULT_TOKEN is not set, there is none in ~/.vault-token, and nothing to log in with"
        f"{f' by {aim.method}' if aim.method else ''}. Looked for: {'; '.join(proofs.LOOKED_FOR)}.",
        hint=hint,
    )
