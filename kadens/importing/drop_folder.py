"""A folder that files are put into: whose they are, which are complete, where they go afterwards.

Reads names and sizes, and moves files; it opens none, knows no database and no door. It never
overwrites and never deletes a file.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from kadens.importing.finding import GivenFile, given_files
from kadens.importing.tally import FileTally

DONE_FOLDER, REFUSED_FOLDER = "done", "refused"
# While they are written, programs that copy files give them such names.
_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", "~")
NO_OWNER = "whose file it is does not show: put it into the folder of its patient"
_State = tuple[int, int]  # size and time of change


class OwnerRule(StrEnum):
    """What shows whose file it is."""

    FOLDER = "folder"  # FOLDER/PATIENT/anything
    NAME = "name"  # FOLDER/PATIENT_anything


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedFile:
    """A complete file, its owner's pseudonym ("" where none shows), and where its results go."""

    given: GivenFile
    owner: str
    home: Path


@dataclass(slots=True, kw_only=True)
class DropFolder:
    """The folder, and what was seen of it before. `patient` owns all of it, if it is named.

    A file is complete when size and time of change were the same for `settle_s` seconds.
    """

    folder: Path
    by: OwnerRule
    patient: str = ""
    settle_s: float
    _seen: dict[Path, tuple[_State, float]] = field(default_factory=dict, init=False)
    _handled: dict[Path, _State] = field(default_factory=dict, init=False)

    def complete(self) -> list[DroppedFile]:
        """Return the complete files that were not handled yet, in the order of their paths."""
        ready, now_s = list[DroppedFile](), time.monotonic()
        there: dict[Path, tuple[_State, float]] = {}
        for given in given_files([self.folder]):
            state = _state(given.path)
            if given.why or state is None or not self._is_wanted(given.path):
                continue
            if self._handled.get(given.path) == state:
                continue
            before, since_s = self._seen.get(given.path, (state, now_s))
            since_s = since_s if before == state else now_s
            there[given.path] = (state, since_s)
            if now_s - since_s >= self.settle_s:
                ready.append(self._dropped(given))
        self._seen = there
        return ready

    @property
    def expects_more(self) -> bool:
        """Return whether a file was there that was not complete or not handled yet."""
        return any(path not in self._handled for path in self._seen)

    def handled(self, file: DroppedFile) -> None:
        """Note that a file that stays in its place needs nothing until it changes."""
        state = self._seen.get(file.given.path)
        if state is not None:
            self._handled[file.given.path] = state[0]

    def put_away(self, file: DroppedFile, tally: FileTally) -> None:
        """Move a file to `done` or `refused`, with its reasons beside it.

        A file that has changed meanwhile stays: it is read once more.
        """
        seen = self._seen.get(file.given.path)
        # whoever writes so slowly that the file seemed complete must not lose the rest of it
        if seen is None or _state(file.given.path) != seen[0]:
            return
        stored = tally.new + tally.known
        results = file.home / (DONE_FOLDER if stored else REFUSED_FOLDER)
        results.mkdir(exist_ok=True)
        target = _unused(results / file.given.path.name)
        # the reasons come first, so that no file is ever there without them
        if tally.refused or tally.in_part or not stored:
            _beside(target).write_text(_reasons(tally), encoding="utf-8")
        file.given.path.rename(target)
        del self._seen[file.given.path]

    def _is_wanted(self, path: Path) -> bool:
        parts = path.relative_to(self.folder).parts
        is_result = any(
            part in {DONE_FOLDER, REFUSED_FOLDER} for part in parts[:2][: len(parts) - 1]
        )
        is_hidden = any(part.startswith(".") for part in parts)
        return not (is_result or is_hidden or path.name.lower().endswith(_UNFINISHED))

    def _dropped(self, given: GivenFile) -> DroppedFile:
        parts = given.path.relative_to(self.folder).parts
        if self.patient:
            return DroppedFile(given=given, owner=self.patient, home=self.folder)
        if self.by is OwnerRule.NAME:
            owner, mark, _ = given.path.name.partition("_")
            return DroppedFile(given=given, owner=owner if mark else "", home=self.folder)
        if len(parts) > 1:
            return DroppedFile(given=given, owner=parts[0], home=self.folder / parts[0])
        return DroppedFile(given=given, owner="", home=self.folder)


def by_owner(files: list[DroppedFile]) -> Iterator[tuple[str, list[DroppedFile]]]:
    """Yield each owner with the files of theirs."""
    owners: dict[str, list[DroppedFile]] = {}
    for file in files:
        owners.setdefault(file.owner, []).append(file)
    yield from owners.items()


def _state(path: Path) -> _State | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_size, state.st_mtime_ns


def _is_taken(path: Path) -> bool:
    return path.exists() or path.is_symlink()  # a link may lead nowhere yet


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.txt")


def _unused(path: Path) -> Path:
    """Return the path, with a number where a file has it, or has the place of its reasons."""
    number, unused = 1, path
    while _is_taken(unused) or _is_taken(_beside(unused)):
        number += 1
        unused = path.with_name(f"{path.stem}.{number}{path.suffix}")
    return unused


def _reasons(tally: FileTally) -> str:
    return "\n".join([tally.words(), *tally.reason_lines()]) + "\n"
