"""How long a person waits for `consumer creds`, beside the server's own command line: `python -m benchmarks.creds`.

Whole processes, started in turn (A B C D A B C D …), so that a machine that slows down slows all of them: what counts
is the ratio to `bao read` (or `vault read`) of a KV secret on the same server, in the same run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from consumer.issue import Parameters
from consumer.sources.vault_role import VaultRole
from devstack.stack import Stack, running
from vault_aws_kit import CATALOG_MOUNT
from vault_aws_kit.contract import team_policy
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Vault

EXAMPLE = Path(__file__).parents[1] / "docs" / "example" / "vault-aws.yaml"
COMMANDS = Path(sys.executable).parent
SECRET = "figures/secret"  # noqa: S105 - a path
STS, KEY = "network-prod", "app-web"


@dataclass
class Timed:
    """A command line, and what each of its runs took, in seconds."""

    name: str
    argv: Sequence[str]
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self, env: Mapping[str, str]) -> None:
        started = time.perf_counter()
        child = subprocess.Popen(self.argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        self.wall.append(time.perf_counter() - started)
        self.cpu.append(used.ru_utime + used.ru_stime)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{' '.join(self.argv)} ended with exit code {child.returncode}")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("-n", type=int, default=21, help="runs of each command")
    runs = options.parse_args().n
    home = Path(tempfile.mkdtemp(prefix="vault-aws-kit-figures-"))
    try:
        with running(home / "stack", with_terraform=False) as stack:
            env = {**stack.environ(home), "VAULT_TOKEN": _prepared(stack, home)}
            commands = _commands(env)
            for turn in range(runs + 1):  # the first fills caches, the system's too
                for command in commands:
                    command.run(env)
                    if not turn:
                        command.wall.clear()
                        command.cpu.clear()
            _tell(commands, _server_time(stack, env["VAULT_TOKEN"], runs))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return 0


def _prepared(stack: Stack, home: Path) -> str:
    """Vault as `producer setup` makes it from the example, a KV secret, and the token of a team that may read both."""
    (home / "vault-aws.yaml").write_text(EXAMPLE.read_text())
    setup = [str(COMMANDS / "producer"), "setup", "--yes"]
    subprocess.run(setup, cwd=home, env=stack.environ(home), check=True, capture_output=True)
    with Vault(VaultSettings(address=stack.vault_addr), stack.vault_token) as vault:
        vault.write("sys/mounts/figures", {"type": "kv"})
        vault.write(SECRET, {"value": "x"})
        vault.write("sys/policies/acl/figures", {"policy": f'path "{SECRET}" {{ capabilities = ["read"] }}'})
        policies = ["figures", team_policy("prod", "payments")]
        token = vault.write("auth/token/create", {"policies": policies, "no_default_policy": True}).auth or {}
    return str(token["client_token"])


def _commands(env: Mapping[str, str]) -> list[Timed]:
    """The server's own first: the others are compared with it."""
    server = next(path for name in ("bao", "vault") if (path := shutil.which(name, path=env["PATH"])))
    creds = [str(COMMANDS / "consumer"), "creds", "--role"]
    return [
        Timed(f"{Path(server).name} read, a KV secret", [server, "read", SECRET]),
        Timed("consumer creds, cached STS session", [*creds, STS]),
        Timed("consumer creds, cached IAM user's key", [*creds, KEY]),
        Timed("consumer creds, fresh STS session", [*creds, STS, "--min-ttl", "24h"]),  # none lives so long
    ]


def _server_time(stack: Stack, token: str, runs: int) -> float:
    """Seconds that Vault, and AWS behind it, take for all that fresh credentials need, on an open connection."""
    took: list[float] = []
    with Vault(VaultSettings(address=stack.vault_addr), token) as vault:
        source = VaultRole(vault, STS, Parameters(), "", CATALOG_MOUNT)
        source.fetch()
        for _ in range(runs):
            started = time.perf_counter()
            source.fetch()
            took.append(time.perf_counter() - started)
    return statistics.median(took)


def _tell(commands: Sequence[Timed], server: float) -> None:
    yardstick = commands[0]
    print(f"{'whole process, medians':40}{'wall s':>10}{'ratio':>8}{'cpu s':>10}{'ratio':>8}")
    for command in commands:
        wall, cpu = statistics.median(command.wall), statistics.median(command.cpu)
        by_wall = statistics.median(a / b for a, b in zip(command.wall, yardstick.wall, strict=True))
        by_cpu = statistics.median(a / b for a, b in zip(command.cpu, yardstick.cpu, strict=True))
        print(f"{command.name:40}{wall:10.3f}{by_wall:8.2f}{cpu:10.3f}{by_cpu:8.2f}")
    fresh = statistics.median(commands[-1].wall)
    rest = (fresh - server) / statistics.median(yardstick.wall)
    print(f"Vault's own time for fresh ones is {server:.3f} s: the rest is {rest:.2f} of {yardstick.name}.")


if __name__ == "__main__":
    sys.exit(main())
