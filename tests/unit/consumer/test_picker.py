"""Choosing on a terminal, without one: what keys do, and what is drawn."""

from __future__ import annotations

import pytest

from consumer.picker import Choice

ROLES = Choice(tuple((name, f"{name}  {kind}") for name, kind in (
    ("app-api", "iam_user"), ("app-web", "iam_user"), ("network-prod", "assumed_role"),
)))  # fmt: skip


def press(choice: Choice, *keys: str) -> Choice:
    for key in keys:
        choice = choice.pressed(key)
    return choice


def names(choice: Choice) -> list[str]:
    return [name for name, _ in choice.found]


def test_typing_narrows_what_is_found():
    assert names(press(ROLES, *"app")) == ["app-api", "app-web"]
    assert names(press(ROLES, *"web")) == ["app-web"]


def test_words_are_looked_for_one_by_one_wherever_they_stand():
    assert names(press(ROLES, *"IAM web")) == ["app-web"]


def test_arrows_go_round():
    assert press(ROLES, "down").taken == "app-web"
    assert press(ROLES, "up").taken == "network-prod"
    assert press(ROLES, "down", "down", "down").taken == "app-api"


def test_what_is_taken_back_is_found_again():
    assert names(press(ROLES, *"net", "back", "back", "back")) == names(ROLES)
    assert names(press(ROLES, *"net", "clear")) == names(ROLES)


def test_a_new_letter_begins_at_the_first_of_what_it_finds():
    assert press(ROLES, "down", "down", *"app").taken == "app-api"


def test_a_key_that_means_nothing_changes_nothing():
    assert press(ROLES, "down", "").taken == "app-web"


def test_nothing_found_is_nothing_taken_and_no_arrow_harms():
    assert press(ROLES, *"zzz", "down").taken == ""


@pytest.mark.parametrize(("width", "height"), [(80, 24), (20, 5), (2, 1), (200, 3)])
def test_a_drawing_fits_the_terminal(width, height):
    many = Choice(tuple((f"role-{n}", f"role-{n} " + "x" * 300) for n in range(500)), at=250)
    lines = many.lines(width, height)
    assert all(len(line) < width for line in lines)
    assert len(lines) <= max(height - 1, 2)


def test_where_one_is_stays_in_sight():
    many = Choice(tuple((f"role-{n}", f"role-{n}") for n in range(500)), at=499)
    assert many.lines(80, 10)[-1] == "> role-499"
    assert "> role-250" in Choice(many.rows, at=250).lines(80, 10)


def test_a_name_can_do_nothing_to_the_terminal():
    assert Choice((("a", "a\x1b]0;title\x07"),)).lines(80, 24)[1] == "> a?]0;title?"
