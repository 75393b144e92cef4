"""Formats: what each prints is what its reader reads, whatever the values hold."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import botocore.session
import dotenv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.formats import FORMATS
from vault_aws_kit.credentials import Credentials
from vault_aws_kit.errors import FormatImpossible

SESSION = Credentials(
    access_key_id="ASIAEXAMPLE",
    secret_access_key="secret/+=",
    session_token="token//==",
    expires=datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC),
    lease_id="aws/creds/net/abc",
    region="eu-west-1",
    role="net",
    type="assumed_role",
)
KEY = replace(SESSION, access_key_id="AKIAEXAMPLE", session_token="", type="iam_user", renewable=True)
HOSTILE = st.text(st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)), min_size=1)


def program(name: str) -> str:
    """A program that reads a format, if it is here: in CI every shell is."""
    found = shutil.which(name)
    if not found and os.environ.get("CI") and name not in ("pwsh", "node"):
        pytest.fail(f"{name} is not installed.")
    return found or pytest.skip(f"{name} is not installed.")


def fish(script: str, **variables: str) -> bytes:
    home = {"HOME": os.environ["HOME"], "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [program("fish"), "--no-config", "-c", script], env=home | variables, capture_output=True, check=True
    )
    assert done.stderr == b""
    return done.stdout


def test_env_sets_both_spellings_of_the_region():
    text = FORMATS["env"].text(SESSION)
    assert "export AWS_REGION=eu-west-1\nexport AWS_DEFAULT_REGION=eu-west-1\n" in text


def test_env_unsets_whatever_an_earlier_set_left():
    assert FORMATS["env"].text(KEY).startswith("unset AWS_SESSION_TOKEN AWS_SECURITY_TOKEN AWS_CREDENTIAL_EXPIRATION")
    assert "unset AWS_SECURITY_TOKEN" in FORMATS["env"].text(SESSION)


def test_env_leaves_the_region_alone_where_none_is_known():
    assert "REGION" not in FORMATS["env"].text(replace(KEY, region=""))


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "zsh"])
@settings(max_examples=30)
@given(HOSTILE)
def test_env_is_inert_whatever_the_values_hold(shell, value):
    text = FORMATS["env"].text(replace(SESSION, secret_access_key=value, region=value))
    script = f'{text}printf "%s\\0%s" "$AWS_SECRET_ACCESS_KEY" "$AWS_REGION"'
    told = subprocess.run([program(shell), "-c", script], env={}, capture_output=True, check=True).stdout
    assert told == f"{value}\0{value}".encode()


# ── fish ────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=30)
@given(st.text(st.characters(blacklist_characters="\x00", blacklist_categories=("Cs", "Co", "Cn")), min_size=1))
def test_fish_is_inert_whatever_the_values_hold(value):
    text = FORMATS["fish"].text(replace(SESSION, secret_access_key=value, region=value))
    script = f'{text}printf "%s\\0%s" "$AWS_SECRET_ACCESS_KEY" "$AWS_REGION"'
    told = fish(script)
    assert told == f"{value}\0{value}".encode()


@pytest.mark.parametrize("value", ["'; touch hacked; '", "\\'; touch hacked; '", "$(touch hacked)", "a\\", "\\'"])
def test_fish_runs_nothing_that_a_value_holds(value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = FORMATS["fish"].text(replace(SESSION, secret_access_key=value))
    assert fish(f"{text}printf %s $AWS_SECRET_ACCESS_KEY") == value.encode()
    assert list(tmp_path.iterdir()) == []


def test_fish_unsets_whatever_an_earlier_set_left_and_passes_the_rest_on_to_programs():
    told = fish(f"{FORMATS['fish'].text(KEY)}env", AWS_SESSION_TOKEN="stale").decode()
    assert "AWS_SESSION_TOKEN" not in told
    assert "AWS_ACCESS_KEY_ID=AKIAEXAMPLE\n" in told


# ── PowerShell, by its own program where there is one and by its documented grammar everywhere ───

PS_TEXT = r"'(?:[ -&(-~]|'')*'"
PS_VALUE = rf"{PS_TEXT}(?: \+ (?:{PS_TEXT}|\[char]\d+))*"


def read_powershell(text: str) -> dict[str, str]:
    """What PowerShell's quoting rules make of assignments; a line that is anything else is no assignment."""
    first, *lines = text.removesuffix("\n").split("\n")
    assert re.fullmatch(r"Remove-Item -ErrorAction Ignore Env:\w+(, Env:\w+)*", first)
    found = {}
    for line in lines:
        name, value = re.fullmatch(rf"\$env:(\w+) = ({PS_VALUE})", line).groups()
        parts = re.findall(rf"{PS_TEXT}|\[char]\d+", value)
        units = [
            part[1:-1].replace("''", "'").encode("utf-16-be") if part[0] == "'" else int(part[6:]).to_bytes(2)
            for part in parts
        ]
        found[name] = b"".join(units).decode("utf-16-be")
    return found


