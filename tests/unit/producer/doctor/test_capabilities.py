"""What a token lacks, told by what it is for."""

from __future__ import annotations

from producer.acl import Grant, Section
from producer.doctor.capabilities import judge

SECTIONS = (
    Section("The catalog.", (Grant("kv/data/prod/*", ("read", "update")), Grant("kv/metadata/", ("list",)))),
    Section("Leases.", (Grant("sys/leases/lookup/aws/*", ("list", "sudo")),)),
)


def test_all_that_is_missing_for_one_purpose_is_one_error_that_names_the_paths():
    may = {"kv/data/prod/x": {"read"}, "kv/metadata/": {"deny"}, "sys/leases/lookup/aws/x": {"list", "sudo"}}
    catalog, leases = judge(SECTIONS, may)
    assert (catalog.severity, catalog.subject) == ("error", "The catalog")
    assert catalog.reason == "The token lacks update on kv/data/prod/*; list on kv/metadata/."
    assert leases.severity == "ok"


def test_sudo_is_missed_like_any_other():
    may = {"kv/data/prod/x": {"read", "update"}, "kv/metadata/": {"list"}, "sys/leases/lookup/aws/x": {"list"}}
    assert [one.reason for one in judge(SECTIONS, may) if one.severity == "error"] == [
        "The token lacks sudo on sys/leases/lookup/aws/*."
    ]


def test_a_root_token_lacks_nothing():
    may = {grant.sample: {"root"} for section in SECTIONS for grant in section.grants}
    assert {one.severity for one in judge(SECTIONS, may)} == {"ok"}


def test_the_remedy_is_the_policy_for_what_was_to_be_done():
    none = {grant.sample: set() for section in SECTIONS for grant in section.grants}
    assert "`producer acl --probe`" in next(judge(SECTIONS, none, probing=True)).remedy
    assert "`producer acl`" in next(judge(SECTIONS, none)).remedy
