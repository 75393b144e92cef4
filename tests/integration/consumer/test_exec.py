"""`consumer exec`: what the child gets, how it ends, and that its lease ends with it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import shlex
import signal
import socket
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from vault_aws_kit.errors import EXEC_FAILED, USAGE

from .conftest import CONSUMER, Run, leases, until

READY = "import signal, sys, time\n"


@pytest.fixture
def command(as_team, catalog_mount, tmp_path) -> Callable[..., list[str]]:
    """The command line of `consumer exec`."""
    return lambda role, *program: [*CONSUMER, "exec", "--catalog-mount", catalog_mount, "--role", role, "--", *program]


@pytest.fixture
def run(command, as_team) -> Callable[..., Run]:
    """Runs `consumer exec` as a process of its own, with variables added to the team's."""

    def start(role: str, *program: str, **variables: str) -> Run:
        done = subprocess.run(
            command(role, *program),
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    return start


@pytest.fixture
def start(command, tmp_path) -> Callable[..., subprocess.Popen[str]]:
    """Starts `consumer exec` on a Python program, and returns once that has printed a line."""
    started = []

    def start_it(role: str, program: str, **options) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            command(role, "python3", "-uc", READY + program),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
        )  # fmt: skip
        started.append(child)
        child.first = child.stdout.readline().strip()
        return child

    yield start_it
    for child in started:
        child.kill()
        child.communicate()


