"""`python -m devstack.demo`: the whole story on real parts, each command as a person would type it.

Everything stands in a temporary folder that is removed at the end, and the stack ends with it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devstack import stack as stacks
from devstack import steps
from devstack.errors import StackError
from devstack.stack import Stack

COMMANDS = Path(sys.executable).parent
EXAMPLE = Path(__file__).parent.parent / "docs" / "example" / "vault-aws.yaml"
NETWORK = """\
resource "aws_vpc" "demo" {
  cidr_block = "10.0.0.0/16"
}
"""
WHO_AM_I = "import boto3; print(boto3.client('iam').get_user()['User']['Arn'])"


class DemoFailed(Exception):
    """A command of the demo ended otherwise than it should."""


@dataclass
class Story:
    """Runs commands where a person would, shows them, and adds up the time that the kit's own take."""

    folder: Path
    env: Mapping[str, str]
    kit_seconds: float = field(default=0.0)

    def tell(self, text: str) -> None:
        print(f"\n\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() else f"\n## {text}", flush=True)

    def run(self, *argv: str, given: str | None = None, shown: str | None = None, quiet: bool = False) -> str:
        """Run a command and show both it and what it said; what it printed is also returned."""
        print(f"$ {shown or ' '.join(argv)}", flush=True)
        started = time.monotonic()
        done = subprocess.run(
            argv, cwd=self.folder, env=self.env, input=given, text=True, capture_output=True, check=False
        )
        took = time.monotonic() - started
        if argv[0] in ("producer", "consumer"):
            self.kit_seconds += took
        if not quiet or done.returncode:
            print("".join(f"  {line}\n" for line in (done.stdout + done.stderr).splitlines()), end="", flush=True)
        if done.returncode:
            raise DemoFailed(f"`{argv[0]}` ended with exit code {done.returncode}")
        return done.stdout


def main() -> int:
    """Tell the story; its exit code."""
    steps.talk()
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="vault-aws-kit-demo-"))
    try:
        with stacks.running(folder / "stack") as stack:
            ready = time.monotonic()
            kit_seconds = tell(stack, folder)
            done = time.monotonic()
        print(
            f"\nThe stack took {ready - started:.1f} s to start and the story {done - ready:.1f} s, "
            f"of which the kit's own commands {kit_seconds:.1f} s."
        )
    except (StackError, DemoFailed) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def tell(stack: Stack, folder: Path) -> float:
    """The platform team's part, then the payments team's; how long the kit's own commands took, in seconds."""
    platform = Story(_home(folder / "platform-team"), _environ(stack, folder / "platform-team"))
    given = _platform_team(platform)
    env = _environ(stack, folder / "payments-team")
    payments = Story(_home(folder / "payments-team"), {**env, "VAULT_TOKEN": "", "VAULT_ROLE_ID": given["role_id"]})
    _payments_team(payments, given["wrapping_token"], platform)
    return platform.kit_seconds + payments.kit_seconds


def _platform_team(story: Story) -> dict[str, str]:
    shutil.copy(EXAMPLE, story.folder / "vault-aws.yaml")
    story.tell("The platform team keeps one file in git …")
    story.run("cat", "vault-aws.yaml")
    story.tell("… and makes Vault what it says. A second run finds nothing to change.")
    story.run("producer", "setup", "--yes")
    story.run("producer", "setup", "--yes")
    story.tell("It gives the payments team its login: the secret half is wrapped, and can be opened once.")
    handover = story.run("producer", "handover", "payments", "--format", "json", quiet=True)
    given: dict[str, str] = json.loads(handover)
    print(f"  role_id {given['role_id']}, and a wrapping token for one use")
    return given


def _payments_team(story: Story, wrapping_token: str, platform: Story) -> None:
    story.tell("The payments team logs in, and sees what it may use.")
    story.run("consumer", "login", "--method", "approle", "--wrapped", given=f"{wrapping_token}\n")
    story.run("consumer", "roles")
    story.tell("It renders the Terraform that gets its credentials from Vault, and applies it.")
    (story.folder / "main.tf").write_text(NETWORK)
    story.run("consumer", "render", "--role", "network-prod", *_mode(story), "--out", "provider.tf")
    story.run("cat", "provider.tf")
    story.run("terraform", "init", "-input=false", "-no-color", quiet=True)
    story.run("terraform", "apply", "-auto-approve", "-input=false", "-no-color")
    story.tell("Vault knows the lease of that run.")
    platform.run("producer", "status")
    story.run("terraform", "destroy", "-auto-approve", "-input=false", "-no-color", quiet=True)
    story.tell("Any other program gets its credentials too, and they end with it.")
    who = story.run(
        "consumer", "exec", "--role", "app-web", "--", sys.executable, "-c", WHO_AM_I,
        shown="consumer exec --role app-web -- python whoami.py",
    )  # fmt: skip
    _gone(platform, who.strip().rpartition("/")[2])


def _gone(story: Story, user: str) -> None:
    """Ask AWS itself, as its admin, for the IAM user that Vault made."""
    story.tell("That IAM user is gone from AWS, and its key with it.")
    ask = (
        "import boto3, botocore.exceptions as e\n"
        f"try: boto3.client('iam').get_user(UserName={user!r}); raise SystemExit('still there')\n"
        "except e.ClientError as error: print(error.response['Error']['Code'])"
    )
    story.run(sys.executable, "-c", ask, shown=f"aws iam get-user --user-name {user}")


def _mode(story: Story) -> tuple[str, ...]:
    """The mode that the providers at hand can work in: those that the mirror builds know no ephemeral resources."""
    return ("--mode", "data-source") if "TF_CLI_CONFIG_FILE" in story.env else ()


def _home(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _environ(stack: Stack, home: Path) -> dict[str, str]:
    env = stack.environ(home)
    return {**env, "PATH": f"{COMMANDS}{os.pathsep}{env['PATH']}", "NO_COLOR": "1"}


if __name__ == "__main__":
    sys.exit(main())
