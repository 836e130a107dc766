"""One run in the account exports of three vendors and as files: one session, in any order.

What only an export's list knows, the exertion, joins the session of the recording.
"""

import gzip
import json
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from kadens.derivation.derivation import derive_manifest
from kadens.derivation.derived_json import derivation_json
from simulate.fit_writer import Recording, write_activity
from tests.rows import cells_of

_START_MS = 1_795_424_400_000  # 23 November 2026, 09:00 UTC
_SECONDS = 1_920
_START = datetime.fromtimestamp(_START_MS / 1000, UTC)
_STRAVA = (
    "Activity ID,Activity Date,Activity Type,Elapsed Time,Moving Time,Perceived Exertion,Filename\n"
    f'7,"Nov 23, 2026, 9:00:10 AM",Run,{_SECONDS},{_SECONDS},6.0,activities/7.fit.gz\n'
)


def _fit() -> bytes:
    recording = Recording(
        start_ms=_START_MS,
        end_ms=_START_MS + _SECONDS * 1000,
        t=_START_MS + 1000 * np.arange(_SECONDS),
        columns={"heart_rate": np.full(_SECONDS, 141.0)},
        sport="running",
    )
    return write_activity(recording)


def _zip(**members: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def _strava() -> bytes:
    recording = gzip.compress(_fit(), mtime=0)
    return _zip(activities__csv=_STRAVA.encode(), a7__fit__gz=recording)


def _garmin() -> bytes:
    """Return a zip of a zip of recordings beside the summaries, as Garmin packs them."""
    activity = {
        "activityId": 9,
        "activityType": "running",
        "startTimeGmt": _START_MS,
        "startTimeLocal": _START_MS + 3_600_000,
        "duration": _SECONDS * 1000.0,
        "elapsedDuration": _SECONDS * 1000.0,
        "distance": 600_000.0,
    }
    day = {"calendarDate": "2026-11-23", "totalSteps": 9_000, "restingHeartRate": 55}
    return _zip(
        x_summarizedActivities__json=json.dumps(
            [{"summarizedActivitiesExport": [activity]}]
        ).encode(),
        UDSFile__json=json.dumps([day]).encode(),
        UploadedFiles__zip=_zip(x9__fit=_fit()),
    )


def _polar() -> bytes:
    session = {
        "identifier": {"id": "p1"},
        "startTime": "2026-11-23T10:00:05",
        "stopTime": "2026-11-23T10:32:00",
        "timezoneOffsetMinutes": 60,
        "durationMillis": 1_915_000,
        "sport": {"id": "1"},
    }
    return json.dumps(session).encode()


def _gpx() -> bytes:
    points = ""
    for at in range(0, _SECONDS, 10):
        time = (_START + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%SZ")
        points += f"<trkpt><time>{time}</time><extensions><hr>141</hr></extensions></trkpt>"
    return f"<gpx><trk><type>running</type><trkseg>{points}</trkseg></trk></gpx>".encode()


def _derived(folder: Path, *bodies: bytes) -> list[dict[str, Any]]:
    """Return what follows from files, a minute apart, in three orders."""
    rows = []
    for number, body in enumerate(bodies):
        (folder / f"{number}.bin").write_bytes(body)
        at = (_START + timedelta(hours=3, minutes=number)).isoformat()
        rows.append({"path": str(folder / f"{number}.bin"), "connector": "files", "received": at})
    results = []
    for order in (rows, rows[::-1], rows[2:] + rows[:2]):
        manifest = {
            "zone": "Europe/Stockholm",
            "now": "2026-11-24T12:00:00Z",
            "profiles": [{"valid_from": "2026-01-01", "hr_rest": 60, "hr_max": 190}],
            "bodies": list(order),
        }
        path = folder / "manifest.json"
        path.write_text(json.dumps(manifest), encoding="utf-8")
        results.append(derivation_json(derive_manifest(path)))
    return results


def test_a_run_in_three_exports_and_a_track_is_one_session(tmp_path: Path) -> None:
    results = _derived(tmp_path, _strava(), _garmin(), _polar(), _gpx())
    for result in results:
        assert result["sessions"] == results[0]["sessions"]
        counted = [row for row in result["sessions"] if row["counts"]]
        assert cells_of(counted, "type", "exertion_cr10") == [("running", 6.0)]
        # the total of the date as Garmin states it; nothing is added to it
        assert cells_of(result["days"][:1], "steps") == [9_000]


def test_the_exertion_of_the_list_joins_the_recording(tmp_path: Path) -> None:
    result = _derived(tmp_path, _strava())[0]
    (session,) = [row for row in result["sessions"] if row["counts"]]
    assert session["exertion_cr10"] == 6.0
    assert session["heart_rate"]["n"] == _SECONDS
