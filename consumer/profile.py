"""One profile of AWS's config file, whose credentials a `consumer creds` gets whenever an SDK asks for them.

The file is the user's: only the lines of that profile are touched, and what the SDKs would read of all the rest before
and after is compared before anything is written.

Sources: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html, the reference page for
credential_process (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html), and botocore's
configloader.py, which reads the file by Python's RawConfigParser.
"""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from vault_aws_kit.errors import ProfileImpossible, ProfileTaken

NAME = re.compile(r"[A-Za-z0-9_.+=,@-]+", re.ASCII)
MARK = "# Written by `consumer profile`"

_HEADER = re.compile(r"\[(?P<header>.+)\]")
_OURS = re.compile(r"(credential_process|region)\s*[=:]")
_WORD = re.compile(r"[A-Za-z0-9_+/=.:@,-]+", re.ASCII)
_QUOTABLE = re.compile(r"[A-Za-z0-9_+/=.:@,~()&\[\]{} -]+", re.ASCII)


@dataclass(frozen=True)
class Profile:
    """`process` is the value of credential_process; `region` is '' where none is known."""

    name: str
    process: str
    region: str = ""

    @property
    def settings(self) -> dict[str, str]:
        return {"credential_process": self.process} | ({"region": self.region} if self.region else {})

    @property
    def lines(self) -> list[str]:
        header = "default" if self.name == "default" else f"profile {self.name}"
        told = f"{MARK}; `consumer profile --remove {self.name}` takes it out again."
        return [f"[{header}]", told, *self.setting_lines]

    @property
    def setting_lines(self) -> list[str]:
        return [f"{name} = {value}" for name, value in self.settings.items()]


def command_line(words: Sequence[str]) -> str:
    """Words as AWS asks for them: the program by its whole path, double quotes around what holds spaces.

    Some SDKs give the line to a shell and others split it themselves, so that a word in which a shell would see more
    than spaces can't be written for all of them. Raises ProfileImpossible.
    """
    return " ".join(map(_quoted, words))


def with_profile(text: str, profile: Profile, *, force: bool = False) -> str:
    """The file's text with the profile in it. Raises ProfileTaken, ProfileImpossible."""
    lines, end = _lines(text), _line_end(text)
    found = _find(lines, profile.name)
    if found and not (found.ours or force):
        raise _taken(profile.name)
    if not found:
        made = [*_closed(lines, end), *(f"{line}{end}" for line in profile.lines)]
    elif found.ours:
        made = [*lines[: found.start + 2], *(f"{line}{end}" for line in profile.setting_lines),
                *_others(lines[found.start + 2 : found.stop]), *lines[found.stop :]]  # fmt: skip
    else:
        made = [*lines[: found.start], *(f"{line}{end}" for line in profile.lines), *lines[found.stop :]]
    return _checked(text, "".join(made), profile.name, profile.settings)


def without_profile(text: str, name: str, *, force: bool = False) -> str:
    """The file's text without the profile, the same where it has none. Raises ProfileTaken, ProfileImpossible."""
    lines = _lines(text)
    found = _find(lines, name)
    if not found:
        return text
    if not (found.ours or force):
        raise _taken(name)
    before, after = lines[: found.start], lines[found.stop :]
    if before and not before[-1].strip() and (not after or not after[0].strip()):
        before.pop()  # the empty line that kept the two apart
    return _checked(text, "".join([*before, *after]), name, None)


# ── finding it ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Section:
    """Lines `start` to `stop` (not included): from the header to the last setting. Comments after that aren't its."""

    start: int
    stop: int
    ours: bool


def _find(lines: Sequence[str], name: str) -> _Section | None:
    headers = [n for n, line in enumerate(lines) if _HEADER.match(line)]
    start = next((n for n in headers if _profile_of(lines[n]) == name), None)
    if start is None:
        return None
    end = next((n for n in headers if n > start), len(lines))
    ours = start + 1 < end and lines[start + 1].startswith(MARK)
    stop = max((n for n in range(start, end) if _is_setting(lines[n])), default=start) + 1
    return _Section(start, max(stop, start + 2) if ours else stop, ours)


def _profile_of(header: str) -> str:
    """The name of the profile that a section is, '' where it is something else."""
    found = _HEADER.match(header)
    try:
        words = shlex.split(found["header"]) if found else []
    except ValueError:
        return ""
    if words == ["default"]:
        return "default"
    return words[1] if len(words) == 2 and words[0] == "profile" else ""  # noqa: PLR2004 - `profile NAME`


def _is_setting(line: str) -> bool:
    return bool(line.strip()) and line.lstrip()[0] not in "#;" and not _HEADER.match(line)


def _others(lines: Sequence[str]) -> list[str]:
    """A section's lines without the settings that the kit writes, and what continues those."""
    kept, dropping = [], False
    for line in lines:
        dropping = bool(_OURS.match(line)) or (dropping and line[0] in " \t" and bool(line.strip()))
        if not dropping:
            kept.append(line)
    return kept


# ── writing it ──────────────────────────────────────────────────────────────────────────────────


def _lines(text: str) -> list[str]:
    """Lines with their ends. Only a line feed ends one, as in the SDKs' parsers."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _line_end(text: str) -> str:
    return "\r\n" if re.match(r"[^\n]*\r\n", text) else "\n"


def _closed(lines: Sequence[str], end: str) -> list[str]:
    """The lines with a whole last one, and an empty one after it."""
    if not lines:
        return []
    whole = [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else f"{lines[-1]}{end}"]
    return [*whole, end] if whole[-1].strip() else whole


def _quoted(word: str) -> str:
    if _WORD.fullmatch(word):
        return word
    if _QUOTABLE.fullmatch(word):
        return f'"{word}"'
    raise ProfileImpossible(
        f"{word!r} can't stand in a credential_process: AWS's SDKs don't agree on how it would be quoted.",
        hint="Give the folder or the option a name of letters, digits, spaces and -_.+=,@:/ alone.",
    )


# ── being sure ──────────────────────────────────────────────────────────────────────────────────


def _checked(before: str, after: str, name: str, settings: dict[str, str] | None) -> str:
    """The new text, if the SDKs read what is meant in it, and in all the rest what they read before."""
    old, new = _parsed(before), _parsed(after)
    mine = [header for header in {*old, *new} if _profile_of(f"[{header}]") == name]
    for header in mine:
        old.pop(header, None)
    read = [found for header in mine if (found := new.pop(header, None)) is not None]
    meant = [] if settings is None else [settings]
    if old != new or [{key: one.get(key) for key in settings or {}} for one in read] != meant:
        raise ProfileImpossible(
            f"Profile {name!r} stands among lines that can't be told apart from others, so nothing was changed.",
            hint="Move it out by hand: a section's header must begin its line.",
        )
    return after


def _parsed(text: str) -> dict[str, dict[str, str]]:
    """All sections, as botocore's parser reads them. That parser's errors quote the file, so they aren't passed on."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next((n for n, _ in getattr(error, "errors", ())), None)
        raise ProfileImpossible(
            f"AWS's config file can't be read{f': line {line} is wrong' if line else ''}.",
            hint="Correct it by hand: no SDK reads it as it is. Nothing was changed.",
        ) from None
    return {name: dict(parser[name]) for name in parser.sections()} | {"DEFAULT": dict(parser.defaults())}


def _taken(name: str) -> ProfileTaken:
    return ProfileTaken(
        f"There is a profile {name!r} already, and `consumer profile` did not write it.",
        hint="Choose another name: `consumer profile NAME --role ROLE`. --force replaces the profile whole.",
    )
