"""Running a program as a shell would: its signals, its exit code.

The child shares our process group, so that a terminal's Ctrl-C, Ctrl-Z and resizes reach it by themselves. What
somebody sends to us alone (`kill`, a CI runner, systemd) is passed on; a second delivery would be wrong, as
Terraform takes a second interrupt for an order to stop at once.

Where the child stops, as an editor does once it has put the terminal in order, we stop too and not before: our own
stop is what the shell waits for. Its `fg` and `bg` wake the whole group.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from signal import Signals

FROM_TERMINAL = frozenset({Signals.SIGINT, Signals.SIGQUIT, Signals.SIGHUP, Signals.SIGTSTP, Signals.SIGWINCH})
PASSED_ON = FROM_TERMINAL | {Signals.SIGTERM, Signals.SIGUSR1, Signals.SIGUSR2}
ENDING = frozenset({Signals.SIGINT, Signals.SIGTERM, Signals.SIGHUP})  # what ends a program that serves
NO_ORDER_TO_END = frozenset({Signals.SIGTSTP, Signals.SIGWINCH})
IGNORED_BY_DEFAULT = frozenset({Signals.SIGCHLD, Signals.SIGWINCH})
JOB_CONTROL = frozenset({Signals.SIGTSTP, Signals.SIGTTIN, Signals.SIGTTOU})
NOT_EXECUTABLE, NOT_FOUND, SIGNALLED = 126, 127, 128

Mask = frozenset[int]


class NotStarted(Exception):
    """There is no child; `code` is what a shell would exit with."""

    def __init__(self, why: str, code: int) -> None:
        super().__init__(why)
        self.why = why
        self.code = code


def check_is_there(program: str) -> None:
    """Raises NotStarted for a program that a shell would not find, before anything is asked of Vault for it."""
    if not (os.path.lexists(program) if os.sep in program else shutil.which(program, os.F_OK)):
        raise _not_found(program)


def check_not_ended() -> None:
    """Raises NotStarted where a signal came that would have ended the child: within `signals_held`."""
    early = signal.sigpending() & (PASSED_ON - NO_ORDER_TO_END)
    if early:
        raise NotStarted(f"{Signals(min(early)).name} came first", SIGNALLED + min(early))


@contextmanager
def signals_held(numbers: frozenset[Signals] = PASSED_ON) -> Iterator[Mask]:
    """Keep signals waiting, so that none of them can end us while we hold something that must be given back.

    `run` or `wait_for_end` answer those that come meanwhile; what still waits at the end is dropped, as its work is
    done. Gives the mask that was there before, for the child. Threads started within hold signals too; one started
    before must have ended, or it would take them instead.
    """
    # What is ignored may be dropped before anybody waits for it; and where SIGCHLD is, no child can be awaited.
    handlers = {number: signal.signal(number, _noted) for number in IGNORED_BY_DEFAULT}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers | {Signals.SIGCHLD})
    try:
        yield frozenset(before)
    finally:
        for number in numbers:
            handler = signal.signal(number, signal.SIG_IGN)
            handlers.setdefault(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def wait_for_end() -> str:
    """Wait, within `signals_held(ENDING)`, until somebody asks us to end; the signal's name."""
    return Signals(signal.sigwait(ENDING)).name


def run(command: Sequence[str], environment: Mapping[str, str], mask: Mask) -> int:
    """Run a program to its end, within `signals_held`; gives its exit code, 128+n where signal n ended it.

    Raises NotStarted.
    """
    _stop_if_told()
    check_not_ended()
    try:
        # SIGPIPE and SIGXFSZ are ignored by Python alone; whatever else is ignored, as under nohup, stays so.
        child = os.posix_spawnp(
            command[0], list(command), environment,
            setsigmask=mask, setsigdef={Signals.SIGPIPE, Signals.SIGXFSZ},
        )  # fmt: skip
    except FileNotFoundError:
        raise _not_found(command[0]) from None
    except OSError as error:
        raise NotStarted(f"{command[0]}: {error.strerror}", NOT_EXECUTABLE) from None
    return _code(_wait(child))


def _not_found(program: str) -> NotStarted:
    return NotStarted(f"{program}: command not found", NOT_FOUND)


def _wait(child: int) -> int:
    """The child's wait status; until it has one, signals are passed on to it."""
    while True:
        number, by_terminal = _next_signal()
        if number != Signals.SIGCHLD:
            if not by_terminal:
                os.kill(child, number)
            continue
        changed, status = os.waitpid(child, os.WNOHANG | os.WUNTRACED)
        if changed and os.WIFSTOPPED(status):
            _stop_with(child, os.WSTOPSIG(status))
        elif changed:
            return status


def _stop_with(child: int, number: int) -> None:
    """Stop as the child has, if it was job control that stopped it; whoever wakes us alone wakes the child too."""
    if number in JOB_CONTROL:
        os.kill(os.getpid(), Signals.SIGTSTP)
        _stop_if_told()
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, Signals.SIGCONT)


def _stop_if_told() -> None:
    """Let a held Ctrl-Z stop us here and now; returns when we are woken. The system lets no orphan stop for it."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {Signals.SIGTSTP})
    signal.pthread_sigmask(signal.SIG_BLOCK, {Signals.SIGTSTP})


def _next_signal() -> tuple[int, bool]:
    """The next signal, and whether the terminal sent it, in which case the child has had it too."""
    watched = PASSED_ON | {Signals.SIGCHLD}
    if not hasattr(signal, "sigwaitinfo"):  # macOS
        number = signal.sigwait(watched)
        return number, number in FROM_TERMINAL and _in_foreground()
    told = signal.sigwaitinfo(watched)
    return told.si_signo, told.si_signo in FROM_TERMINAL and told.si_code > 0  # processes' codes are 0 and below


def _in_foreground() -> bool:
    """Whether a terminal would send us its signals: the best guess where a signal doesn't say who sent it."""
    try:
        terminal = os.open(os.ctermid(), os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else SIGNALLED - code


def _noted(number: int, frame: object) -> None:
    """A handler that does nothing: a signal without one may be dropped before anybody waits for it."""
