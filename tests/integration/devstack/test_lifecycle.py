"""A stack's beginning and end, as a person at a shell has them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devstack import processes
from devstack import stack as stacks
from devstack.errors import StackError
from devstack.folder import Folder
from devstack.servers import dev

ROOT = Path(__file__).parents[3]
NOT_RUNNING = 3


@pytest.fixture(autouse=True)
def without_containers():
    """These tests count processes of this machine."""
    if os.environ.get("VAULT_AWS_KIT_TEST_SERVER") == "docker":
        pytest.skip("the server runs in containers")


@pytest.fixture
def folder(tmp_path):
    """A stack's folder; its stack is ended in any case."""
    yield tmp_path / "stack"
    stacks.down(tmp_path / "stack")


def devstack(*argv, **more):
    command = [sys.executable, "-m", "devstack", *argv]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **more}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def said(command):
    out, err = command.communicate(timeout=120)
    assert command.returncode == 0, err
    return out


def up(folder, **more):
    return devstack("up", "--no-terraform", "--dir", str(folder), **more)


def test_it_runs_until_it_is_ended_from_another_home(folder, tmp_path):
    assert "runs at" in said(up(folder))
    running = Folder(folder).processes()
    assert {process.name for process in running} == {"aws", "server"}
    assert "runs at" in said(devstack("status", "--dir", str(folder)))
    assert "Ended" in said(devstack("down", "--dir", str(folder), HOME=str(tmp_path / "elsewhere")))
    assert not any(processes.alive(process) for process in running)
    assert not folder.exists()
    with devstack("status", "--dir", str(folder)) as status:
        assert status.wait(60) == NOT_RUNNING


def test_a_second_up_finds_it_running(folder):
    said(up(folder))
    before = (folder / "env").read_text()
    assert "runs already" in said(up(folder))
    assert (folder / "env").read_text() == before


def test_of_two_at_once_one_starts_it_and_both_have_it(folder):
    both = [up(folder), up(folder)]
    assert all(str(folder) in said(command) for command in both)
    assert len(Folder(folder).processes()) == len({"aws", "server"})


def test_two_stacks_run_side_by_side_and_share_nothing(stack, folder):
    said(up(folder))
    other = stacks.find(folder)
    for name in ("VAULT_ADDR", "VAULT_TOKEN", "HTTPS_PROXY", "AWS_ACCESS_KEY_ID"):
        assert other.env[name] != stack.env[name]


def test_a_shell_that_sources_env_anywhere_reaches_the_server(folder, tmp_path):
    said(up(folder))
    ask = f'. "{folder}/env" && "{sys.executable}" -c "{ASK}"'
    done = subprocess.run(["/bin/sh", "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["data"]["policies"] == ["root"]


ASK = """
import os, urllib.request as r
ask = r.Request(os.environ['VAULT_ADDR'] + '/v1/auth/token/lookup-self')
ask.add_header('X-Vault-Token', os.environ['VAULT_TOKEN'])
print(r.urlopen(ask).read().decode())
"""


def test_the_callers_settings_do_not_reach_it(folder):
    hostile = {
        "VAULT_ADDR": "http://127.0.0.1:1",
        "BAO_TOKEN": "wrong",
        "VAULT_DEV_ROOT_TOKEN_ID": "mine",
        "AWS_PROFILE": "missing",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_CA_BUNDLE": "/missing",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "ALL_PROXY": "http://127.0.0.1:1",
    }
    said(up(folder, **hostile))
    assert stacks.find(folder)


def test_ctrl_c_while_it_starts_leaves_nothing(folder):
    starting = up(folder)
    while not Folder(folder).processes():
        assert starting.poll() is None
    started = Folder(folder).processes()
    starting.send_signal(signal.SIGINT)
    starting.communicate(timeout=60)
    assert starting.returncode == 130
    assert not any(processes.alive(process) for process in started)
    assert not (folder / "env").exists()


def test_what_a_killed_start_left_is_ended_by_the_next(folder):
    starting = up(folder)
    while not Folder(folder).processes():
        assert starting.poll() is None
    starting.kill()
    starting.communicate()
    left = Folder(folder).processes()
    said(up(folder))
    assert not any(processes.alive(process) for process in left)
    assert stacks.find(folder)


def test_a_stack_that_lost_its_server_is_started_anew(folder):
    said(up(folder))
    server = next(process for process in Folder(folder).processes() if process.name == "server")
    os.kill(server.pid, signal.SIGKILL)
    assert "runs already" not in said(up(folder))
    assert stacks.find(folder)


def test_somebody_elses_folder_is_left_alone(tmp_path):
    (tmp_path / "letters").write_text("dear")
    refused = up(tmp_path)
    _, err = refused.communicate(timeout=60)
    assert refused.returncode == 1
    assert "no stack's folder" in err
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_a_port_that_somebody_took_meanwhile_is_given_up(folder, stack, monkeypatch):
    taken = int(stack.vault_addr.rpartition(":")[2])
    find = dev._free_port
    ports = iter([taken])
    monkeypatch.setattr(dev, "_free_port", lambda: next(ports, None) or find())
    with stacks.running(folder, with_terraform=False) as second:
        assert second.vault_addr != stack.vault_addr


def test_a_server_that_cannot_start_says_what_it_said(folder, tmp_path):
    broken = tmp_path / "vault"
    broken.write_text("#!/bin/sh\necho the disk is full\nexit 1\n")
    broken.chmod(0o755)
    with (
        pytest.raises(StackError, match="the disk is full"),
        stacks.running(folder, server=dev.DevServer("broken", broken), with_terraform=False),
    ):
        pass
    assert not folder.exists()
