"""Where rendered files go, what is there already, and whether that is still right."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from consumer.output import make_folder, remove, write
from consumer.render.kind import Kind
from consumer.render.marks import Marks
from vault_aws_kit.errors import BlockEdited, KitError, OutputExists, OutputNotWritable


@dataclass(frozen=True)
class Place:
    """A file, or a folder where there are `several`.

    `names` are those that our files may have there, `writes` the files that another program makes from ours.
    """

    out: Path
    marks: Marks
    several: bool = False
    names: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    @classmethod
    def of(cls, kind: Kind, out: Path | None) -> Place:
        """Where `out` says; without it, where such files usually are."""
        usual = Path() if kind.several else Path(kind.file)
        return cls(usual if out is None else out, kind.marks, kind.several, kind.names, kind.writes)

    @property
    def folder(self) -> Path:
        return self.out if self.several else self.out.parent

    def around(self) -> Mapping[str, str]:
        """What people wrote around our blocks, by the file's name. A file whose marks are damaged is all theirs."""
        found = dict.fromkeys(self.writes, "")
        for path in [self.out / name for name in self.names] if self.several else [self.out]:
            try:
                found[path.name] = self.marks.rest(_read(path) or "")
            except (BlockEdited, OutputExists):
                continue
        return found

    def write(self, files: Mapping[str, str], *, force: bool = False) -> list[str]:
        """Write what has changed, and say what was done. Nothing is written where one of the files can't be.

        Raises BlockEdited, OutputExists, OutputNotWritable.
        """
        wanted = self._wanted(files, force=force)
        if self.several:
            make_folder(self.out)
        return [_put(path, text) for path, (_, text) in wanted.items()]

    def differences(self, files: Mapping[str, str]) -> list[str]:
        """A unified diff for each file that is not what it would be now. Raises BlockEdited."""
        try:
            wanted = self._wanted(files)
        except OutputExists:  # without marks there is nothing to keep: compare all of it
            wanted = self._wanted(files, force=True)
        return [_diff(path, there or "", text or "") for path, (there, text) in wanted.items() if there != text]

    def _wanted(self, files: Mapping[str, str], *, force: bool = False) -> dict[Path, tuple[str | None, str | None]]:
        """What each file holds and what it shall; None where it isn't or shall not be there."""
        found: dict[Path, tuple[str | None, str | None]] = {}
        for name, fresh in files.items():
            path = self.out / name if self.several else self.out
            there = _read(path)
            found[path] = (there, self._told(path, there, fresh, force=force))
        for path in self._left_over(files):
            there = _read(path)
            if there is not None and (kept := self._told(path, there, None, force=force)) != there:
                found[path] = (there, kept if (kept or "").strip() else None)
        return found

    def _left_over(self, files: Mapping[str, str]) -> list[Path]:
        """Files that an earlier run may have written, and this one doesn't."""
        return [self.out / name for name in self.names if name not in files] if self.several else []

    def _told(self, path: Path, there: str | None, fresh: str | None, *, force: bool) -> str | None:
        """The marks' answer; their errors told with the file's name."""
        try:
            return self.marks.without(there or "", force=force) if fresh is None else self.marks.merged(
                there, fresh, force=force
            )  # fmt: skip
        except (BlockEdited, OutputExists) as error:
            raise type(error)(f"{path}: {error.message}", hint=error.hint) from None


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode() if path.exists() else None
    except UnicodeDecodeError:
        raise OutputExists(f"{path} exists and holds no text.", hint="Name another --out.") from None
    except OSError as error:
        raise _not_readable(path, error) from None


def _not_readable(path: Path, error: OSError) -> KitError:
    return OutputNotWritable(
        f"{path} can't be read: {error.strerror}.", hint="Name a file in a folder that you may write to."
    )


def _put(path: Path, text: str | None) -> str:
    if text is None:
        remove(path)
        return f"Removed {path}, which held nothing else."
    return f"Wrote {path}." if write(path, text, force=True) else f"{path} is unchanged."


def _diff(path: Path, there: str, wanted: str) -> str:
    lines = difflib.unified_diff(
        there.splitlines(keepends=True), wanted.splitlines(keepends=True), str(path), f"{path} (rendered now)"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
