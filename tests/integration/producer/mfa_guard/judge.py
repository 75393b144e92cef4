"""Who judges policies in tests: IAM's evaluation logic as somebody else implemented it, in one process of node."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

PACKAGE = "@cloud-copilot/iam-simulate@0.1.173"
PROGRAM = Path(__file__).with_name("judge.cjs")
ALLOWED, DENIED, NOT_ALLOWED = "Allowed", "ExplicitlyDenied", "ImplicitlyDenied"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class Case:
    """One request. `mfa` is what it says of MFA: true, false, or absent where it says nothing."""

    action: str
    mfa: str = "absent"
    resource: str = "*"
    user: str = "somebody"

    def as_json(self) -> dict[str, Any]:
        mfa = {} if self.mfa == "absent" else {"aws:MultiFactorAuthPresent": self.mfa}
        return {
            "action": self.action,
            "resource": self.resource,
            "context": {"aws:username": self.user, **mfa},
        }


@dataclass
class Judge:
    folder: Path
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        argv = ["node", str(PROGRAM), str(self.folder)]
        self._node = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def decide(self, policies: Sequence[Mapping[str, Any]], cases: Sequence[Case]) -> list[str]:
        """A decision for each case, by all policies together."""
        asked = json.dumps({"policies": list(policies), "cases": [case.as_json() for case in cases]})
        with self._lock:
            self._node.stdin.write(f"{asked}\n")
            self._node.stdin.flush()
            found = json.loads(self._node.stdout.readline())
        assert set(found) <= {ALLOWED, DENIED, NOT_ALLOWED}
        return found

    def close(self) -> None:
        self._node.stdin.close()
        self._node.wait(timeout=30)
        self._node.stdout.close()
