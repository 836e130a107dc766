"""What became of each file of an import: counts and reasons, in words and as JSON. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from kadens.importing.trying import NO_LOSS
from kadens.output.visible import REPLACED, visible
from model.facts import Reject

NOT_READ_YET, NOT_SENT = "received, and not read yet", "not sent"
# of each kind of reason
_SENTENCES = {"refused": "Refused", "left_out": "Left out", "in_part": "Stored in part"}


@dataclass(slots=True, kw_only=True)
class FileTally:
    """The outcomes of the pieces of one file; a small file is one piece.

    `new` and `known` count pieces that are stored, `waiting` those that nobody has read yet.
    `unsent` counts what was not sent because the import ended early; the rest of a file is one.
    `in_part`, `refused` and `left_out` count pieces by reason.
    """

    path: Path
    named: bool = False
    new: int = 0
    known: int = 0
    waiting: int = 0
    unsent: int = 0
    in_part: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def shown(self) -> str:
        """The path on one line: names of files may hold any bytes, and line ends."""
        return visible(str(self.path)).replace("\n", REPLACED)

    def refuse(self, why: str, count: int = 1) -> None:
        """Note what is not stored, and why."""
        self.refused[why] += count

    def leave(self, reject: Reject) -> None:
        """Note what of the file is no piece: damage is refused, an unknown file is left out."""
        (self.left_out if reject.kind in NO_LOSS else self.refused)[reject.why] += reject.count

    @property
    def accepted(self) -> bool:
        """Return whether nothing was refused, and something is stored or was left out rightly."""
        return not (self.refused or self.unsent or self._is_useless)

    @property
    def _is_useless(self) -> bool:
        """Whether a person named it and it holds nothing: then it is refused, not left out."""
        return self.named and not (self.new or self.known or self.waiting)

    def reasons(self, kind: str) -> Counter[str]:
        """Return the reasons of a kind ("refused", "left_out", "in_part") with their counts."""
        if kind == "left_out" and self._is_useless:
            return Counter()
        if kind == "refused" and self._is_useless:
            return self.refused + self.left_out
        counts: Counter[str] = getattr(self, kind)
        return counts

    def words(self) -> str:
        """Return a line about the file."""
        stored = self.new + self.known
        lost = (*self.refused, *self.left_out)
        if self.unsent and not stored and not self.waiting:
            return NOT_SENT
        if not stored and not self.waiting:
            word = "refused" if self.refused or self.named else "left out"
            return f"{word}: {lost[0] if lost else 'it holds no recording'}"
        others = sum(self.refused.values()) + sum(self.left_out.values()) + self.unsent
        if stored + self.waiting + others == 1:
            return self._as_single()
        rest = (
            ("refused", sum(self.refused.values())),
            ("left out", sum(self.left_out.values())),
            (NOT_READ_YET, self.waiting),
            (NOT_SENT, self.unsent),
        )
        kept = ", ".join(_counted((("stored", self.new), ("known already", self.known))))
        # what is stored in part is stored, and is not counted a second time
        if self.in_part:
            kept += f" ({sum(self.in_part.values()):,} of these in part)"
        counts = ", ".join([*([kept] if kept else []), *_counted(rest)])
        return f"of {stored + self.waiting + others:,} pieces {counts}"

    def reason_lines(self) -> list[str]:
        """Return a sentence for each reason for which something of the file is not stored."""
        return reason_lines({kind: self.reasons(kind) for kind in _SENTENCES})

    def _as_single(self) -> str:
        """Return what became of a file that is one piece."""
        if self.waiting:
            return NOT_READ_YET
        word = "stored" if self.new else "known already"
        return f"{word} in part: {next(iter(self.in_part))}" if self.in_part else word


def reason_lines(
    reasons: Mapping[str, Counter[str]],
    files: Mapping[tuple[str, str], Sequence[str]] | None = None,
) -> list[str]:
    """Return a sentence for each reason; `reasons` are by kind, the names in `_SENTENCES`.

    `files` are those of each kind and reason, None where the sentence stands beside its file.
    """
    lines: list[str] = []
    for kind, begin in _SENTENCES.items():
        for why, count in sorted(reasons[kind].items()):
            times = "" if count == 1 else f" {count:,} times"
            where = _named_files(files[kind, why]) if files else ""
            lines.append(f"{begin}{times}: {why.rstrip('.')}{where}.")
    return lines


def _named_files(paths: Sequence[str]) -> str:
    """Return the files of a reason as they follow it: the first, and how many others."""
    others = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
    return f" ({paths[0]}{others})"


def _counted(counts: Iterable[tuple[str, int]]) -> list[str]:
    return [f"{count:,} {word}" for word, count in counts if count]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What became of all files; `stopped` is why an import ended early, "" where it did not.

    `not_begun` counts the files that it did not come to.
    """

    files: Sequence[FileTally]
    stopped: str = ""
    not_begun: int = 0

    @property
    def done(self) -> bool:
        """Return whether everything was accepted."""
        return not self.stopped and all(file.accepted for file in self.files)

    @property
    def waiting(self) -> int:
        """Return how many pieces nobody has read yet."""
        return self._count("waiting")

    def reasons(self, kind: str) -> Counter[str]:
        """Return the reasons of a kind ("refused", "left_out", "in_part") with their counts."""
        total: Counter[str] = Counter()
        for file in self.files:
            total += file.reasons(kind)
        return total

    def _files_of_reasons(self) -> dict[tuple[str, str], list[str]]:
        """Return the files by the kind of a reason, and the reason itself."""
        files: dict[tuple[str, str], list[str]] = {}
        for file, kind in product(self.files, _SENTENCES):
            for why in file.reasons(kind):
                files.setdefault((kind, why), []).append(file.shown)
        return files

    def lines(self) -> list[str]:
        """Return the lines about all files: how many were accepted, and the reasons."""
        accepted = sum(file.accepted for file in self.files)
        new, known, waiting = self._count("new"), self._count("known"), self._count("waiting")
        lines = [f"{accepted:,} of {len(self.files):,} files without a refusal"]
        if new + known + waiting > len(self.files):
            pieces = f"{new:,} stored, {known:,} known already, {waiting:,} not read yet"
            lines.append(f"pieces: {pieces}")
        reasons = {kind: self.reasons(kind) for kind in _SENTENCES}
        lines += reason_lines(reasons, self._files_of_reasons())
        if self.not_begun:
            lines.append(f"files that were not begun: {self.not_begun:,}")
        if self.stopped:
            lines.append(f"stopped: {self.stopped}; the same command goes on from here")
        return lines

    def plain(self) -> dict[str, Any]:
        """Return the summary as JSON."""
        files = []
        for file in self.files:
            counts = {"new": file.new, "known": file.known, "waiting": file.waiting}
            counts["unsent"] = file.unsent
            why = {kind: dict(file.reasons(kind)) for kind in ("in_part", "refused", "left_out")}
            files.append({"path": file.shown, "accepted": file.accepted, **counts, **why})
        return {
            "files": files,
            "new": self._count("new"),
            "known": self._count("known"),
            "waiting": self._count("waiting"),
            "refused": dict(self.reasons("refused")),
            "left_out": dict(self.reasons("left_out")),
            "in_part": dict(self.reasons("in_part")),
            "stopped": self.stopped,
            "not_begun": self.not_begun,
        }

    def _count(self, name: str) -> int:
        return sum(getattr(file, name) for file in self.files)
