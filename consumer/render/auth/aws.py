"""An IAM principal: an instance or a task that has AWS credentials of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from consumer.render.auth.interface import Auth
from consumer.render.floors import Floor


class Aws(Auth):
    name: ClassVar[str] = "aws"
    method: ClassVar[str] = "aws"
    floors: ClassVar[Sequence[Floor]] = (Floor("3.9", "the first with auth_login_aws"),)
