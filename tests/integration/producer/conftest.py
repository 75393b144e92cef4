"""A spec of the test's own, on mounts of its own, and the producer run on it as a person would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from producer.cli import main
from vault_aws_kit import vault as transport
from vault_aws_kit.vault import Request

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"},
        {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::*:user/${aws:username}"},
    ],
}


@dataclass(frozen=True)
class Run:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture
def content(unique) -> dict[str, Any]:
    """A small spec as a mapping: tests change it, and write it with `spec`."""
    return {
        "version": 1,
        "name": unique,
        "engines": [
            {"name": "main", "mount": f"aws-{unique}", "region": "eu-west-1", "lease": {"default": "15m", "max": "1h"}}
        ],
        "roles": [
            {
                "name": "net",
                "type": "assumed_role",
                "role_arns": ["arn:aws:iam::123456789012:role/net"],
                "ttl": {"default": "30m", "max": "1h"},
                "policy_document": POLICY,
            },
            {"name": "app", "type": "iam_user", "policy_document": POLICY},
        ],
        "teams": [
            {"name": "web", "roles": ["*"], "auth": [{"method": "approle", "mount": f"approle-{unique}"}]},
        ],
    }


@pytest.fixture
def spec(tmp_path) -> Callable[[dict[str, Any]], Path]:
    """Writes a spec's file."""

    def write(content: dict[str, Any]) -> Path:
        path = tmp_path / "vault-aws.yaml"
        path.write_text(yaml.safe_dump(content))
        return path

    return write


@pytest.fixture
def as_admin(stack, monkeypatch) -> None:
    """The stack's environment: Vault's address and root token, the AWS endpoint and its admin's keys."""
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def producer(as_admin, unique, spec, content, capfd) -> Callable[..., Run]:
    """Runs `producer VERB …` on the spec that `content` is at that moment, with a catalog mount of its own."""

    def run(*argv: str) -> Run:
        capfd.readouterr()
        verb, *rest = argv
        code = main([verb, "--spec", str(spec(content)), "--catalog-mount", f"catalog-{unique}", *rest])
        said = capfd.readouterr()
        return Run(code, said.out, said.err)

    return run


@pytest.fixture
def sent(monkeypatch) -> list[Request]:
    """Every request that the kit sends to Vault, as it is sent."""
    requests: list[Request] = []
    send = transport.Vault._send

    def spy(self: transport.Vault, request: Request, wrap_ttl: str = "") -> Any:
        requests.append(request)
        return send(self, request, wrap_ttl)

    monkeypatch.setattr(transport.Vault, "_send", spy)
    return requests
