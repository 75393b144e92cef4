"""The logins that the how-to pages show can stand in a spec as they are, with the roles that the pages name."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from vault_aws_kit.contract import team_policy

PAGE = (Path(__file__).parents[4] / "docs" / "how-to" / "log-in-from-ci.md").read_text()
LOGINS = [block for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if block.startswith("auth:")]
TEAM = """
roles:
  - {name: app-web, type: iam_user, policy_arns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}
teams:
  - name: payments
    roles: [app-web]
"""


@pytest.mark.parametrize("block", LOGINS)
def test_a_login_can_stand_in_a_spec(load, block):
    spec = load(TEAM + textwrap.indent(block, "    "))
    (login,) = spec.teams[0].logins
    role = team_policy(spec.name, "payments")
    assert f"{login.method}:{login.mount}/{role}" in PAGE


def test_each_platform_has_a_login():
    assert len(LOGINS) == 4
