"""What `kadens derive` prints for a person to read."""

import json
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from kadens.cli import app
from simulate.fit_writer import Recording, write_activity

_BEGIN_MS = 1_763_974_800_000  # 2025-11-24 at 09:00 UTC, a Monday
_SECONDS = 1_200


def test_dates_and_weeks_that_say_the_same_share_a_line(tmp_path: Path) -> None:
    t = _BEGIN_MS + np.arange(_SECONDS, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(_SECONDS, 120.0)}
    end_ms = _BEGIN_MS + _SECONDS * 1000
    recording = Recording(start_ms=_BEGIN_MS, end_ms=end_ms, t=t, columns=columns)
    (tmp_path / "walk.fit").write_bytes(write_activity(recording))
    body = {"path": "walk.fit", "connector": "files", "received": "2025-11-24T10:00:00Z"}
    manifest = {"zone": "UTC", "now": "2025-12-20T12:00:00Z", "bodies": [body]}
    (tmp_path / "patient.json").write_text(json.dumps(manifest))
    shown = CliRunner().invoke(app, ["derive", str(tmp_path / "patient.json")]).stdout
    lines = shown.splitlines()
    days, weeks = lines.index("days"), lines.index("weeks")
    assert lines[days + 1 : weeks] == [
        "  2025-11-24 active: 1 session, 20 min, steps unknown, worn 20 min",
        "  2025-11-25 to 2025-12-20 no data",
    ]
    assert lines[weeks + 1 :] == [
        "  2025-11-24 1 session, 20 min, dose 0 min; no prescription holds on all seven days",
        "  2025-12-01 to 2025-12-15 nothing recorded; no prescription holds on all seven days",
    ]


def test_what_was_repaired_is_not_listed_as_refused(tmp_path: Path) -> None:
    (tmp_path / "export.xml").write_bytes(
        Path("tests/data/apple_health/attribute_twice/body.xml").read_bytes()
    )
    body = {"path": "export.xml", "connector": "files", "received": "2025-11-24T10:00:00Z"}
    manifest = {"zone": "UTC", "now": "2025-12-20T12:00:00Z", "bodies": [body]}
    path = str(tmp_path / "patient.json")
    Path(path).write_text(json.dumps(manifest))
    lines = CliRunner().invoke(app, ["derive", path]).stdout.splitlines()
    assert "refused" not in lines
    repaired = lines.index("repaired, and read")
    assert all("which was repaired" in line for line in lines[repaired + 1 :])
    assert len(lines) > repaired + 1
    # programs find it where it always was
    shown = json.loads(CliRunner().invoke(app, ["derive", path, "--json"]).stdout)
    assert len(shown["refused"]) == len(lines) - repaired - 1