def environment(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


# ── what the child gets ─────────────────────────────────────────────────────────────────────────


def test_the_childs_key_is_known_to_iam_while_it_runs_and_then_no_longer(start, aws):
    child = start("app", "import os; print(os.environ['AWS_ACCESS_KEY_ID']); sys.stdin.read()", stdin=subprocess.PIPE)
    assert aws.owner_of(child.first)
    child.communicate("", timeout=30)
    assert aws.owner_of(child.first) is None


def test_an_sts_session_reaches_the_child_whole(run, aws):
    found = environment(run("net", "env").out)
    key = (found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"], found["AWS_SESSION_TOKEN"])
    assert ":assumed-role/net/" in aws.client("sts", *key).get_caller_identity()["Arn"]


INHERITED = {
    "AWS_ACCESS_KEY_ID": "stale", "AWS_SECRET_ACCESS_KEY": "stale", "AWS_SESSION_TOKEN": "stale",
    "AWS_SECURITY_TOKEN": "stale", "AWS_CREDENTIAL_EXPIRATION": "stale", "AWS_PROFILE": "stale",
    "AWS_DEFAULT_PROFILE": "stale", "AWS_ROLE_ARN": "stale", "AWS_ROLE_SESSION_NAME": "stale",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "stale", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "stale",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "stale", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "stale",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "stale", "AWS_BEARER_TOKEN_BEDROCK": "stale",
}  # fmt: skip


def test_inherited_credentials_and_profiles_do_not_reach_the_child(run):
    assert "stale" not in run("app", "env", **INHERITED).out


def test_region_ca_bundle_and_endpoints_do_reach_the_child(run):
    kept = {"AWS_REGION": "us-west-2", "AWS_CA_BUNDLE": "/ca.pem", "AWS_ENDPOINT_URL_S3": "http://s3", "OTHER": "x"}
    found = environment(run("app", "env", **kept).out)
    assert {name: found[name] for name in kept} == kept
    assert found["AWS_DEFAULT_REGION"] == "us-west-2"


def test_the_roles_region_fills_a_gap(run):
    found = environment(run("app", "env").out)
    assert (found["AWS_REGION"], found["AWS_DEFAULT_REGION"]) == ("eu-west-1", "eu-west-1")


def test_standard_input_and_output_are_the_childs(command, as_team):
    done = subprocess.run(command("app", "cat"), input=b"\x00through\xff", capture_output=True, timeout=60, check=True)
    assert done.stdout == b"\x00through\xff"


# ── how it ends ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_the_exit_code_is_the_childs(run, code):
    assert run("app", "sh", "-c", f"exit {code}").code == code


def test_a_signal_that_ends_the_child_is_128_and_its_number(run):
    assert run("app", "sh", "-c", "kill -KILL $$").code == 128 + signal.SIGKILL


@pytest.mark.parametrize("name", ["no-such-command", "./no-such-command"])
def test_for_a_command_that_is_not_there_nothing_is_asked_of_vault_and_the_code_is_127(run, name):
    done = run("app", name)
    assert (done.code, done.out) == (127, "")
    assert done.err == f"Not run: {name}: command not found.\n"


def test_a_command_that_goes_while_credentials_are_made_is_127_too(run, tmp_path, admin, engine):
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    assert run("app", str(tmp_path / "dangling")).code == 127
    assert leases(admin, engine, "app") == []


def test_a_command_that_can_not_be_executed_is_126_and_its_lease_is_revoked(run, tmp_path, admin, engine):
    plain = tmp_path / "plain"
    plain.write_text("no program")
    done = run("app", str(plain))
    assert done.code == 126
    assert "Permission denied" in done.err
    assert leases(admin, engine, "app") == []


def test_options_after_the_command_are_the_commands_own(run):
    assert run("app", "echo", "--role", "x", "--help").out == "--role x --help\n"


@pytest.mark.parametrize(
    ("role", "variables"),
    [("nothing", {}), ("app", {"VAULT_ADDR": "http://127.0.0.1:9"}), ("app", {"VAULT_TOKEN": "wrong"}), ("nets", {})],
)
def test_every_failure_of_its_own_is_125_with_an_error(run, role, variables):
    done = run(role, "echo", "ran", **variables)
    assert done.code == EXEC_FAILED
    assert "Error:" in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_wrong_command_line_is_64(consumer, as_team):
    assert consumer("exec", "--role", "app").code == USAGE


# ── what is said of the lease ───────────────────────────────────────────────────────────────────


def test_a_revoked_key_is_named_with_its_lease(run, engine):
    done = run("app", "sh", "-c", "echo $AWS_ACCESS_KEY_ID")
    assert f"Revoked lease {engine}/creds/app/" in done.err
    assert f"key {done.out.strip()} is deleted" in done.err


def test_it_is_said_until_when_an_sts_session_lives_on(run):
    done = run("net", "sh", "-c", "echo $AWS_ACCESS_KEY_ID")
    assert "Nobody can revoke an STS session" in done.err
    assert re.search(rf"{done.out.strip()} lives on until \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ", done.err)


def test_a_lease_that_can_not_be_revoked_is_named_and_the_exit_code_stays(run, as_team, admin, roles, engine):
    """While the child runs, the team loses the right to revoke."""
    policy = f"sys/policies/acl/{as_team.login.role}"
    hcl = admin.read(policy)["policy"]
    assert "sys/leases/revoke" in hcl
    admin.write(policy, {"policy": hcl.replace("sys/leases/revoke", "sys/leases/no-more")})
    done = run("app", "sh", "-c", "exit 3")
    assert done.code == 3
    assert "was not revoked" in done.err
    assert f"vault lease revoke {engine}/creds/app/" in done.err
    assert "lives on until" in done.err


def test_a_lease_that_ended_meanwhile_is_no_failure(start, admin, engine):
    child = start("app", "print('up'); sys.stdin.readline()", stdin=subprocess.PIPE)
    admin.write(f"sys/leases/revoke-prefix/{engine}/creds/app", {"sync": True})
    _, err = child.communicate("\n", timeout=30)
    assert child.returncode == 0
    assert "Error" not in err


def test_secrets_never_reach_standard_error_or_an_argument(start):
    child = start(
        "app", "import os; print(os.environ['AWS_SECRET_ACCESS_KEY']); sys.stdin.read()", stdin=subprocess.PIPE
    )
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    _, err = child.communicate("", timeout=30)
    assert len(child.first) == 40
    assert child.first not in listed + err


# ── signals ─────────────────────────────────────────────────────────────────────────────────────

COUNTING = """
got = []
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, _: got.append(signal.Signals(number).name))
print("up")
end = time.monotonic() + 1.5
while time.monotonic() < end:
    time.sleep(0.05)
print(",".join(got))
sys.exit(9)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_sent_to_it_reaches_the_child_once_and_the_lease_is_revoked(start, number, admin, engine):
    child = start("app", COUNTING)
    os.kill(child.pid, number)
    out, err = child.communicate(timeout=30)
    assert out.strip() == number.name
    assert child.returncode == 9
    assert "Revoked lease" in err
    assert leases(admin, engine, "app") == []


def test_a_signal_that_the_child_dies_of_revokes_the_lease_too(start, admin, engine):
    child = start("app", "print('up'); time.sleep(30)")
    os.kill(child.pid, signal.SIGTERM)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 128 + signal.SIGTERM
    assert "Revoked lease" in err
    assert leases(admin, engine, "app") == []


def test_ctrl_c_in_a_terminal_reaches_the_child_once(command, admin, engine):
    """Terraform takes a second interrupt for an order to stop at once."""
    pid, terminal = pty.fork()
    if not pid:
        argv = command("app", "python3", "-uc", READY + COUNTING)
        os.execv(argv[0], argv)
    said = b""
    while b"up" not in said:
        said += os.read(terminal, 1024)
    os.write(terminal, b"\x03")
    _, status = wait_reading(pid, terminal, said_to := [said])
    text = b"".join(said_to).decode()
    assert os.waitstatus_to_exitcode(status) == 9, text
    assert "SIGINT\r\n" in text
    assert "SIGINT,SIGINT" not in text
    assert "Revoked lease" in text
    assert leases(admin, engine, "app") == []


def wait_reading(pid: int, terminal: int, said: list[bytes]) -> tuple[int, int]:
    """Wait for a process whose terminal must be read meanwhile."""
    while True:
        try:
            said.append(os.read(terminal, 1024))
        except OSError:  # how Linux says that nobody has the other end any more
            return os.waitpid(pid, 0)


def test_a_signal_that_comes_while_vault_answers_starts_no_child_and_leaves_no_lease(
    as_team, catalog_mount, way, engine, admin
):
    argv = [*CONSUMER, "exec", "--address", way.address, "--catalog-mount", catalog_mount, "--role", "app", "--"]
    child = subprocess.Popen([*argv, "echo", "ran"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert way.asked.wait(20)
    child.send_signal(signal.SIGTERM)
    way.answer.set()
    out, err = child.communicate(timeout=30)
    assert (child.returncode, out) == (128 + signal.SIGTERM, "")
    assert "SIGTERM came first" in err
    assert "Revoked lease" in err
    assert leases(admin, engine, "app") == []


def test_vault_going_away_while_the_child_runs_costs_no_exit_code(as_team, catalog_mount, way):
    argv = [*CONSUMER, "exec", "--address", way.address, "--catalog-mount", catalog_mount, "--role", "app", "--"]
    way.answer.set()
    child = subprocess.Popen(
        [*argv, "sh", "-c", "echo up; read line; exit 4"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout.readline() == "up\n"
    way.cut()
    _, err = child.communicate("\n", timeout=30)
    assert child.returncode == 4
    assert "was not revoked" in err
    assert "lives on until" in err


def test_a_role_of_another_catalog_name_is_run_by_its_engine_and_name(run, as_team, roles):
    as_team.publish(roles["app"], replace(roles["app"], engine="second", mount="aws-second"))
    assert run("main/app", "true").code == 0


# ── renewal while it runs ───────────────────────────────────────────────────────────────────────

WAIT = "print(__import__('os').environ['AWS_ACCESS_KEY_ID']); sys.stdin.read()"


def last_renewal(admin, lease: str) -> str | None:
    return admin.write("sys/leases/lookup", {"lease_id": lease}).data.get("last_renewal")


def test_the_lease_is_renewed_while_the_child_runs(start, admin, engine, aws):
    admin.write(f"{engine}/config/lease", {"lease": "12s", "lease_max": "1h"})
    child = start("app", WAIT, stdin=subprocess.PIPE)
    [lease] = leases(admin, engine, "app")
    until(lambda: last_renewal(admin, f"{engine}/creds/app/{lease}"), "renewal")
    assert aws.owner_of(child.first)
    _, err = child.communicate("", timeout=60)
    assert f"key {child.first} is deleted" in err
    assert aws.owner_of(child.first) is None


def test_the_token_is_renewed_too_as_the_key_would_end_with_it(start, team, admin, monkeypatch):
    team.tune(token_ttl="12s", token_max_ttl="1h")
    monkeypatch.setenv("VAULT_TOKEN", token := team.token())
    child = start("app", WAIT, stdin=subprocess.PIPE)
    until(lambda: admin.write("auth/token/lookup", {"token": token}).data.get("last_renewal"), "renewal of the token")
    _, err = child.communicate("", timeout=60)
    assert f"key {child.first} is deleted" in err


def test_at_the_longest_life_of_the_lease_it_is_said_once_until_when_the_credentials_live(start, admin, engine, aws):
    admin.write(f"{engine}/config/lease", {"lease": "10s", "lease_max": "15s"})
    child = start("app", WAIT, stdin=subprocess.PIPE)
    until(lambda: aws.owner_of(child.first) is None, "end of the key")
    _, err = child.communicate("", timeout=60)
    assert child.returncode == 0
    assert len(re.findall(r"The credentials live until \S+Z: Vault renews them no further", err)) == 1
    assert "--refresh" in err


def test_at_the_longest_life_of_the_token_it_is_said_once(start, team, admin, aws, monkeypatch):
    team.tune(token_ttl="10s", token_max_ttl="15s")
    monkeypatch.setenv("VAULT_TOKEN", team.token())
    child = start("app", WAIT, stdin=subprocess.PIPE)
    until(lambda: aws.owner_of(child.first) is None, "end of the key")
    _, err = child.communicate("", timeout=60)
    assert child.returncode == 0
    assert len(re.findall(r"Your Vault token ends at \S+Z and can't be renewed any further", err)) == 1


def test_it_is_said_that_credentials_ended_with_a_token_that_is_refused(start, team, admin, engine, aws, monkeypatch):
    admin.write(f"{engine}/config/lease", {"lease": "6s", "lease_max": "1h"})
    monkeypatch.setenv("VAULT_TOKEN", token := team.token())
    child = start("app", WAIT, stdin=subprocess.PIPE)
    admin.write("auth/token/revoke", {"token": token})
    until(lambda: aws.owner_of(child.first) is None, "end of the key")
    assert "refuses the token" in child.stderr.readline()
    _, err = child.communicate("", timeout=60)
    assert child.returncode == 0
    assert "Traceback" not in err


def test_a_lease_that_can_not_be_renewed_while_vault_is_away_is_when_it_is_back(
    as_team, catalog_mount, way, admin, engine, tmp_path
):
    admin.write(f"{engine}/config/lease", {"lease": "20s", "lease_max": "1h"})
    way.answer.set()
    argv = [*CONSUMER, "exec", "--address", way.address, "--catalog-mount", catalog_mount, "--role", "app", "--"]
    said = tmp_path / "said"
    with said.open("w") as err:
        child = subprocess.Popen(
            [*argv, "sh", "-c", "echo up; read line"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
        )
    assert child.stdout.readline() == "up\n"
    [lease] = leases(admin, engine, "app")
    way.cut()
    until(lambda: "can't be renewed for now" in said.read_text(), "word of it")
    way.mend()
    until(lambda: last_renewal(admin, f"{engine}/creds/app/{lease}"), "renewal")
    child.communicate("\n", timeout=60)
    assert child.returncode == 0
    assert said.read_text().count("can't be renewed for now") == 1
    assert leases(admin, engine, "app") == []


# ── --refresh ───────────────────────────────────────────────────────────────────────────────────

SDK = """
import boto3, os
session = boto3.Session()
def key():
    return session.get_credentials().get_frozen_credentials().access_key
"""
THREE_LIVES = (
    SDK
    + """
keys = []
while len(keys) < 3:
    if key() not in keys:
        keys.append(key())
    session.client("sts").get_caller_identity()
    time.sleep(0.1)
print(",".join(keys))
"""
)


@pytest.fixture
def refresh(command, stack, tmp_path):
    """Runs or starts `consumer exec --refresh` on a Python program that reaches AWS."""
    names = ("HTTPS_PROXY", "NO_PROXY", "AWS_CA_BUNDLE")

    def start_it(role: str, program: str, **variables: str) -> subprocess.Popen[str]:
        argv = command(role, sys.executable, "-uc", READY + program)
        argv.insert(argv.index("--role"), "--refresh")
        env = {**os.environ, **{name: stack.env[name] for name in names}, **variables}
        return subprocess.Popen(
            argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return start_it


def test_a_child_works_on_through_three_lifetimes_and_all_their_keys_are_gone_afterwards(refresh, admin, engine, aws):
    admin.write(f"{engine}/config/lease", {"lease": "6s", "lease_max": "6s"})
    child = refresh("app", THREE_LIVES)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    keys = out.strip().split(",")
    assert len(keys) == 3
    assert [aws.owner_of(key) for key in keys] == [None, None, None]
    assert f"key {keys[-1]} is deleted" in err
    assert leases(admin, engine, "app") == []


def test_every_lease_that_is_still_alive_at_the_end_is_revoked(refresh, admin, engine, aws):
    """The first can't be renewed as the engine's longest life is shortened, and is alive while the second is in use."""
    admin.write(f"{engine}/config/lease", {"lease": "24s", "lease_max": "1h"})
    child = refresh("app", SDK + "print(key())\nfirst = key()\nwhile key() == first: time.sleep(0.1)\nprint(key())")
    first = child.stdout.readline().strip()
    admin.write(f"{engine}/config/lease", {"lease": "5s", "lease_max": "5s"})
    assert first
    out, err = child.communicate(timeout=120)
    keys = [first, out.strip()]
    assert child.returncode == 0, err
    assert [aws.owner_of(key) for key in keys] == [None, None]
    assert [f"key {key} is deleted" in err for key in keys] == [True, True]


def test_the_child_has_the_endpoint_the_region_and_no_key(refresh):
    found = environment(
        refresh("net", "import os\nfor item in os.environ.items(): print('='.join(item))").communicate(timeout=60)[0]
    )
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/net", found["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
    assert (found["AWS_REGION"], found["AWS_DEFAULT_REGION"]) == ("eu-west-1", "eu-west-1")
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} & set(found) == set()


def test_inherited_credentials_do_not_win_over_the_endpoint(refresh):
    child = refresh("net", SDK + "print(key())", **INHERITED)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert f"{out.strip()} lives on until" in err


def test_a_default_profile_in_a_file_does_not_win_over_the_endpoint(refresh, consumer_home):
    (consumer_home / ".aws").mkdir()
    (consumer_home / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = old\naws_secret_access_key = old\n"
    )
    (consumer_home / ".aws" / "config").write_text("[default]\ncredential_process = echo no\n")
    child = refresh("net", SDK + "print(key())")
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert f"{out.strip()} lives on until" in err


def test_the_endpoint_ends_with_the_child(refresh):
    program = "import os; print(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI']); sys.stdin.read()"
    child = refresh("net", program)
    address = urlsplit(child.stdout.readline().strip())
    socket.create_connection((address.hostname, address.port), timeout=60).close()
    child.communicate("", timeout=60)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), timeout=60)


def test_a_signal_reaches_a_child_that_is_served_and_the_lease_is_revoked(refresh, admin, engine):
    child = refresh("app", "print('up'); time.sleep(60)")
    assert child.stdout.readline() == "up\n"
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 128 + signal.SIGTERM
    assert "Revoked lease" in err
    assert leases(admin, engine, "app") == []


def test_the_endpoints_token_is_in_no_argument_and_said_nowhere(refresh):
    child = refresh("net", "import os; print(os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN']); sys.stdin.read()")
    token = child.stdout.readline().strip()
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    _, err = child.communicate("", timeout=60)
    assert len(token) > 40
    assert token not in listed + err


# ── a terminal ──────────────────────────────────────────────────────────────────────────────────

ON_TERMINAL = """
import fcntl, os, struct, termios
got = []
def note(number, _):
    rows = struct.unpack("hhhh", fcntl.ioctl(0, termios.TIOCGWINSZ, b" " * 8))[0]
    print(signal.Signals(number).name, rows, flush=True)
def stop(number, _):
    time.sleep(0.5)
    print("in order", flush=True)
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, stop)
for number in (signal.SIGWINCH, signal.SIGCONT):
    signal.signal(number, note)
signal.signal(signal.SIGTSTP, stop)
print("up", flush=True)
while sys.stdin.readline().strip() != "end":
    print("read", flush=True)
sys.exit(5)
"""


class Terminal:
    """An interactive shell with job control, on a terminal of its own."""

    def __init__(self) -> None:
        self.pid, self.end = pty.fork()
        if not self.pid:
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], {**os.environ, "PS1": "$ ", "TERM": "dumb"})
        self.text = ""

    def type(self, text: str) -> None:
        os.write(self.end, text.encode())

    def wait_for(self, words: str) -> str:
        """What was said up to these words, which are taken off."""
        while words not in self.text:
            self.text += os.read(self.end, 4096).decode(errors="replace")
        before, _, self.text = self.text.partition(words)
        return before + words

    def resize(self, rows: int) -> None:
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("hhhh", rows, 80, 0, 0))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGHUP)
        os.close(self.end)
        os.waitpid(self.pid, 0)


@pytest.fixture
def terminal(as_team):
    terminal = Terminal()
    yield terminal
    terminal.close()


@pytest.fixture
def on_terminal(terminal, command, tmp_path):
    """The shell, which runs `consumer exec` on the program above."""
    (tmp_path / "program.py").write_text(READY + ON_TERMINAL)
    terminal.type(shlex.join(command("app", "python3", "-u", str(tmp_path / "program.py"))) + "; echo code=$?\n")
    terminal.wait_for("up\r\n")
    return terminal


def test_a_resize_reaches_the_child_once(on_terminal):
    on_terminal.resize(33)
    on_terminal.wait_for("SIGWINCH 33")
    on_terminal.type("end\n")
    said = on_terminal.wait_for("code=5")
    assert "SIGWINCH" not in said
    assert "Revoked lease" in said


def test_ctrl_z_stops_it_fg_wakes_it_and_its_lease_is_revoked_at_the_end(on_terminal, admin, engine):
    """The child takes its time to put the terminal in order, as an editor does: the shell must not come before that."""
    for _ in range(2):
        on_terminal.type("\x1a")
        assert "in order" in on_terminal.wait_for("Stopped")
        on_terminal.type("echo the shell has it $((6 * 7)) times\n")
        on_terminal.wait_for("the shell has it 42 times")
        assert len(leases(admin, engine, "app")) == 1
        on_terminal.type("fg\n")
        on_terminal.wait_for("SIGCONT")
        on_terminal.type("on\n")
        on_terminal.wait_for("read\r\n")
    on_terminal.type("end\n")
    assert "Revoked lease" in on_terminal.wait_for("\n$ ")
    assert leases(admin, engine, "app") == []
