"""Taking back what was made when the rest can't be done, whether it failed or somebody stopped it."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from vault_aws_kit.errors import KitError


class Undo:
    """A context manager: what was made inside is taken back if it ends otherwise than `done`.

    A step is noted before the request that makes something, as the answer to one that was carried out may get lost;
    so each must be fine with nothing being there.
    """

    def __init__(self, say: Callable[[str], None], rerun: str) -> None:
        """`rerun` is the command that cleans up what can't be taken back now."""
        self._say = say
        self._rerun = rerun
        self._steps: list[tuple[str, Callable[[], None]]] = []
        self._settled: Callable[[], bool] = lambda: False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, (Exception, KeyboardInterrupt)) and self._steps and not self._is_settled():
            self._take_back()

    def later(self, what: str, step: Callable[[], None]) -> None:
        """Note what takes `what` back."""
        self._steps.append((what, step))

    def unless(self, settled: Callable[[], bool]) -> None:
        """From here on, what was made is kept if this says so: it may be in use already."""
        self._settled = settled

    def done(self) -> None:
        """It is all there: nothing is taken back any more."""
        self._steps.clear()

    def _is_settled(self) -> bool:
        try:
            return self._settled()
        except KitError:
            self._say(f"Whether the change took place is not known. Nothing is taken back: {self._rerun}.")
            return True

    def _take_back(self) -> None:
        left = []
        for what, step in reversed(self._steps):
            try:
                step()
            except KitError:
                left.append(what)
        if left:
            self._say(f"This could not be taken back: {', '.join(left)}. To clean it up, {self._rerun}.")
        else:
            self._say("What was made has been taken back.")
