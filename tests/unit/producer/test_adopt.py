"""What `producer adopt` writes is read back as it was, whatever is in it."""

from __future__ import annotations

import random

import pytest

from producer import policies
from producer.adopt.read import LiveEngine, LiveLogin, granted, matches
from producer.adopt.write import dump, escaped, write_spec
from producer.spec.source import parse

HOSTILE = [
    "1.5e5", "1e5", "0x1F", "012", "true", "on", "null", "~", "", " a ", "a: b", "# a", "- a", "&a", "*a", "!a", "%a",
    "'", '"', "\\", "a\nb\n", "\t", "\x85", "\u2028", "\ufeff", "\U0001f600", "2012-10-17", "1_000", "{{ x }}",
    "{% raw %}", "{# c", "}}", "a'\"{{\\n}}\n", "=", "<<", "---", "...", "\x7f", "-1", "1.0",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_read_back_as_it_was(text):
    assert parse(dump({"a": [text], text or "b": text}), "x").value == {"a": [text], text or "b": text}
    assert policies.render_string(escaped(text), {}) == text
    assert policies.render_inline({"a": escaped(text)}, {}) == {"a": text}


def test_random_mixtures_are_read_back_as_they_were():
    dice = random.Random(7)
    for _ in range(300):
        text = "".join(dice.choices([*HOSTILE, "x", " "], k=4))
        assert parse(dump({"a": escaped({text: [text]})}), "x").value == {"a": escaped({text: [text]})}
        assert policies.render_inline(escaped({text: [text]}), {}) == {text: [text]}


def test_a_policy_grants_what_its_globs_and_parts_cover():
    hcl = '# path "x/creds/no" { capabilities = ["read"] }\npath "aws/+/a*" {\n  capabilities = ["list", "read"]\n}\n'
    assert list(granted(hcl)) == ["aws/+/a*"]
    assert list(granted('{"path": {"aws/creds/a": {"capabilities": ["deny"]}}}')) == []
    assert matches("aws/+/a*", "aws/creds/app")
    assert not matches("aws/+/a*", "aws/creds/b")


def test_a_comment_never_ends_early_and_teams_are_only_suggested():
    mounts = {"team/aws/": {"type": "aws", "config": {"max_lease_ttl": 0}}}
    roles = {"r\nroles: []": {"credential_type": "iam_user,assumed_role"}}
    live = LiveEngine("team/aws", mounts, {"region": ""}, None, roles, {})
    roles["app"] = {"credential_type": "session_token"}
    made = write_spec("", [live], [LiveLogin("approle", "approle", "Web", (("team/aws", "app"),))])
    spec = parse(made.text, "x").value
    assert spec["name"] == spec["engines"][0]["name"] == "team-aws"
    assert spec["engines"][0]["region"] == "us-east-1"
    assert "teams" not in spec
    assert "# - name: web" in made.text
    assert spec["roles"] == [{"name": "app", "type": "session_token"}]
    assert len(made.warnings) == 1


def _engine(**roles):
    return LiveEngine("aws", {"aws/": {"type": "aws"}}, {"region": "eu-west-1"}, None, roles, {})


@pytest.mark.parametrize("path", [None, "", "/"])
def test_a_role_made_without_a_path_is_adopted_as_it_is(path):
    role = {"credential_type": "iam_user", "policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "user_path": path}
    made = write_spec("", [_engine(web=role)])
    assert made.warnings == ()
    assert [role["name"] for role in parse(made.text, "x").value["roles"]] == ["web"]


def test_what_is_left_out_says_what_differs_and_is_suggested_to_no_team():
    fine = {"credential_type": "session_token"}
    odd = {"credential_type": "assumed_role", "role_arns": ["arn:aws:iam::111122223333:role/x"], "user_path": "/"}
    grants = (("aws", "fine"), ("aws", "odd"))
    logins = [LiveLogin("approle", "approle", name, given) for name, given in (("web", grants), ("api", grants[1:]))]
    made = write_spec("", [_engine(fine=fine, odd=odd)], logins)
    told = 'aws/roles/odd: a spec can\'t say the same: user_path is "/" in Vault, and would become ""'
    assert made.warnings == (told,)
    assert "aws/fine" in made.text
    assert "aws/odd" not in made.text
    assert "name: api" not in made.text
