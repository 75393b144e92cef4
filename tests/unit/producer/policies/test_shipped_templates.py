"""Every template that comes with the kit: correct, small, without findings, and proof against any value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import meta

from producer.policies import Limit, check, check_size, engine, lacks_get_user, lint, minify, render_template, templates

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "policy-templates.md"
INFOS = {info.name: info for info in templates()}
ROLE = "arn:aws:iam::111122223333:role/app"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
USUAL = {
    "account": "111122223333",
    "boundary": "arn:aws:iam::111122223333:policy/boundary",
    "bucket": "acme-terraform-state",
    "buckets": ["acme-payments-data", "acme-payments-logs"],
    "clusters": ["main"],
    "execution_roles": [ROLE],
    "exempt": ["fms:*"],
    "flow_log_role": ROLE,
    "instance_roles": [ROLE],
    "instance_types": ["t3.*", "m7g.*"],
    "keys": ["payments/prod.tfstate", "payments/dev.tfstate"],
    "kms_key": KEY,
    "kms_keys": [KEY],
    "lock_table": "terraform-locks",
    "names": ["*.dev.example.com"],
    "parameters": ["payments/prod/*"],
    "path": "apps/payments",
    "prefix": "payments-",
    "read_only": False,
    "regions": ["eu-west-1", "eu-central-1"],
    "repositories": ["payments/web", "payments/api"],
    "secrets": ["payments/prod/*"],
    "tables": ["orders", "customers"],
    "types": ["A", "CNAME"],
    "workspaces": True,
    "zones": ["Z0123456789ABCDEFGHIJ"],
}
NASTY = st.one_of(
    st.text(min_size=1, max_size=12),
    st.sampled_from([
        '"', "\\", '\\"', '"}', '"], "Action": "*', "{{ 7 }}", "{% raw %}", "${aws:username}", "*", "\n", "\0", "\ud800",
        "\ue000\ue010\ue001", "{#", "'", "null", "true", '"\n}]}', "\u2028",
    ]),
)  # fmt: skip


def values(variable, text):
    """What a variable may be given; text is non-empty, as in the harmless rendering."""
    if variable.type == "text":
        return text
    if variable.type == "list":
        return st.lists(text, min_size=2, max_size=2)
    assert variable.type == "bool", f"a type that no template had so far: {variable.type}"
    return st.just(True)


def shape(value):
    """A document's structure: all of it but what stands in strings that differ."""
    if isinstance(value, Mapping):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__


def usual(name, *, optional):
    known = INFOS[name].variables
    return {one.name: USUAL[one.name] for one in known if one.name in USUAL and (one.required or optional)}


def minimal(name):
    return usual(name, optional=False) | ({"secrets": ["a"]} if name == "secrets-read" else {})


@pytest.mark.parametrize("name", INFOS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_value_changes_the_structure_of_a_policy(name, data):
    variables = INFOS[name].variables
    hostile = {one.name: data.draw(values(one, NASTY), one.name) for one in variables}
    harmless = {one.name: data.draw(values(one, st.just("x"))) for one in variables}
    rendered = render_template(name, hostile)
    assert shape(json.loads(minify(rendered))) == shape(render_template(name, harmless))


@pytest.mark.parametrize("name", INFOS)
def test_every_value_arrives_as_it_is(name):
    hostile = {
        one.name: {"text": f'{one.name}"\\{{{{', "list": [f'{one.name}"\\{{{{'], "bool": True}[one.type]
        for one in INFOS[name].variables
    }
    text = json.dumps(render_template(name, hostile))
    for one in INFOS[name].variables:
        if one.type != "bool":
            assert json.dumps(f'{one.name}"\\{{{{')[1:-1] in text


@pytest.mark.parametrize("name", INFOS)
@pytest.mark.parametrize("given_variables", [minimal, lambda name: usual(name, optional=True)], ids=["least", "all"])
def test_a_template_renders_a_policy_that_aws_takes_with_no_findings(name, given_variables):
    document = render_template(name, given_variables(name))
    check(document)
    assert lint(minify(document)) == ()
    check_size(minify(document), Limit.SESSION)


@pytest.mark.parametrize("name", INFOS)
def test_the_header_tells_of_exactly_the_variables_that_the_template_uses(name):
    info = INFOS[name]
    assert info.summary.endswith(".")
    assert {one.name for one in info.variables} == meta.find_undeclared_variables(engine.policies().parse(info.source))


def test_the_partition_is_a_variable_wherever_an_arn_is_written():
    for info in INFOS.values():
        body = info.source.partition("#}")[2]
        assert "arn:aws" not in body, info.name


def test_the_reference_page_tells_of_every_template_and_its_variables():
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.+?) \| (.+?) \|$", PAGE.read_text(), re.MULTILINE)
    assert rows == [
        (info.name, info.summary, ", ".join(f"**{v.name}**" if v.required else v.name for v in info.variables))
        for info in INFOS.values()
    ]


# ── what they are for ────────────────────────────────────────────────────────────────────────────


def allows(document, action):
    return any(statement["Effect"] == "Allow" and action in statement["Action"] for statement in document["Statement"])


def test_a_terraform_state_can_be_written_and_never_deleted():
    document = render_template("terraform-state-s3", {"bucket": "b", "keys": ["k"]})
    deletes = [one for one in document["Statement"] if "s3:DeleteObject" in one["Action"]]
    assert [one["Resource"] for one in deletes] == [["arn:aws:s3:::b/k.tflock"]]
    assert not allows(document, "dynamodb:PutItem")


def test_a_role_can_get_rights_only_under_the_boundary():
    document = render_template("iam-role-management", usual("iam-role-management", optional=False))
    granting = [
        one for one in document["Statement"] if one["Effect"] == "Allow" and "iam:PutRolePolicy" in one["Action"]
    ]
    assert [one["Condition"] for one in granting] == [{"StringEquals": {"iam:PermissionsBoundary": USUAL["boundary"]}}]


def test_only_self_get_user_and_read_only_let_a_user_look_at_itself():
    lacking = {name for name in INFOS if lacks_get_user(render_template(name, minimal(name)))}
    assert set(INFOS) - lacking == {"self-get-user", "read-only"}
