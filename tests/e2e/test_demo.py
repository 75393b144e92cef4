"""`make demo` tells the whole story, and no secret with it."""

from __future__ import annotations

import re

import pytest

from devstack import demo
from devstack import stack as stacks


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the demo says on a stack whose secrets are known, those secrets, and where it took place."""
    folder = tmp_path_factory.mktemp("demo")
    with stacks.running(folder / "stack") as stack, pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("builtins.print", lambda *parts, **_: said.append(" ".join(map(str, parts))))
        demo.tell(stack, folder)
        secrets = {
            "the root token": stack.vault_token,
            "the administrator's key": stack.env["AWS_SECRET_ACCESS_KEY"],
            "the team's token": (folder / "payments-team" / ".vault-token").read_text(),
        }
        yield "\n".join(said), secrets, folder


def test_the_demo_shows_each_step_of_the_story(told):
    said, _, _ = told
    for step in (
        "$ producer setup", "Nothing to change", "$ consumer login", "$ consumer roles", "$ consumer render",
        "Apply complete! Resources: 1 added", "main/network-prod  assumed_role  in place  1", "Revoked lease", "NoSuchEntity",
    ):  # fmt: skip
        assert step in said


def test_the_demo_says_no_secret(told):
    said, secrets, _ = told
    assert [name for name, secret in secrets.items() if secret in said] == []
    assert not re.search(r"\bhv[sb]\.|\bs\.[A-Za-z0-9]{24}", said)


def test_no_file_of_the_demo_or_its_stack_holds_a_secret_but_those_made_to_keep_one(told):
    _, secrets, folder = told
    keepers = {".vault-token", "env"}
    found = {
        f"{name} in {path.relative_to(folder)}"
        for path in folder.rglob("*")
        if path.is_file() and path.name not in keepers and path.stat().st_size < 10**7
        for name, secret in secrets.items()
        if secret.encode() in path.read_bytes()
    }
    assert found == set()


def test_what_keeps_a_secret_is_its_owners_alone(told):
    _, _, folder = told
    kept = [path for path in folder.rglob("*") if path.name in (".vault-token", "env") and path.is_file()]
    assert kept
    assert [path for path in kept if path.stat().st_mode & 0o077] == []
