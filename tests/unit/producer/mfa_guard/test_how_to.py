"""The page shows the plan that the command shows."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from producer.mfa_guard.documents import Account
from producer.mfa_guard.observed import Observed
from producer.mfa_guard.plan import Wanted, plan_guard
from producer.mfa_guard.plan_text import plan_text

PAGE = (Path(__file__).parents[4] / "docs" / "how-to" / "guard-aws-with-mfa.md").read_text()


def test_the_plan_is_the_real_one():
    plan = plan_guard(Wanted("RequireMFA", ("ec2", "iam", "sts")), Observed(Account("111122223333")))
    (shown,) = re.findall(r"\$ producer mfa guard --plan\n(.*?) *\$", PAGE, re.DOTALL)
    assert textwrap.dedent(shown) == plan_text(plan)
