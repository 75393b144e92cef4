"""Every test's surroundings: the real server, AWS, names of its own, and nothing of the caller's.

One stack serves the whole run, whatever the number of pytest-xdist's workers: the first test that asks for it starts
it, and it ends with the process that was called, however that ends. VAULT_AWS_KIT_TEST_SERVER chooses the server:
`embedded`, `vault` or `docker`; otherwise it is the first that the machine has what it needs for.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import hvac
import pytest
from botocore.config import Config as AwsConfig
from hypothesis import settings

from devstack import cache, compose, environment, leash
from devstack import stack as stacks
from devstack.compose import Project
from devstack.errors import StackError
from devstack.servers.containers import Containers
from devstack.stack import Stack

from .tfe_server.server import TfeServer

settings.register_profile("kit", deadline=None)  # a busy machine is no failure
settings.load_profile("kit")

UNIT = Path(__file__).parent / "unit"
CI = bool(os.environ.get("CI"))
SERVER = os.environ.get("VAULT_AWS_KIT_TEST_SERVER") or None
CACHE = cache.root()  # found before a test has another HOME

_ENDS = pytest.StashKey[ExitStack]()
_FOLDER = pytest.StashKey[Path]()
_PROJECT = pytest.StashKey[Project]()


def pytest_configure(config: pytest.Config) -> None:
    """Choose the stack's folder, and see to its end, in the process that was called.

    What a shell runs in the background it starts without an ear for Ctrl-C, as would be all processes that tests start.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    workerinput: dict[str, str] | None = getattr(config, "workerinput", None)
    if workerinput:
        config.stash[_FOLDER] = Path(workerinput["stack_folder"])
        return
    config.stash[_FOLDER] = Path(tempfile.mkdtemp(prefix="vault-aws-kit-test-"))
    config.stash[_ENDS] = ExitStack()
    config.stash[_ENDS].enter_context(leash.on(config.stash[_FOLDER]))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell one of pytest-xdist's workers where the stack is."""
    node.workerinput["stack_folder"] = str(node.config.stash[_FOLDER])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: much of what tests do is waiting, for a lease to end or a server to answer."""
    return (os.cpu_count() or 1) + 1


def pytest_unconfigure(config: pytest.Config) -> None:
    if _ENDS in config.stash:
        config.stash[_ENDS].close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A unit test needs no server, so that it can run anywhere and at once."""
    for item in items:
        if UNIT in item.path.parents and "stack" in getattr(item, "fixturenames", ()):
            raise pytest.UsageError(f"{item.nodeid} asks for the server: move it to tests/integration.")


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Stack:
    """The server and AWS, the same for all tests: each uses mounts and a spec name of its own."""
    server = Containers("Vault in a container", _by_pytest_docker(request)) if SERVER == "docker" else SERVER
    try:
        return stacks.up(request.config.stash[_FOLDER], server=server, with_terraform=False)
    except StackError as error:
        if CI or SERVER:
            raise
        pytest.skip(f"no server: {error}")


def _by_pytest_docker(request: pytest.FixtureRequest) -> Callable[[Project, Mapping[str, str]], None]:
    """Starts containers with pytest-docker, for `docker`. They are ended with the stack, by whom it belongs to."""

    def start(project: Project, variables: Mapping[str, str]) -> None:
        request.config.stash[_PROJECT] = project
        with pytest.MonkeyPatch.context() as environ:
            for name, value in variables.items():
                environ.setenv(name, value)
            request.getfixturevalue("docker_services")

    return start


@pytest.fixture(scope="session")
def docker_compose_command(pytestconfig: pytest.Config) -> str:
    return shlex.join(pytestconfig.stash[_PROJECT].command)


@pytest.fixture(scope="session")
def docker_compose_file() -> str:
    return str(compose.FILE)


@pytest.fixture(scope="session")
def docker_compose_project_name(pytestconfig: pytest.Config) -> str:
    return pytestconfig.stash[_PROJECT].name


@pytest.fixture(scope="session")
def docker_setup() -> str:
    return "up -d"


@pytest.fixture(scope="session")
def docker_cleanup() -> str:
    return ""


@pytest.fixture(scope="session")
def terraform_stack(stack: Stack) -> Stack:
    """The same stack with Terraform too: a process that has its `environ` can run `terraform init` and `apply`."""
    return stacks.add_terraform(stack)


@pytest.fixture
def vault(stack: Stack) -> hvac.Client:
    """Vault as its root."""
    return hvac.Client(url=stack.vault_addr, token=stack.vault_token)


@dataclass(frozen=True)
class Aws:
    """AWS as its administrator, or as whoever has the given key."""

    stack: Stack

    def client(self, service: str, *key: str, region: str | None = None) -> Any:
        """A boto3 client. `key` is an access key ID, a secret and, for a session, its token."""
        env = self.stack.env
        return boto3.session.Session(
            *(key or (env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])),
            region_name=region or env["AWS_REGION"],
        ).client(service, verify=env["AWS_CA_BUNDLE"], config=AwsConfig(proxies={"https": env["HTTPS_PROXY"]}))

    def owner_of(self, access_key_id: str) -> str | None:
        """The IAM user who has this key, None where there is none any more: moto lets a deleted key answer STS."""
        iam = self.client("iam")
        for user in iam.get_paginator("list_users").paginate().search("Users[].UserName"):
            with contextlib.suppress(iam.exceptions.NoSuchEntityException):  # another test's, deleted meanwhile
                keys = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
                if any(key["AccessKeyId"] == access_key_id for key in keys):
                    return str(user)
        return None


@pytest.fixture
def aws(stack: Stack) -> Aws:
    return Aws(stack)


@pytest.fixture
def unique_name() -> Callable[[], str]:
    """Makes names that no other test uses: eight letters and digits, a letter first."""
    return lambda: f"t{secrets.token_hex(4)[:7]}"


@pytest.fixture
def unique(unique_name: Callable[[], str]) -> str:
    """A name that no other test uses."""
    return unique_name()


@pytest.fixture(autouse=True)
def nothing_of_the_callers(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No variable or file of the caller's that steers Vault, AWS or Terraform reaches a test, nor that of a CI job."""
    others = ("XDG_", "ACTIONS_ID_TOKEN_", "GITHUB_ACTIONS")
    for name in [name for name in os.environ if environment.is_foreign(name) or name.startswith(others)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("VAULT_AWS_KIT_CACHE", str(CACHE))


@pytest.fixture
def tfe_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TfeServer]:
    """A Terraform Enterprise of this test's own."""
    server = TfeServer(tmp_path_factory.mktemp("tfe"))
    yield server
    server.stop()
