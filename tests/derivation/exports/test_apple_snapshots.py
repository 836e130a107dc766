"""A later Apple Health export is a snapshot: nothing doubles, and what it corrects is corrected."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from kadens.derivation.derivation import derive_manifest
from kadens.derivation.derived_json import derivation_json
from tests.derivation.test_cases import CASE_PROFILE
from tests.rows import cells_of, entries_of

_DAY = "2026-10-05"


def _record(kind: str, value: str, start: str, end: str, unit: str, more: str = "") -> str:
    times = f'creationDate="{_DAY} {end} +0200" startDate="{_DAY} {start} +0200"'
    return (
        f' <Record type="HKQuantityTypeIdentifier{kind}" sourceName="Watch of K" unit="{unit}"'
        f' {times} endDate="{_DAY} {end} +0200" value="{value}"/>\n{more}'
    )


def _export(end: str, steps: tuple[int, ...], *, exported: str) -> bytes:
    """Return an export with a walk until `end` and a count of steps for each ten minutes from 8."""
    lines = [f'<HealthData>\n <ExportDate value="{exported}"/>\n']
    for number, count in enumerate(steps):
        start, until = f"08:{number}0:00", f"08:{number}9:59"
        lines.append(_record("StepCount", str(count), start, until, "count"))
    for second in range(0, 1_200, 5):
        at = f"09:{second // 60:02d}:{second % 60:02d}"
        lines.append(_record("HeartRate", str(100 + second % 30), at, at, "count/min"))
    created = f'creationDate="{_DAY} {end} +0200" startDate="{_DAY} 09:00:00 +0200"'
    lines.append(
        ' <Workout workoutActivityType="HKWorkoutActivityTypeWalking" sourceName="Watch of K"'
        f' {created} endDate="{_DAY} {end} +0200"/>\n</HealthData>\n'
    )
    return "".join(lines).encode()


def _derived(folder: Path, exports: list[tuple[bytes, str]]) -> dict[str, Any]:
    bodies = []
    for number, (export, received) in enumerate(exports):
        path = folder / f"{number}.xml"
        path.write_bytes(export)
        bodies.append({"path": path.name, "connector": "files", "received": received})
    manifest = {
        "zone": "Europe/Stockholm",
        "now": "2026-11-01T12:00:00Z",
        "profiles": [CASE_PROFILE],
        "bodies": bodies,
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return derivation_json(derive_manifest(path))


_EARLIER = _export("09:20:00", (500, 300), exported="2026-10-06"), "2026-10-06T08:00:00Z"
_LATER = _export("09:15:00", (500, 200, 50), exported="2026-10-20"), "2026-10-20T08:00:00Z"
_LATER_ALONE = [_LATER]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_last_export_counts_in_any_order(order: tuple[int, ...], tmp_path: Path) -> None:
    exports = [_EARLIER, _LATER, _LATER]
    result = _derived(tmp_path, [exports[number] for number in order])
    assert cells_of(result["days"], "steps").count(750) == 1
    (session,) = result["sessions"]
    assert session["end"] == "2026-10-05T07:15:00Z"
    assert result["refused"] == []


def test_an_earlier_export_changes_nothing_in_what_a_later_one_says(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    both = _derived(tmp_path, [_EARLIER, _LATER])
    alone = _derived(tmp_path / "a", _LATER_ALONE)
    names = ("sessions", "weeks")
    assert entries_of(both, names) == entries_of(alone, names)
