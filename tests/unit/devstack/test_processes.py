"""Ending exactly the processes that were started, with their children, and no others."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time

import pytest

from devstack import processes

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""
SLEEPER = "import time; time.sleep(60)"


@pytest.fixture
def started(tmp_path):
    """Starts Python programs, and ends what a test left of them."""
    running = []

    def start(program):
        log = tmp_path / f"{len(running)}.log"
        running.append(processes.start("test", [sys.executable, "-c", program], dict(os.environ), log))
        return running[-1], log

    yield start
    processes.end(running, grace=0.1)


def wait_for(path):
    deadline = time.monotonic() + 10
    while not path.read_text().endswith("\n") and time.monotonic() < deadline:
        time.sleep(0.01)
    return path.read_text().strip()


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def eventually_gone(pid):
    deadline = time.monotonic() + 5
    while not (done := gone(pid)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return done


def test_a_process_that_ignores_sigterm_ends_with_its_child(started):
    process, log = started(STUBBORN)
    child = int(wait_for(log))
    processes.end([process], grace=0.2)
    assert not processes.alive(process)
    assert eventually_gone(child)


def test_a_child_that_outlived_its_parent_is_ended_too(started):
    process, log = started(STUBBORN)
    child = int(wait_for(log))
    os.kill(process.pid, 9)
    processes.end([process])
    assert eventually_gone(child)


def test_a_process_that_got_the_id_later_is_left_alone(started):
    process, _ = started(SLEEPER)
    processes.end([dataclasses.replace(process, started="at another time")], grace=0.1)
    assert processes.alive(process)


def test_a_process_that_ended_by_itself_is_not_alive_although_nobody_reaped_it(started):
    process, _ = started("pass")
    deadline = time.monotonic() + 10
    while processes.alive(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not processes.alive(process)


def test_its_output_is_for_the_user_alone(started):
    _, log = started("print('hello')")
    assert wait_for(log) == "hello"
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_stack_ends_with_the_process_that_wanted_it(tmp_path):
    """However it goes: here by SIGKILL."""
    folder = tmp_path / "stack"
    program = f"""
import json, os, subprocess, sys, time
from dataclasses import asdict
from pathlib import Path
from devstack import leash, processes
from devstack.folder import Folder
folder = Folder(Path({str(folder)!r}))
folder.make()
with leash.on(folder.path):
    folder.begin("test")
    process = processes.start("test", [sys.executable, "-c", {SLEEPER!r}], dict(os.environ), folder.log("server"))
    folder.add(process)
    print(process.pid, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
        pid = int(owner.stdout.readline())
        assert not gone(pid)
        owner.kill()
    assert eventually_gone(pid)
    deadline = time.monotonic() + 5
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not folder.exists()
