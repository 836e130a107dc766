"""Payloads of vendors that others published, read in at: what is expected of each, and why."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from kadens.cli import app
from tests.rooms import SHARED

GIVEN_AT = SHARED / "vendors"
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPayload:
    """One payload: `at` is its file and its position there, -1 for the file itself.

    `lines` are what `kadens inspect --facts` prints, each with the entries that are checked, and
    `why` says from what that follows.
    """

    at: tuple[str, int]
    lines: Sequence[Line]
    why: str

    @property
    def name(self) -> str:
        return f"{self.at[0]}-{self.at[1]}"


def given_places(vendor: str) -> Iterator[tuple[str, int]]:
    """Yield where every payload of a vendor is."""
    folder = GIVEN_AT / vendor
    for path in sorted(
        [*folder.glob("*.json"), *(GIVEN_AT / "synthetic").glob(f"{vendor}_*.json")]
    ):
        content = json.loads(path.read_bytes())
        name = path.name
        if name.endswith(".payloads.json"):
            yield from ((name, position) for position in range(len(content)))
        else:
            yield name, -1


def printed_lines(vendor: str, row: GivenPayload, folder: Path) -> list[Line]:
    """Return what `kadens inspect --connector VENDOR --facts` prints of a payload."""
    name, position = row.at
    path = next(path for path in GIVEN_AT.glob(f"*/{name}"))
    if position >= 0:
        content = json.loads(path.read_bytes())[position]["payload"]
        path = folder / "payload.json"
        path.write_text(json.dumps(content))
    words = ["inspect", str(path), "--connector", vendor, "--facts"]
    return list(map(json.loads, CliRunner().invoke(app, words).stdout.splitlines()))


def checked(printed: Sequence[Line], wanted: Sequence[Line]) -> list[Line]:
    """Return of each printed line the entries that the wanted line in its at has."""
    rows: list[Line] = []
    for line, want in zip(printed, wanted, strict=False):
        rows.append({name: line.get(name) for name in want})
    return rows + list(printed[len(wanted) :])
