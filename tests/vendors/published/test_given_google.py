"""Published bodies of Google Health and Fitbit: what `kadens inspect --facts` prints, by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kadens.cli import app
from tests.rooms import SHARED

_VECTORS = SHARED / "vendors" / "synthetic" / "signature_vectors.json"
_POINTS = SHARED / "cases" / "GO01" / "points.json"
pytestmark = pytest.mark.skipif(
    not (_VECTORS.exists() and _POINTS.exists()), reason="the shared bodies are not there"
)


def _printed(path: Path, connector: str) -> list[dict[str, Any]]:
    words = ["inspect", str(path), "--connector", connector, "--facts"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    return list(map(json.loads, done.stdout.splitlines()))


def _vector(name: str, folder: Path) -> Path:
    path = folder / "body.json"
    path.write_text(json.loads(_VECTORS.read_text(encoding="utf-8"))[name]["body"])
    return path


def test_a_notice_of_google_is_asked_for_by_its_physical_interval(tmp_path: Path) -> None:
    """08:00 to 08:15 UTC; the local clock beside it, 11:00, is that of +03:00 and decides nothing.

    The end is not included, as of every interval of Google.
    """
    (line,) = _printed(_vector("google_health", tmp_path), "google_health")
    fetch = line["fetch"]
    assert (fetch["account"], fetch["resource"]) == ("123", "heart-rate")
    assert fetch["path"] == "/v4/users/me/dataTypes/heart-rate/dataPoints"
    field = "heart_rate.sample_time.physical_time"
    low, high = "2026-11-20T08:00:00Z", "2026-11-20T08:15:00Z"
    assert dict(fetch["query"])["filter"] == f'{field} >= "{low}" AND {field} < "{high}"'


def test_a_notice_of_fitbit_names_a_collection_and_a_date(tmp_path: Path) -> None:
    (line,) = _printed(_vector("fitbit_legacy", tmp_path), "fitbit")
    fetch = line["fetch"]
    assert (fetch["account"], fetch["resource"], fetch["key"]) == (
        "184X36",
        "activities",
        "2010-03-01",
    )


def test_points_of_a_watch_and_a_phone_stay_apart() -> None:
    """Whole numbers are texts; 04:00 UTC on 5 October 2026 is 1,791,172,800,000 ms.

    No point has a local clock, so there is no offset. The tracker is named after Fitbit's platform,
    the phone after its own name.
    """
    lines = _printed(_POINTS, "google_health")
    seen = [
        (line["metric"], line["source"]["device_type"], line["t"], line.get("until"), line["v"])
        for line in lines
    ]
    start = 1_791_172_800_000
    assert seen == [
        ("steps", "watch", [start], [start + 600_000], [812.0]),
        ("steps", "phone", [start + 120_000], [start + 600_000], [790.0]),
        ("heart_rate", "watch", [start + 5_000], None, [76.0]),
    ]
    assert {line["offset_origin"] for line in lines} == {"unknown"}
