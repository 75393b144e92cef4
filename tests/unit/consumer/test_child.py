"""Running a program as a shell would. Each case is a process of its own, as signals belong to whole processes."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = """
import os, signal, sys
from consumer import child
"""


def python(program: str, *argv: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*argv, sys.executable, "-c", START + program],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        **options,
    )


RUN = """
with child.signals_held() as mask:
    code = child.run(sys.argv[1:] or {command!r}, dict(os.environ), mask)
print("code", code)
"""


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 42", 42), ("kill -TERM $$", 143), ("kill -HUP $$", 129)]
)
def test_a_childs_end_is_told_as_a_shell_tells_it(script, code):
    assert python(RUN.format(command=["sh", "-c", script])).stdout == f"code {code}\n"


def test_a_child_is_sent_what_comes_from_a_process_also_where_signals_do_not_say_from_whom():
    """macOS has no sigwaitinfo."""
    program = "del signal.sigwaitinfo\n" + RUN.format(command=["sh", "-c", "kill -TERM $PPID; exec sleep 20"])
    assert python(program, "setsid", "--wait").stdout == "code 143\n"


def test_a_signal_that_was_there_first_starts_nothing():
    done = python("""
with child.signals_held() as mask:
    os.kill(os.getpid(), signal.SIGTERM)
    try:
        child.run(["echo", "ran"], dict(os.environ), mask)
    except child.NotStarted as failure:
        print(failure.code, failure.why)
print("alive")
""")
    assert done.stdout == "143 SIGTERM came first\nalive\n"


def test_handlers_and_mask_are_the_callers_again_afterwards():
    done = python("""
numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP)
before = [signal.getsignal(number) for number in numbers]
with child.signals_held() as mask:
    child.run(["true"], dict(os.environ), mask)
print(before == [signal.getsignal(number) for number in numbers], signal.pthread_sigmask(signal.SIG_BLOCK, ()))
""")
    assert done.stdout == "True set()\n"


def test_what_was_ignored_stays_ignored_as_under_nohup():
    program = RUN.format(command=["sh", "-c", "kill -HUP $$; echo survived"])
    assert "survived\ncode 0" in python(program, "sh", "-c", 'trap "" HUP; exec "$@"', "sh").stdout


def test_the_child_can_be_stopped_by_a_closed_pipe_and_has_no_signal_blocked():
    program = RUN.format(command=["sh", "-c", "grep -E '^Sig(Blk|Ign)' /proc/self/status"])
    masks = dict(line.split(":\t") for line in python(program).stdout.splitlines() if ":" in line)
    sigpipe = 1 << 12
    assert int(masks["SigBlk"], 16) == 0
    assert int(masks["SigIgn"], 16) & sigpipe == 0


def test_a_caller_that_ignores_its_childrens_ends_is_no_obstacle():
    assert python("signal.signal(signal.SIGCHLD, signal.SIG_IGN)" + RUN.format(command=["true"])).stdout == "code 0\n"


def test_a_resize_that_is_sent_to_it_alone_is_passed_on_and_one_that_was_there_first_stops_nothing():
    program = "signal.signal(signal.SIGWINCH, signal.SIG_DFL)\n" + RUN.replace(
        "code =", "os.kill(os.getpid(), signal.SIGWINCH)\n    code ="
    ).format(command=["sh", "-c", SIZED])
    assert python(program, "setsid", "--wait").stdout == "sized\ncode 3\n"


SIZED = "trap 'echo sized; exit 3' WINCH; kill -WINCH $PPID; while :; do sleep 0.1; done"


def test_a_child_that_somebody_stops_and_wakes_does_not_leave_it_asleep():
    """Whoever stops the child alone wakes the child alone."""
    script = "(sleep 0.2; kill -CONT $$) & kill -STOP $$; echo awake; exit 4"
    assert python(RUN.format(command=["sh", "-c", script])).stdout == "awake\ncode 4\n"


def test_an_order_to_stop_is_passed_on_and_does_not_stop_what_has_no_shell_to_wake_it():
    script = "trap 'echo told; exit 6' TSTP; kill -TSTP $PPID; while :; do sleep 0.1; done"
    assert python(RUN.format(command=["sh", "-c", script]), "setsid", "--wait").stdout == "told\ncode 6\n"


def test_a_program_that_serves_waits_until_it_is_told_to_end():
    done = python("""
with child.signals_held(child.ENDING):
    os.kill(os.getpid(), signal.SIGHUP)
    print(child.wait_for_end())
""")
    assert done.stdout == "SIGHUP\n"
