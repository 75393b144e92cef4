"""What must change in a workspace, given what is there."""

from __future__ import annotations

import pytest

from producer.connect.judging import overriding, static_keys, variable_actions
from producer.connect.marks import described, mark_of
from producer.connect.tfe_resources import TfeVariable
from vault_aws_kit.errors import TfeConflict
from vault_aws_kit.tfe.holders.interface import Variable

WANTED = {"TFC_VAULT_PROVIDER_AUTH": "true", "TFC_VAULT_ADDR": "https://vault"}
PLACE = "acme/web"


def there(key: str, value: str | None, *, set_to: str | None = None, spec: str = "prod", **fields: object) -> Variable:
    """A variable that `spec` set to `set_to`, or that is somebody else's."""
    mark = "" if set_to is None else described(spec, TfeVariable(PLACE, key, set_to).body())
    return Variable(f"var-{key}", key, "env", sensitive=value is None, description=mark, value=value, **fields)


def judged(*found: Variable, force: bool = False) -> list[tuple[str, str, tuple[str, ...]]]:
    actions = variable_actions(PLACE, WANTED, found, "prod", force=force)
    return [(one.verb, one.resource.name, one.reasons) for one in actions]


def test_what_turns_the_rest_on_is_set_last():
    assert [key for _, key, _ in judged()] == ["TFC_VAULT_ADDR", "TFC_VAULT_PROVIDER_AUTH"]


def test_what_is_as_it_was_set_is_kept():
    addr = there("TFC_VAULT_ADDR", "https://vault", set_to="https://vault")
    assert judged(addr)[0] == ("keep", "TFC_VAULT_ADDR", ())


def test_a_change_of_ours_is_told_from_one_that_was_made_there():
    ours = there("TFC_VAULT_ADDR", "https://old", set_to="https://old")
    theirs = there("TFC_VAULT_ADDR", "https://evil", set_to="https://vault")
    both = there("TFC_VAULT_ADDR", "https://evil", set_to="https://old")
    hidden = there("TFC_VAULT_ADDR", None, set_to="https://vault")
    assert [judged(one)[0][2] for one in (ours, theirs, both, hidden)] == [
        ("spec",), ("changed there",), ("spec", "changed there"), ("changed there",),
    ]  # fmt: skip


def test_what_is_needed_no_longer_goes_and_what_turns_on_goes_first():
    old = [there("TFC_VAULT_RUN_ROLE", "x", set_to="x"), there("TFC_VAULT_BACKED_AWS_AUTH_LOGS", "true", set_to="true")]
    assert [(verb, key) for verb, key, _ in judged(*old)[2:]] == [
        ("delete", "TFC_VAULT_BACKED_AWS_AUTH_LOGS"),
        ("delete", "TFC_VAULT_RUN_ROLE"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        there("TFC_VAULT_ADDR", "https://other"),
        there("TFC_VAULT_ADDR", None),
        there("TFC_VAULT_ADDR", "https://vault", hcl=True),
        there("TFC_VAULT_ADDR", "https://other", set_to="https://other", spec="dev"),
    ],
)
def test_others_variables_are_replaced_only_by_force(other):
    with pytest.raises(TfeConflict, match="TFC_VAULT_ADDR") as refused:
        judged(other)
    assert "--force" in refused.value.hint
    assert judged(other, force=True)[0] == ("update", "TFC_VAULT_ADDR", ("take-over",))


def test_an_equal_one_of_others_becomes_ours():
    assert judged(there("TFC_VAULT_ADDR", "https://vault"))[0] == ("claim", "TFC_VAULT_ADDR", ())


def test_a_terraform_variable_of_that_name_and_others_own_are_left_alone():
    terraform = Variable("var-1", "TFC_VAULT_ADDR", "terraform", sensitive=False, value="x")
    assert judged(terraform, there("TF_LOG", "INFO"))[0] == ("create", "TFC_VAULT_ADDR", ("new",))
    assert len(judged(terraform, there("TF_LOG", "INFO"))) == len(WANTED)


def test_static_keys_are_named():
    keys = [there("AWS_ACCESS_KEY_ID", "AKIA"), there("AWS_SECRET_ACCESS_KEY", None), there("AWS_REGION", "eu-west-1")]
    assert static_keys(PLACE, keys).startswith("acme/web has AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, which")
    assert static_keys(PLACE, keys[2:]) == ""


def test_a_mark_says_whose_it_is_and_text_of_others_is_none():
    mark = mark_of(described("prod-eu", {"value": "x"}))
    assert mark is not None
    assert mark.spec == "prod-eu"
    assert mark_of("Set by hand") is None


def test_a_workspaces_own_variables_win_over_its_sets_and_are_named():
    own = [there("TFC_VAULT_ADDR", "https://other"), there("TFC_VAULT_PROVIDER_AUTH", "true"), there("TF_LOG", "INFO")]
    assert overriding(PLACE, own, WANTED).startswith("acme/web has TFC_VAULT_ADDR of its own")
    assert overriding(PLACE, own[1:], WANTED) == ""
