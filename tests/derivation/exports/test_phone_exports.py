"""Exports of a phone that correct each other: the last change counts, whatever came last."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from kadens.derivation.derivation import derive_manifest
from kadens.derivation.derived_json import derivation_json
from simulate.exports.health_connect import people_and_devices
from tests.derivation.test_cases import CASE_PROFILE
from tests.rows import cells_of

_BASE_MS = 1_791_183_600_000  # 2026-10-05T07:00:00Z
_HOUR_MS = 3_600_000


def _steps(count: int, changed_ms: int) -> bytes:
    """Return an export with a count for each of ten minutes, all changed at one time."""
    export = people_and_devices()
    for minute in range(10):
        start = _BASE_MS + minute * 60_000
        row = {"start_time": start, "end_time": start + 60_000, "count": count}
        export.add("steps_record_table", row | {"last_modified_time": changed_ms})
    return export.written()


def _derived(folder: Path, exports: tuple[bytes, ...]) -> dict[str, Any]:
    """Return what follows from exports, of which each is received an hour after the one before."""
    bodies = []
    for number, export in enumerate(exports):
        (folder / f"{number}.db").write_bytes(export)
        received = f"2026-10-31T{8 + number:02d}:00:00Z"
        bodies.append({"path": f"{number}.db", "connector": "files", "received": received})
    manifest = {
        "zone": "Europe/Stockholm",
        "now": "2026-11-01T12:00:00Z",
        "profiles": [CASE_PROFILE],
        "bodies": bodies,
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return derivation_json(derive_manifest(path))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_counts_of_the_last_change_stand_in_whatever_order_exports_come(
    order: tuple[int, ...], tmp_path: Path
) -> None:
    changes = [(100, 9), (50, 11), (70, 12)]
    exports = [_steps(count, _BASE_MS + hours * _HOUR_MS) for count, hours in changes]
    result = _derived(tmp_path, tuple(exports[k] for k in order))
    assert cells_of(result["days"][:1], "steps") == [700]
