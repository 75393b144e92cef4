"""Plans for people, for pull requests and for machines."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.diff import Action, Plan
from producer.plan_markdown import plan_markdown
from producer.plan_text import plan_json, plan_text
from producer.resources.acl_policy import AclPolicy
from producer.resources.aws_role import AwsRole
from producer.resources.catalog_entry import CatalogEntry
from vault_aws_kit.templating import own_templates

ROLE = AwsRole("aws", "web", "assumed_role", policy_document='{"Version":"2012-10-17"}', max_sts_ttl=3600)
BEFORE = {**ROLE.body(), "max_sts_ttl": 7200, "policy_document": '{"Version":"2008-10-17"}'}
PLAN = Plan(
    "prod",
    (
        Action("create", AclPolicy("vak-prod-web", "x"), None, ("new",)),
        Action("update", ROLE, BEFORE, ("spec", "drift")),
        Action("claim", AwsRole("aws", "old", "iam_user"), {}),
        Action("delete", AwsRole("aws", "gone", "iam_user"), {}, ("not in the spec",)),
        Action("keep", AwsRole("aws", "same", "iam_user"), {}),
    ),
    left_over=(("role", "aws/roles/stays"),),
)


def test_each_change_is_a_line_with_why_and_what_differs_below_it():
    text = plan_text(PLAN)
    assert "+ acl-policy     sys/policies/acl/vak-prod-web\n" in text
    assert (
        "~ role           aws/roles/web  (changed in the spec; drift: changed in Vault since the last setup)\n" in text
    )
    assert "    max_sts_ttl: 7200 → 3600\n" in text
    assert '      -  "Version": "2008-10-17"\n      +  "Version": "2012-10-17"\n' in text
    assert "= role           aws/roles/old  (equal already; from now on ours)\n" in text
    assert "- role           aws/roles/gone  (no longer in the spec)\n" in text
    assert "Plan: 1 to create, 1 to update, 1 to claim, 1 to delete, 1 unchanged.\n" in text
    assert "aws/roles/same" not in text
    assert "  role           aws/roles/stays\n" in text


def test_how_digests_differ_is_shown_to_nobody():
    entry = CatalogEntry("catalog", "prod/teams/web", "{}")
    text = plan_text(Plan("prod", (Action("update", entry, {"sha256": "343c"}, ("spec",)),)))
    assert "~ catalog-entry  catalog/data/prod/teams/web  (changed in the spec)\n" in text
    assert "sha256" not in text


def test_a_plan_without_changes_says_so():
    assert plan_text(Plan("prod", ())) == "Nothing to change: Vault holds 0 objects as the spec says.\n"


@pytest.mark.parametrize("plan", [PLAN, Plan("prod", ())], ids=["changes", "none"])
def test_a_plan_for_machines_keeps_to_its_published_schema(plan):
    schema = json.loads((own_templates() / "plan.schema.json").read_text())
    jsonschema.validate(json.loads(json.dumps(plan_json(plan))), schema)


def test_a_pull_request_and_machines_see_what_the_spec_is_warned_of():
    few, many = (Plan("prod", (), warnings=tuple(f"spec:{n}: keys die" for n in range(count))) for count in (1, 12))
    assert plan_json(few)["warnings"] == ["spec:0: keys die"]
    assert "- Warning: spec:0: keys die\n" in plan_markdown(few)
    assert "- … and 2 more.\n" in plan_markdown(many)
    assert "spec:11" not in plan_markdown(many)


def test_a_pull_request_sees_the_sum_the_deletions_and_the_drift_first():
    text = plan_markdown(PLAN)
    assert text.index("1 to create") < text.index("**1 will be deleted.**") < text.index("<details>")
    assert "1 changed in Vault since the last setup." in text


@given(st.text(alphabet="`~\n<>/details a"))
def test_nothing_in_a_plan_can_end_its_fence(hostile):
    plan = Plan("prod", (Action("update", AclPolicy("p", hostile), {"policy": ""}, ("spec",)),))
    lines = plan_markdown(plan).splitlines()
    opened = next(line for line in lines if line.startswith("```"))
    fence = opened.removesuffix("diff")
    assert [number for number, line in enumerate(lines) if line.strip() == fence] == [len(lines) - 3]


def test_a_plan_longer_than_a_comment_may_be_is_cut_and_says_so():
    many = tuple(Action("create", AclPolicy(f"policy-{n}", ""), None, ("new",)) for n in range(3000))
    text = plan_markdown(Plan("prod", many))
    assert len(text) < 65_000
    assert "run `producer plan` to see all of it" in text