@given(HOSTILE)
def test_powershell_is_printable_ascii_whose_grammar_gives_the_values_back(value):
    text = FORMATS["powershell"].text(replace(SESSION, secret_access_key=value, region=value))
    found = read_powershell(text)
    assert (found["AWS_SECRET_ACCESS_KEY"], found["AWS_REGION"]) == (value, value)


@pytest.mark.parametrize("quote", ["'", "\u2018", "\u2019", "\u201a", "\u201b"])
def test_powershell_ends_no_text_at_any_of_its_five_quotes(quote):
    value = f"{quote}; Remove-Item -Recurse / #"
    text = FORMATS["powershell"].text(replace(SESSION, secret_access_key=value))
    assert read_powershell(text)["AWS_SECRET_ACCESS_KEY"] == value
    assert text.isascii()


@settings(max_examples=5)
@given(HOSTILE)
def test_powershell_itself_reads_the_same(value):
    text = FORMATS["powershell"].text(replace(SESSION, secret_access_key=value))
    script = f"{text}[Text.Encoding]::Unicode.GetBytes($env:AWS_SECRET_ACCESS_KEY) -join ' '"
    told = subprocess.run(
        [program("pwsh"), "-NoProfile", "-Command", "-"], input=script, capture_output=True, text=True, check=True
    )
    assert bytes(map(int, told.stdout.split())).decode("utf-16-le") == value


# ── formats without quoting ─────────────────────────────────────────────────────────────────────

UNQUOTED = ["cmd", "dotenv", "shared-credentials"]
DOUBTFUL = [
    '"',
    "'",
    "%",
    "!",
    "^",
    "&",
    "|",
    "<",
    ">",
    "$",
    "`",
    "\\",
    "#",
    ";",
    " ",
    "\t",
    "\r",
    "\n",
    "\0",
    "é",
    "\u2019",
]
AWS_VALUES = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="+/=_-"), min_size=1)


@pytest.mark.parametrize("name", UNQUOTED)
@pytest.mark.parametrize("character", DOUBTFUL)
def test_a_character_that_readers_differ_on_is_refused_without_telling_the_secret(name, character):
    with pytest.raises(FormatImpossible) as refused:
        FORMATS[name].text(replace(SESSION, secret_access_key=f"top{character}secret"))
    assert "ret" not in refused.value.message.replace("aws_secret_access_key", "").replace("AWS_SECRET_ACCESS_KEY", "")


@given(AWS_VALUES)
def test_cmd_lines_are_quoted_assignments_of_nothing_that_cmd_expands(value):
    lines = FORMATS["cmd"].text(replace(SESSION, secret_access_key=value)).splitlines()
    found = dict(re.fullmatch(r'set "([A-Z_]+)=([^"%!^\r\n]*)"', line).groups() for line in lines)
    assert found["AWS_SECRET_ACCESS_KEY"] == value
    assert found["AWS_SECURITY_TOKEN"] == ""


@given(AWS_VALUES)
def test_dotenv_is_what_pythons_reader_reads(value):
    text = FORMATS["dotenv"].text(replace(SESSION, secret_access_key=value))
    found = dotenv.dotenv_values(stream=StringIO(text))
    assert found == {
        "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": value,
        "AWS_SESSION_TOKEN": "token//==",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }


@settings(max_examples=20)
@given(AWS_VALUES)
def test_dotenv_is_what_a_shell_reads_that_sources_it(value):
    text = FORMATS["dotenv"].text(replace(SESSION, secret_access_key=value))
    script = f'{text}printf %s "$AWS_SECRET_ACCESS_KEY"'
    assert subprocess.run(["sh", "-c", script], env={}, capture_output=True, check=True).stdout == value.encode()


@settings(max_examples=5)
@given(AWS_VALUES)
def test_dotenv_is_what_node_reads(tmp_path_factory, value):
    file = tmp_path_factory.mktemp("node") / ".env"
    file.write_text(FORMATS["dotenv"].text(replace(SESSION, secret_access_key=value)))
    command = [program("node"), f"--env-file={file}", "-p", "process.env.AWS_SECRET_ACCESS_KEY"]
    assert subprocess.run(command, env={}, capture_output=True, text=True, check=True).stdout == f"{value}\n"


@settings(max_examples=20)
@given(AWS_VALUES)
def test_shared_credentials_are_what_the_aws_sdk_reads(tmp_path_factory, value):
    file = tmp_path_factory.mktemp("aws") / "credentials"
    file.write_text(FORMATS["shared-credentials"].text(replace(SESSION, secret_access_key=value)))
    session = botocore.session.Session()
    session.set_config_variable("credentials_file", str(file))
    found = session.get_credentials().get_frozen_credentials()
    assert (found.access_key, found.secret_key, found.token) == ("ASIAEXAMPLE", value, "token//==")
    assert session.get_config_variable("region") == "eu-west-1"


