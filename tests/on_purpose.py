"""Where real files are read other than the oracle of their zones reads them, and why.

The rows are in `program/changed_zones.tsv`, which names a reason for each.
"""

import csv
from pathlib import Path

from tests.rooms import ROOT

_CHANGES = ROOT / "tests" / "program" / "changed_zones.tsv"


def tab_separated(path: Path) -> list[dict[str, str]]:
    """Return the rows of a file of tab-separated values, none where it is not there."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t"))


CHANGED_ROWS = {(row["file"], row["session"]): row for row in tab_separated(_CHANGES)}


def settled(row: dict[str, str]) -> dict[str, str]:
    """Return a row of the oracle with the times of the session that most of its file supports.

    The zones of other minutes are not compared then, as with a jump.
    """
    changed = CHANGED_ROWS.get((row["file"], row["session"]))
    if changed is None or changed["why"] != "settled":
        return row
    times = {"start_ms": changed["start_ms"], "length_ms": changed["elapsed_ms"]}
    return {**row, **times, "jump": "1"}
