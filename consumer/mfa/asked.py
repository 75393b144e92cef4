"""A session as it is asked for on the command line, and the way to it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from consumer.mfa.key import Key
    from consumer.obtain import Obtained
    from consumer.sources.mfa_session import MfaSession
    from vault_aws_kit.credentials import Credentials
    from vault_aws_kit.vault import Vault


@dataclass(frozen=True)
class Asked:
    """What the options say; '' and 0 leave it to what is found. `address`, `namespace` and `team` are for Vault."""

    profile: str = ""
    serial: str = ""
    duration: int = 0
    region: str = ""
    code_from: str = ""
    no_prompt: bool = False
    team: str = ""
    address: str = ""
    namespace: str = ""


@dataclass(frozen=True)
class Way:
    """The way to one session, which can be gone as often as is needed. `name` and `region` are for who serves it."""

    key: Key
    asked: Asked
    code: str = field(default="", repr=False)
    stdin: bool = False
    keep: bool = True

    name = "mfa"
    qualified = "mfa"

    @property
    def region(self) -> str:
        return self.asked.region or self.key.region

    def obtain(self, min_ttl: int | None = None) -> Obtained:
        """The kept session while it lasts, else a fresh one. Raises NoAwsCredentials, the MfaErrors, AwsRefused, …"""
        from consumer.cache import Store
        from consumer.obtain import obtain
        from vault_aws_kit import terminal

        source = self._source(min_ttl)
        store = Store.of_user(source.secret) if self.keep else None
        obtained = obtain(source, store, min_ttl=min_ttl, say=terminal.say)
        return replace(obtained, credentials=replace(obtained.credentials, region=self.region))

    def supply(self, min_ttl: int | None) -> Callable[[], Credentials]:
        """What gives a session with a life ahead of it whenever it is called: at first the one that is got now.

        Raises what `obtain` raises. Where a code is needed later and nobody can be asked, that is told each time, with
        the command that gets a session for this process too.
        """
        from consumer import notes

        obtained = self.obtain(min_ttl)
        notes.of_obtained(obtained, min_ttl)
        first = [obtained.credentials]
        return lambda: first.pop() if first else self._fresh()

    def _fresh(self) -> Credentials:
        """One with as long a life ahead as an endpoint wants it (see `endpoint.supply`)."""
        from consumer.endpoint.supply import AHEAD
        from vault_aws_kit.mfa import LONGEST

        least = min(round(AHEAD.total_seconds()), (self.asked.duration or LONGEST) // 3)
        obtained = self.obtain(least)
        if obtained.outage:
            raise obtained.outage
        return obtained.credentials

    def _source(self, min_ttl: int | None) -> MfaSession:
        from consumer.codes.choice import Wanted
        from consumer.sources.mfa_session import MfaSession
        from vault_aws_kit import terminal

        wanted = Wanted(
            self.code, self.asked.code_from, prompt=not self.asked.no_prompt, stdin=self.stdin, say=terminal.say
        )
        codes = wanted.codes(self._vault, self._remedy(min_ttl))
        return MfaSession(self.key, codes, self.asked.serial or self.key.serial, self.asked.duration)

    def _vault(self) -> Vault:
        from consumer import session
        from vault_aws_kit.terminal import VaultOptions

        return session.connect(VaultOptions(self.asked.address, self.asked.namespace, ""), self.asked.team)

    def _remedy(self, min_ttl: int | None) -> str:
        """What a person can do where nobody is asked: the session that she gets is then kept for this process too."""
        return (
            f"Run this on a terminal first: `{self._command(min_ttl)} > /dev/null`. It keeps the session for whoever "
            "has the same key. Or say where Vault has codes: --code-from vault:totp/code/NAME."
        )

    def _command(self, min_ttl: int | None) -> str:
        """One that asks for a code whenever this process wants one."""
        from shlex import join

        from vault_aws_kit import clock

        options = {
            "--profile": self.key.profile,
            "--serial": self.asked.serial,
            "--duration": clock.duration(self.asked.duration) if self.asked.duration else "",
            "--min-ttl": clock.duration(min_ttl) if min_ttl else "",
        }
        words = [word for option, value in options.items() if value for word in (option, value)]
        return join(["consumer", "mfa", "login", *words])


def way(asked: Asked, code: str = "", *, stdin: bool = False, keep: bool = True) -> Way:
    """The way to the session that is asked for. Raises NoAwsCredentials, TemporaryAwsCredentials."""
    from consumer.mfa import key

    return Way(key.find(os.environ, asked.profile), asked, code, stdin, keep)