def test_shared_credentials_of_a_key_have_no_session_token():
    parsed = configparser.RawConfigParser()
    parsed.read_string(FORMATS["shared-credentials"].text(KEY))
    assert set(parsed["default"]) == {"aws_access_key_id", "aws_secret_access_key", "region"}


# ── GitHub Actions ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def github_env(tmp_path, monkeypatch):
    file = tmp_path / "github_env"
    file.write_text("EARLIER=stays\n")
    monkeypatch.setenv("GITHUB_ENV", str(file))
    return file


def read_github_env(text: str) -> dict[str, str]:
    """As GitHub's runner reads it: NAME=VALUE, or NAME<<END and all lines up to one that is END."""
    found, lines = {}, iter(text.split("\n"))
    for line in lines:
        name, heredoc, end = line.partition("<<")
        if heredoc and "=" not in name:
            value = []
            while (part := next(lines)) != end:
                value.append(part)
            found[name] = "\n".join(value)
        elif line:
            found |= dict([line.split("=", 1)])
    return found


def test_github_actions_masks_every_secret_and_hands_all_on(github_env):
    text = FORMATS["github-actions"].text(SESSION)
    assert text.splitlines() == ["::add-mask::ASIAEXAMPLE", "::add-mask::secret/+=", "::add-mask::token//=="]
    found = read_github_env(github_env.read_text())
    assert found["EARLIER"] == "stays"
    assert found["AWS_SECRET_ACCESS_KEY"] == "secret/+="
    assert found["AWS_REGION"] == "eu-west-1"


def test_github_actions_empties_what_an_earlier_step_left(github_env):
    FORMATS["github-actions"].text(SESSION)
    FORMATS["github-actions"].text(KEY)
    assert read_github_env(github_env.read_text())["AWS_SESSION_TOKEN"] == ""


@given(HOSTILE)
def test_github_actions_is_inert_whatever_the_values_hold(tmp_path_factory, value):
    file = tmp_path_factory.mktemp("github") / "env"
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("GITHUB_ENV", str(file))
        text = FORMATS["github-actions"].text(replace(SESSION, secret_access_key=value))
    found = read_github_env(file.read_bytes().decode())
    assert found["AWS_SECRET_ACCESS_KEY"] == value
    assert set(found) <= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
                          "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID", "AWS_REGION", "AWS_DEFAULT_REGION"}  # fmt: skip
    commands = text.removesuffix("\n").split("\n")
    assert len(commands) == 3
    assert not any("\r" in command for command in commands)
    undone = commands[1].removeprefix("::add-mask::").replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    assert undone == value


def test_no_value_can_know_the_line_that_ends_it(github_env):
    FORMATS["github-actions"].text(SESSION)
    FORMATS["github-actions"].text(SESSION)
    ends = re.findall(r"<<(.+)", github_env.read_text())
    assert len(ends) == len(set(ends)) == 16
    assert all(len(end) > 32 for end in ends)


def test_github_actions_is_refused_elsewhere(monkeypatch, tmp_path):
    monkeypatch.delenv("GITHUB_ENV", raising=False)
    with pytest.raises(FormatImpossible, match="GITHUB_ENV is not set"):
        FORMATS["github-actions"].text(SESSION)
    monkeypatch.setenv("GITHUB_ENV", str(tmp_path / "gone" / "env"))
    with pytest.raises(FormatImpossible, match="can't be written: No such file"):
        FORMATS["github-actions"].text(SESSION)


# ── for programs ────────────────────────────────────────────────────────────────────────────────


def test_credential_process_has_the_exact_shape_that_the_sdks_read():
    assert json.loads(FORMATS["credential-process"].text(SESSION)) == {
        "Version": 1,
        "AccessKeyId": "ASIAEXAMPLE",
        "SecretAccessKey": "secret/+=",
        "SessionToken": "token//==",
        "Expiration": "2026-01-31T12:00:00Z",
    }


def test_credential_process_leaves_out_what_a_key_has_not():
    found = json.loads(FORMATS["credential-process"].text(replace(KEY, expires=None)))
    assert list(found) == ["Version", "AccessKeyId", "SecretAccessKey"]


def test_json_holds_all_that_is_known():
    found = json.loads(FORMATS["json"].text(KEY))
    assert found == {
        "access_key_id": "AKIAEXAMPLE",
        "secret_access_key": "secret/+=",
        "session_token": "",
        "expires": "2026-01-31T12:00:00Z",
        "lease_id": "aws/creds/net/abc",
        "renewable": True,
        "revocable": True,
        "region": "eu-west-1",
        "role": "net",
        "type": "iam_user",
    }


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_its_text_with_a_line_end(name, github_env):
    assert FORMATS[name].text(SESSION).endswith("\n")


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_knows_its_own_name(name):
    assert FORMATS[name].name == name
