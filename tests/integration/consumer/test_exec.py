"""`consumer exec`: what the child gets, how it ends, and that its lease ends with it."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from vault_aws_kit.errors import EXEC_FAILED, USAGE
from vault_aws_kit.vault import Request

from .conftest import CONSUMER, Run

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


class WayToVault:
    """Passes everything on to Vault, but holds an answer with credentials until it may go; can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self.asked, self.answer = threading.Event(), threading.Event()
        self._vault = (host, port)
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._vault)
                self._ends += (client, server)
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(source, sink, source is server), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not answers and b"/creds/" in data:
                    self.asked.set()
                if answers and self.asked.is_set():
                    self.answer.wait(30)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def way(stack):
    parts = urlsplit(stack.vault_addr)
    way_to_vault = WayToVault(parts.hostname, parts.port)
    yield way_to_vault
    way_to_vault.cut()


def environment(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def leases(admin, mount: str, role: str) -> list[str]:
    answer = admin.ask(Request("list", f"sys/leases/lookup/{mount}/creds/{role}"))
    return answer.data["keys"] if answer else []


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
