"""A role of the AWS method: which IAM principals are let in. It has nothing to do with a role of an AWS engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from producer.resources.login_role import LoginRole


@dataclass(frozen=True)
class AwsLoginRole(LoginRole):
    kind: ClassVar[str] = "aws-login-role"
