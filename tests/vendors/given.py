"""Payloads of vendors that others published, read in place: what is expected of each, and why."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from kadens.cli import app
from tests.rooms import SHARED

GIVEN = SHARED / "vendors"
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPayload:
    """One payload: `place` is its file and its position there, -1 for the file itself.

    `lines` are what `kadens inspect --facts` prints, each with the entries that are checked, and
    `why` says from what that follows.
    """

    place: tuple[str, int]
    lines: Sequence[Line]
    why: str

    @property
    def name(self) -> str:
        return f"{self.place[0]}-{self.place[1]}"


def given_places(vendor: str) -> Iterator[tuple[str, int]]:
    """Yield the place of every payload of a vendor."""
    folder = GIVEN / vendor
    for path in sorted([*folder.glob("*.json"), *(GIVEN / "synthetic").glob(f"{vendor}_*.json")]):
        content = json.loads(path.read_bytes())
        name = path.name
        if name.endswith(".payloads.json"):
            yield from ((name, position) for position in range(len(content)))
        else:
            yield name, -1


def printed_lines(vendor: str, row: GivenPayload, folder: Path) -> list[Line]:
    """Return what `kadens inspect --connector VENDOR --facts` prints of a payload."""
    name, position = row.place
    path = next(path for path in GIVEN.glob(f"*/{name}"))
    if position >= 0:
        content = json.loads(path.read_bytes())[position]["payload"]
        path = folder / "payload.json"
        path.write_text(json.dumps(content))
    words = ["inspect", str(path), "--connector", vendor, "--facts"]
    return list(map(json.loads, CliRunner().invoke(app, words).stdout.splitlines()))


def checked(printed: Sequence[Line], wanted: Sequence[Line]) -> list[Line]:
    """Return of each printed line the entries that the wanted line in its place has."""
    rows: list[Line] = []
    for line, want in zip(printed, wanted, strict=False):
        rows.append({name: line.get(name) for name in want})
    return rows + list(printed[len(wanted) :])
