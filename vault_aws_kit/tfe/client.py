"""Asking Terraform Enterprise: pytfe, opened when something is first asked, with patience and in the kit's words."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from vault_aws_kit.errors import (
    KitError,
    SettingsInvalid,
    TfeConflict,
    TfeInvalid,
    TfeNotFound,
    TfeRefused,
    TfeUnavailable,
    TfeUnreadable,
)
from vault_aws_kit.tfe.login import Token, find_token
from vault_aws_kit.tfe.settings import TfeSettings

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pytfe import TFEClient
    from pytfe.errors import TFEError

T = TypeVar("T")

PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds before a question is asked again
LONGEST_PAUSE = 60.0  # of those that a server asks for
TIMEOUT = 30.0
LONGEST_REASON = 200  # characters of a server's own words


class Tfe:
    """One server, as the holder of one token. It is a context manager."""

    def __init__(self, settings: TfeSettings, token: Token, *, pauses: Sequence[float] = PAUSES) -> None:
        self.settings = settings
        self.token = token
        self._pauses = tuple(pauses)

    @property
    def host(self) -> str:
        return self.settings.host

    def ask(self, what: str, question: Callable[[TFEClient], T], *, repeatable: bool = True) -> T:
        """What a question to pytfe gives. `what` completes "can't …", as in "read workspace web".

        What the server was too busy for (429) is asked again when it says so. Where it failed, or nothing came back,
        nobody knows whether it was done: that is asked again only if it is `repeatable`.
        Raises TfeRefused, TfeNotFound, TfeConflict, TfeInvalid, TfeUnavailable, TfeUnreadable.
        """
        from pydantic import ValidationError
        from pytfe.errors import TFEError

        for pause in (*self._pauses, None):
            try:
                return question(self.client)
            except TFEError as error:
                wait = _wait(error, pause, repeatable=repeatable)
                if wait is None:
                    raise self._in_our_words(error, what) from None
                time.sleep(wait)
            except ValidationError as error:
                raise self._unreadable(what, _fields(error)) from None
            except ValueError:  # JSON, or what pytfe itself takes for impossible
                raise self._unreadable(what, "it is no JSON") from None
        raise AssertionError("the last try has no pause")

    @cached_property
    def client(self) -> TFEClient:
        """pytfe itself, which is told to try nothing again: it would also repeat what may have been done."""
        from pytfe import TFEClient, TFEConfig

        logging.getLogger("pytfe.transport").setLevel(logging.WARNING)  # below that it logs values of variables
        config = TFEConfig(
            address=self.settings.address, token=self.token.value, timeout=TIMEOUT, verify_tls=True,
            ca_bundle=self.settings.ca_bundle or None, max_retries=0, http2=False, user_agent_suffix="vault-aws-kit",
        )  # fmt: skip
        try:
            with warnings.catch_warnings():  # pytfe gives httpx a path, which httpx would rather have as a context
                warnings.simplefilter("ignore", DeprecationWarning)
                return TFEClient(config)
        except (OSError, ValueError) as error:
            raise SettingsInvalid(
                f"{self.settings.ca_bundle or 'The CA bundle'} can't be used to verify {self.host}: {error}.",
                hint="Name a file with certificates in PEM form.",
            ) from None

    def close(self) -> None:
        if "client" in vars(self):
            self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ── errors ───────────────────────────────────────────────────────────────────────────────────

    def _in_our_words(self, error: TFEError, what: str) -> KitError:
        status = error.status or 0
        if status == 401:  # noqa: PLR2004 - https://developer.hashicorp.com/terraform/cloud-docs/api-docs#authentication
            return TfeRefused(
                f"{self.host} refuses the token from {self.token.source}: it is expired, revoked, mistyped, or another "
                "host's.",
                hint=f"Run `terraform login {self.host}`, or set TFE_TOKEN to another.",
            )
        if kind := _KINDS.get(status):
            return kind(f"{self.host} can't {what}: {_reason(error)}.", hint=_HINTS[kind])
        return self._unavailable(error, what, status)

    def _unavailable(self, error: TFEError, what: str, status: int) -> TfeUnavailable:
        if not status:
            return TfeUnavailable(
                f"{self.settings.address} doesn't answer (to {what}): {_reason(error)}.",
                hint="Check the host, the network and HTTPS_PROXY; for a private CA name it with --ca-bundle or "
                "TFE_CA_BUNDLE.",
            )
        if status == 429:  # noqa: PLR2004
            return TfeUnavailable(
                f"{self.host} is too busy for this token to {what}.", hint="Wait a while, and run it again."
            )
        return TfeUnavailable(
            f"{self.host} failed to {what}: {_reason(error)} (HTTP {status}).", hint="Look at its health, and retry."
        )

    def _unreadable(self, what: str, why: str) -> TfeUnreadable:
        return TfeUnreadable(
            f"The answer of {self.settings.address} can't be read (to {what}): {why}.",
            hint="Is it a Terraform Enterprise or HCP Terraform? Others that are like it may answer in other forms.",
        )


def connect(host: str = "", ca: str = "") -> Tfe:
    """The server that is named, else that of the environment. Raises SettingsInvalid, TfeTokenMissing."""
    settings = TfeSettings.from_environment(host=host, ca=ca)
    return Tfe(settings, find_token(settings.host))


# ── inside ──────────────────────────────────────────────────────────────────────────────────────

_KINDS: dict[int, type[KitError]] = {
    403: TfeRefused,
    404: TfeNotFound,
    409: TfeConflict,
    422: TfeInvalid,
    400: TfeInvalid,
}
_HINTS: dict[type[KitError], str] = {
    TfeRefused: "Use a token that may do that.",
    TfeNotFound: "Check the name, and that the token may see it.",
    TfeConflict: "Look at its state, and retry.",
    TfeInvalid: "Correct what it names.",
}


def _wait(error: TFEError, pause: float | None, *, repeatable: bool) -> float | None:
    """For how long to wait before the same is asked again, None for never."""
    from pytfe.errors import RateLimited, ServerError

    if pause is None:
        return None
    if isinstance(error, RateLimited):
        return min(max(error.retry_after or pause, 0.0), LONGEST_PAUSE)
    return pause if isinstance(error, ServerError) and repeatable else None


def _reason(error: TFEError) -> str:
    """A server's own words, on one line and without control characters."""
    said = "".join(letter if letter.isprintable() else " " for letter in str(error)).strip().rstrip(".")
    return said[:LONGEST_REASON] or "it gives no reason"


def _fields(error: ValidationError) -> str:
    """Which fields are not of the documented form: their names, never their values."""
    names: list[Any] = [".".join(map(str, detail["loc"])) for detail in error.errors(include_input=False)]
    return f"{', '.join(sorted(set(names)))} {'is' if len(set(names)) == 1 else 'are'} not of the documented form"
