"""Laying out HCL as `terraform fmt` does."""

from __future__ import annotations

from vault_aws_kit.hcl_layout import aligned


def test_neighbours_are_aligned_and_others_are_not():
    assert aligned('a {\n  x = 1\n  long = "= 2"\n\n  y = 3\n}\n') == 'a {\n  x    = 1\n  long = "= 2"\n\n  y = 3\n}\n'


def test_a_line_that_opens_a_block_is_no_neighbour():
    assert aligned("  a = {\n    long = 1\n    b = 2\n  }\n") == "  a = {\n    long = 1\n    b    = 2\n  }\n"


def test_a_comment_parts_neighbours():
    assert aligned("  a = 1\n  # between\n  long = 2") == "  a = 1\n  # between\n  long = 2"


def test_text_that_is_aligned_stays_as_it_is():
    text = aligned("  a = 1\n  long = 2\n")
    assert aligned(text) == text
