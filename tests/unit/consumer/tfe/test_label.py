"""What a description says is what is read from it again, and nobody else's description is taken for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.tfe.label import LONGEST, Label, read
from vault_aws_kit import clock
from vault_aws_kit.credentials import Credentials

MOMENTS = st.integers(1_800_000_000, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_/.-]{0,40}", fullmatch=True)


@given(
    key=st.from_regex(r"A[KS]IA[A-Z0-9]{16}", fullmatch=True),
    origin=st.one_of(st.just("an MFA session"), NAMES.map(lambda name: f"role {name}")),
    until=st.none() | MOMENTS,
    lease=st.just("") | NAMES.map(lambda name: f"aws/creds/{name}"),
    namespace=st.just("") | NAMES,
    places=st.integers(1, 50),
)
def test_a_label_reads_as_it_was_written(key, origin, until, lease, namespace, places):
    vault = "https://vault.example.com:8200" if lease else ""
    written = Label(key, origin, until, lease, vault, namespace if lease else "", places)
    assert read(written.text()) == written


def test_a_lease_that_a_description_has_no_room_for_is_left_out():
    written = Label("AKIA1", "role app", None, "aws/" + "x" * LONGEST, "https://v")
    assert len(written.text()) <= LONGEST
    assert read(written.text()).lease == ""


@pytest.mark.parametrize(
    "text",
    ["", "By hand.", "Pushed by vault-aws-kit", "Pushed by vault-aws-kit: key AKIA of role app, good until tomorrow."],
)
def test_other_descriptions_are_not_ours(text):
    assert read(text) is None


def test_no_secret_is_in_a_label():
    credentials = Credentials("ASIA1", "s3cret", "t0ken", clock.now() + timedelta(hours=1), "lease/1", role="net")
    text = Label.of(credentials, vault="https://v").text()
    assert "s3cret" not in text
    assert "t0ken" not in text
