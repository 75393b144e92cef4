"""AWS's config file: one profile comes and goes, and every other byte stays where it is."""

from __future__ import annotations

import re
import shlex
import subprocess

import botocore.configloader
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.profile import MARK, Profile, command_line, with_profile, without_profile
from vault_aws_kit.errors import ProfileImpossible, ProfileTaken

NET = Profile("net", "/usr/bin/consumer creds --role net --format credential-process", "eu-west-1")
FILE = """\
# mine: keep
[default]
region=us-east-1

; a comment of prod
[profile prod]
role_arn = arn:aws:iam::111122223333:role/prod
source_profile = default
s3 =
  max_concurrent_requests = 20
# about dev
[profile "dev box"]
output   =   json   # not a comment
[sso-session corp]
sso_region = eu-west-1
"""
KEPT = st.lists(
    st.sampled_from([
        "[default]", "[profile a]", "[profile b]", "[sso-session c]", "# comment", "; other", "", "region = x", "s3 =",
        "  nested = 1", "\tnested = 2", "key: value", "KEY=1", "  # indented comment", "x = [profile net]",
    ]),
    max_size=12,
)  # fmt: skip


def read(tmp_path, text: str) -> dict:
    file = tmp_path / "config"
    file.write_bytes(text.encode(errors="surrogateescape"))
    return botocore.configloader.load_config(str(file))["profiles"]


def test_a_new_profile_is_added_at_the_end_and_nothing_else_is_touched(tmp_path):
    text = with_profile(FILE, NET)
    assert text.startswith(FILE)
    assert read(tmp_path, text)["net"] == {"credential_process": NET.process, "region": "eu-west-1"}
    assert {**read(tmp_path, text), "net": None} == {**read(tmp_path, FILE), "net": None}


def test_what_was_added_goes_again_without_a_trace():
    assert without_profile(with_profile(FILE, NET), "net") == FILE
    assert without_profile(with_profile("", NET), "net") == ""


def test_a_profile_in_the_middle_is_updated_in_place():
    text = with_profile(FILE, NET) + "\n# after\n[profile last]\nregion = eu-north-1\n"
    again = with_profile(text, Profile("net", "/opt/consumer creds --role other"))
    assert again == text.replace(NET.process, "/opt/consumer creds --role other").replace(
        "--role other\nregion = eu-west-1\n", "--role other\n"
    )
    assert without_profile(again, "net") == FILE + "\n# after\n[profile last]\nregion = eu-north-1\n"


def test_what_a_person_added_to_our_profile_stays_when_it_is_updated(tmp_path):
    text = with_profile(FILE, NET) + "output = yaml\n# why\ns3 =\n  addressing_style = path\n"
    again = with_profile(text, Profile("net", "/opt/consumer creds", "eu-north-1"))
    assert again.endswith("region = eu-north-1\noutput = yaml\n# why\ns3 =\n  addressing_style = path\n")
    assert read(tmp_path, again)["net"]["s3"] == {"addressing_style": "path"}


def test_the_same_profile_again_changes_nothing():
    text = with_profile(FILE, NET)
    assert with_profile(text, NET) == text


def test_line_ends_of_windows_stay_and_are_used():
    crlf = FILE.replace("\n", "\r\n")
    text = with_profile(crlf, NET)
    assert text.startswith(crlf)
    assert "\n" not in text.replace("\r\n", "")
    assert without_profile(text, "net") == crlf


def test_a_last_line_without_end_is_ended_first(tmp_path):
    text = with_profile("[default]\nregion = eu-west-1", NET)
    assert read(tmp_path, text)["default"] == {"region": "eu-west-1"}
    assert "net" in read(tmp_path, text)


def test_bytes_that_are_no_utf_8_stay(tmp_path):
    text = b"[profile x]\nname = caf\xe9\n".decode(errors="surrogateescape")
    assert with_profile(text, NET).encode(errors="surrogateescape").startswith(b"[profile x]\nname = caf\xe9\n")


@pytest.mark.parametrize("theirs", ["[profile net]", '[profile "net"]', "[profile   net]", "[profile 'net' ]"])
def test_a_profile_that_somebody_else_wrote_is_refused(theirs):
    text = f"{FILE}\n{theirs}\nregion = ap-south-1\n"
    with pytest.raises(ProfileTaken, match="did not write it"):
        with_profile(text, NET)
    with pytest.raises(ProfileTaken):
        without_profile(text, "net")


def test_force_replaces_it_whole_and_nothing_else(tmp_path):
    text = f"{FILE}\n[profile net]\nrole_arn = x\nsource_profile = y\n# of the next\n[profile z]\nregion = z\n"
    forced = with_profile(text, NET, force=True)
    assert read(tmp_path, forced)["net"] == {"credential_process": NET.process, "region": "eu-west-1"}
    assert forced.endswith("\n# of the next\n[profile z]\nregion = z\n")
    assert without_profile(text, "net", force=True).endswith("\n# of the next\n[profile z]\nregion = z\n")


def test_the_default_profile_has_its_own_header(tmp_path):
    text = with_profile("", Profile("default", "/usr/bin/consumer creds"))
    assert text.startswith("[default]\n")
    assert read(tmp_path, text)["default"] == {"credential_process": "/usr/bin/consumer creds"}


def test_a_profile_that_is_not_there_is_removed_by_doing_nothing():
    assert without_profile(FILE, "net") == FILE


@pytest.mark.parametrize("broken", ["region = x\n", "[default]\nno setting secret\n", "[default]\n[default]\n"])
def test_a_file_that_no_sdk_reads_is_refused_without_quoting_it(broken):
    with pytest.raises(ProfileImpossible, match=r"line [12] is wrong") as refused:
        with_profile(broken, NET)
    assert "secret" not in refused.value.message


def test_a_header_that_is_not_where_it_seems_stops_it():
    with pytest.raises(ProfileImpossible):
        with_profile("  [profile net]\nregion = x\n", NET)


def test_removing_takes_no_section_along_that_only_an_sdk_sees():
    with pytest.raises(ProfileImpossible, match="can't be told apart"):
        without_profile(f"[profile net]\n{MARK}\n  [profile other]\n  region = x\n", "net")


@given(KEPT)
def test_whatever_stands_there_it_is_kept_or_refused(lines):
    text = "".join(f"{line}\n" for line in lines)
    try:
        made = with_profile(text, NET)
    except (ProfileImpossible, ProfileTaken):
        return
    assert made.startswith(text)
    assert without_profile(made, "net") in (text, text.removesuffix("\n"))


# ── the process's command line ──────────────────────────────────────────────────────────────────

PLAIN = st.text(
    st.characters(codec="ascii", categories=("L", "N"), include_characters="_+/=.:@,~()&[]{} -"), min_size=1
)


@given(st.lists(PLAIN, min_size=1, max_size=4))
def test_a_shell_and_an_sdk_that_splits_by_itself_see_the_same_words(words):
    line = command_line(words)
    assert shlex.split(line) == words
    told = subprocess.run(["sh", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True).stdout
    assert told.decode().split("\0")[:-1] == words


@pytest.mark.parametrize("word", ["a'b", 'a"b', "$(x)", "`x`", "a\\b", "a\nb", "a # b", "a ; b", "%x%", "é"])
def test_a_word_that_they_would_see_differently_is_refused(word):
    with pytest.raises(ProfileImpossible, match=re.escape("can't stand in a credential_process")):
        command_line(["/usr/bin/consumer", word])
