"""Patterns mean the actions that they stand for, and no other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from producer.mfa_guard import actions
from producer.mfa_guard.compress import compress, expand

WORDS = st.sampled_from(
    ["Create", "Delete", "Re", "Tag", "tag", "Key", "Key2", "Pair", "VPC", "DB", "X", "-Of", "Untag", "UnTag"]
)
NAMES = st.lists(WORDS, min_size=1, max_size=4).map("".join)


@given(st.lists(NAMES, min_size=1, max_size=30, unique_by=str.lower), st.data())
def test_patterns_expand_to_exactly_what_was_wanted(known, data):
    wanted = data.draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
    assert expand(compress(wanted, known), known) == sorted(wanted)


@given(st.lists(NAMES, min_size=1, max_size=30, unique_by=str.lower), st.randoms())
def test_patterns_depend_on_no_order_and_none_is_more_than_the_names(known, random):
    wanted = known[: len(known) // 2 + 1]
    patterns = compress(wanted, known)
    random.shuffle(known)
    random.shuffle(wanted)
    assert compress(wanted, known) == patterns
    assert len(patterns) <= len(wanted)


def test_every_service_is_compressed_without_widening():
    both = {service: (actions.writes(service), actions.known(service)) for service in actions.services()}
    assert len(both) > 400
    assert [name for name, (some, all_) in both.items() if expand(compress(some, all_), all_) != sorted(some)] == []


def test_a_pattern_ends_at_a_word_and_stands_for_several():
    known = ["CreateKeyPair", "CreateKeys", "CreateVpc", "CreatedBy", "StopIt", "StopAll", "StopsNothing", "ReadX"]
    wanted = ["CreateKeyPair", "CreateKeys", "StopIt", "ReadX"]
    assert compress(wanted, known) == ["CreateKey*", "ReadX", "StopIt"]


def test_a_pattern_that_another_means_too_is_left_out():
    assert compress(["Verify", "VerifyMac", "VerifyAll"], ["Verify", "VerifyMac", "VerifyAll", "Read"]) == ["Verify*"]


def test_a_verb_of_two_letters_is_none():
    assert compress(["ReEncryptTo", "ReEncryptFrom"], ["ReEncryptTo", "ReEncryptFrom"]) == ["ReEncrypt*"]
