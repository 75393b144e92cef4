"""The codes that follow from a seed are those of an independent implementation, and the seed itself shows nowhere."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.mfa_device.seed import Seed
from vault_aws_kit.totp import PERIOD

BASE32 = st.binary(min_size=14, max_size=64).map(lambda key: base64.b32encode(key).decode())
MOMENTS = st.integers(PERIOD, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
SEED = Seed("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
AT = datetime(2026, 1, 31, 12, 0, 7, tzinfo=UTC)


@given(BASE32, MOMENTS)
def test_codes_are_those_of_pyotp_with_and_without_padding(base32, at):
    wanted = pyotp.TOTP(base32.rstrip("=")).at(at)
    assert Seed(base32).code(at.timestamp()) == wanted == Seed(base32.rstrip("=").lower()).code(at.timestamp())


def test_the_code_of_the_standard_comes_out():
    """RFC 6238, appendix B, cut to six digits."""
    assert Seed(base64.b32encode(b"12345678901234567890").decode()).code(59) == "287082"


@given(MOMENTS)
def test_the_two_codes_are_of_the_last_period_and_the_present_one(at):
    otp = pyotp.TOTP(SEED.base32)
    assert SEED.two_codes(at) == (otp.at(at - timedelta(seconds=PERIOD)), otp.at(at))


@pytest.mark.parametrize("off", [0, 1, -1, 4, -20])
def test_it_is_told_how_far_a_code_is_off(off):
    assert SEED.periods_off(SEED.code(AT.timestamp() + off * PERIOD), AT) == off


@pytest.mark.parametrize("code", ["", "12345678", Seed("MFRGGZDFMZTWQ2LK").code(AT.timestamp())])
def test_another_seeds_code_is_told_from_a_wrong_clock(code):
    assert SEED.periods_off(code, AT) is None


def test_the_uri_is_what_awss_console_shows():
    found = pyotp.parse_uri(SEED.uri("al+ice@acme.com", "123456789012"))
    assert isinstance(found, pyotp.TOTP)
    assert (found.name, found.issuer) == ("al+ice@acme.com@123456789012", "Amazon Web Services")
    assert found.secret == SEED.base32
    assert (found.digits, found.interval) == (6, 30)


def test_a_seed_is_in_no_repr():
    assert SEED.base32 not in f"{SEED} {SEED!r} {[SEED]}"
