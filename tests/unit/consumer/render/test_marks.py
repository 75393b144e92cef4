"""What people wrote around or inside a rendered block survives, or stops the next rendering: it never vanishes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.render.marks import Comments, JsonKey
from vault_aws_kit.errors import BlockEdited, OutputExists

OLD, NEW = "a = 1\n", "a = 2\nb = 3\n"
MARKS = Comments()
LINES = st.lists(st.text(st.characters(blacklist_categories=("Cs",))), max_size=4).map("\n".join)


def marked(body: str = OLD) -> str:
    return MARKS.merged(None, body)


@pytest.mark.parametrize("there", [None, "", "\n  \n"])
def test_a_file_with_nothing_in_it_becomes_the_marked_block(there):
    text = MARKS.merged(there, OLD)
    assert text.splitlines()[0].startswith("# >>> vault-aws-kit sha256:")
    assert text.endswith(f"{OLD}# <<< vault-aws-kit\n")


def test_the_same_again_changes_nothing():
    assert MARKS.merged(marked(), OLD) == marked()


def test_what_is_around_the_block_is_kept_to_the_byte():
    around = "# before\r\n\tx\n" + marked() + "\n\n# after, without an end"
    assert MARKS.merged(around, NEW) == "# before\r\n\tx\n" + marked(NEW) + "\n\n# after, without an end"
    assert MARKS.rest(around) == "# before\r\n\tx\n\n\n# after, without an end"


@given(before=LINES, after=LINES)
def test_whatever_is_around_the_block_is_kept(before, after):
    start = before + "\n" if before else ""
    assert MARKS.merged(start + marked() + after, NEW) == start + marked(NEW) + after


def test_a_change_within_the_block_stops_it_unless_forced():
    edited = "# mine\n" + marked().replace("a = 1", "a = 7")
    with pytest.raises(BlockEdited, match="changed by hand"):
        MARKS.merged(edited, NEW)
    assert MARKS.merged(edited, NEW, force=True) == "# mine\n" + marked(NEW)


def test_a_change_that_is_what_would_be_rendered_anyway_is_none():
    assert MARKS.merged(marked().replace(OLD, NEW), NEW) == marked(NEW)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("# <<< vault-aws-kit\n", ""),
        lambda text: text.partition("\n")[2],
        lambda text: text + text,
        lambda text: "\n".join(reversed(text.splitlines())),
        lambda text: text.replace("sha256:", "sha1:"),
    ],
    ids=["no end", "no beginning", "twice", "upside down", "no digest"],
)
@pytest.mark.parametrize("force", [False, True])
def test_damaged_marks_stop_it_even_if_forced(damage, force):
    with pytest.raises(BlockEdited, match="marks"):
        MARKS.merged(damage(marked()), NEW, force=force)


def test_a_checkout_with_windows_line_ends_is_no_change_and_keeps_them():
    windows = ("# mine\n" + marked()).replace("\n", "\r\n")
    assert MARKS.merged(windows, OLD) == windows
    assert MARKS.merged(windows, NEW) == ("# mine\n" + marked(NEW)).replace("\n", "\r\n")


def test_a_file_without_marks_is_left_alone_if_equal_and_else_replaced_only_by_force():
    assert MARKS.merged(OLD, OLD) == OLD
    with pytest.raises(OutputExists):
        MARKS.merged("# mine\n", OLD)
    assert MARKS.merged("# mine\n", OLD, force=True) == marked()


def test_a_block_that_is_no_longer_rendered_is_taken_out():
    assert MARKS.without("# mine\n" + marked()) == "# mine\n"
    with pytest.raises(BlockEdited):
        MARKS.without(marked().replace("1", "2"))
    assert MARKS.without("# mine\n") == "# mine\n"


def test_groovys_comments_mark_as_well():
    assert Comments("//").merged(None, OLD).startswith("// >>> vault-aws-kit sha256:")


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────

KEY = JsonKey()
FIRST, SECOND = (
    '{"//": ["about"], "provider": {"aws": {"region": "x"}}}',
    '{"//": ["about"], "provider": {"aws": {"region": "y"}}}',
)


def test_json_is_marked_within_its_comment():
    content = json.loads(KEY.merged(None, FIRST))
    assert content["//"][0] == "about"
    assert content["//"][1].startswith("vault-aws-kit sha256:")
    assert content["provider"] == {"aws": {"region": "x"}}


def test_json_that_was_only_laid_out_anew_is_replaced():
    other = json.dumps(json.loads(KEY.merged(None, FIRST)), indent=8)
    assert KEY.merged(other, SECOND) == KEY.merged(None, SECOND)


@pytest.mark.parametrize("change", [{"resource": {}}, {"provider": {"aws": {"region": "z"}}}], ids=["more", "other"])
def test_json_that_was_changed_stops_it_unless_forced(change):
    edited = json.dumps(json.loads(KEY.merged(None, FIRST)) | change)
    with pytest.raises(BlockEdited):
        KEY.merged(edited, SECOND)
    assert KEY.merged(edited, SECOND, force=True) == KEY.merged(None, SECOND)


@pytest.mark.parametrize("there", ["{}", "[1]", "no JSON", '{"//": "mine"}', '{"//": ["mine"]}'])
def test_json_that_is_not_ours_stops_it(there):
    with pytest.raises(OutputExists):
        KEY.merged(there, FIRST)


def test_json_that_was_printed_is_left_alone_if_equal():
    assert KEY.merged(FIRST, FIRST) == FIRST
    assert KEY.merged(KEY.merged(None, FIRST), FIRST) == KEY.merged(None, FIRST)
