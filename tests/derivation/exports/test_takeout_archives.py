"""Archives of Google Takeout say the same minutes several times; each minute counts once."""

import json
import zipfile
from io import BytesIO
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from kadens.derivation.derivation import derive_manifest
from kadens.derivation.derived_json import derivation_json
from tests.derivation.test_cases import CASE_PROFILE
from tests.rows import cells_of

_FIRST_NS = 1_791_183_600 * 10**9  # 2026-10-05T07:00:00Z
_MINUTES = range(20)
_TABLE = "Takeout/Google Health/Physical Activity_GoogleData/steps_2026-10-05.csv"
_LIST = "Takeout/Google Health/Global Export Data/steps-2026-10-05.json"
_EXERCISES = "Takeout/Google Health/Health Fitness Data_GoogleData/UserExercises_2026-10-05.csv"
_LOG = "Takeout/Google Health/Global Export Data/exercise-0.json"


def _fitbit() -> dict[str, str]:
    """Return the members of an export: a tracker and a phone in a table, the tracker in a list."""
    rows, entries = ["timestamp,steps,data source"], []
    for minute in _MINUTES:
        rows.append(f"2026-10-05T07:{minute:02d}:00Z,50,Charge 6")
        rows.append(f"2026-10-05T07:{minute:02d}:00Z,55,MobileTrack")
        entries.append({"dateTime": f"10/05/26 07:{minute:02d}:00", "value": "50"})
    exercises = (
        "exercise_id,exercise_start,exercise_end,utc_offset,activity_name,log_type\n"
        "77,2026-10-05T09:00:00Z,2026-10-05T09:30:00Z,+02:00,Run,TRACKER\n"
    )
    log = {"logId": 1, "activityName": "Run", "duration": 1_800_000, "logType": "tracker"}
    return {
        _TABLE: "\n".join(rows),
        _LIST: json.dumps(entries),
        _EXERCISES: exercises,
        _LOG: json.dumps([log | {"startTime": "10/05/26 09:00:00"}]),
    }


def _stream(name: str) -> str:
    points = []
    for minute in _MINUTES:
        start = _FIRST_NS + minute * 60 * 10**9
        points.append(
            {
                "fitValue": [{"value": {"intVal": 50}}],
                "startTimeNanos": start,
                "endTimeNanos": start + 60 * 10**9,
                "dataTypeName": "com.google.step_count.delta",
            }
        )
    return json.dumps({"Data Source": name, "Data Points": points})


_RAW = _stream("raw:com.google.step_count.delta:com.example.band:Acme:Band 2:1a2b:steps")
_MERGED = _stream("derived:com.google.step_count.delta:com.google.android.gms:merge_step_deltas")


def _derived(folder: Path, members: dict[str, str]) -> dict[str, Any]:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    (folder / "takeout.zip").write_bytes(out.getvalue())
    body = {"path": "takeout.zip", "connector": "files", "received": "2026-10-31T08:00:00Z"}
    manifest = {
        "zone": "Europe/Stockholm",
        "now": "2026-11-01T12:00:00Z",
        "profiles": [CASE_PROFILE],
        "bodies": [body],
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return derivation_json(derive_manifest(path))


def test_fitbit_tables_and_lists_of_one_export_count_once(tmp_path: Path) -> None:
    for order in permutations(_fitbit().items()):
        result = _derived(tmp_path, dict(order))
        declared = [row for row in result["sessions"] if row["origin"] == "declared"]
        assert cells_of(declared, "start", "type", "counts") == [
            ("2026-10-05T09:00:00Z", "running", True)
        ]
        assert cells_of(result["days"][:1], "steps") == [1_000]


@pytest.mark.parametrize(
    "streams", [(_RAW,), (_MERGED,), (_RAW, _MERGED)], ids=["raw", "merged", "both"]
)
def test_google_fit_counts_once_with_raw_or_merged_streams_or_both(
    streams: tuple[str, ...], tmp_path: Path
) -> None:
    members = {f"Takeout/Fit/All Data/{k}.json": stream for k, stream in enumerate(streams)}
    result = _derived(tmp_path, members)
    assert cells_of(result["days"][:1], "steps") == [1_000]
