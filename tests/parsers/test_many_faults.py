"""Half a million rows with one fault are one reject, and no app's sessions are lost in a crowd."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kadens.cli import app
from model.facts import RejectKind, SampleBlock, Workout
from parsers.formats import parse
from parsers.health_connect.columns import columns_of, cut_by_content
from simulate.exports.health_connect import HealthConnectExport, over_interval
from tests.rows import of_type

_AT_MS = 1_790_229_600_000  # 2026-09-24T06:00:00Z
_APPS = 300  # more than a batch may have series


def _of_many_apps(table: str, **row: Any) -> HealthConnectExport:  # noqa: ANN401
    export = HealthConnectExport()
    for number in range(1, _APPS + 1):
        name = f"org.example.app{number}"
        export.add("application_info_table", {"row_id": number, "package_name": name})
        at = _AT_MS + 60_000 * number
        export.add(table, {**over_interval(at, at + 60_000, **row), "app_info_id": number})
    return export


def test_sessions_of_more_apps_than_there_are_series_all_stay() -> None:
    parsed = parse("files", _of_many_apps("exercise_session_record_table").written())
    apps = {workout.head.source.app for workout in of_type(Workout, parsed.facts)}
    assert (len(apps), parsed.rejects) == (_APPS, ())


def test_rows_of_too_many_apps_are_counted_with_their_reason() -> None:
    parsed = parse("files", _of_many_apps("steps_record_table", count=100).written())
    kept = {block.head.source.app for block in of_type(SampleBlock, parsed.facts)}
    (reject,) = parsed.rejects
    assert (len(kept), reject.count, reject.kind) == (256, _APPS - 256, RejectKind.TOO_MUCH)
    assert reject.why == "more than 256 apps, devices and offsets"


@pytest.mark.parametrize("time", [0, None, "x"])
def test_rows_without_a_time_make_groups_as_large_as_any(time: object) -> None:
    rows = columns_of([(time, number) for number in range(10_000)])
    sizes = [len(group[0]) for group in cut_by_content([rows], 0, 4_096, 256)]
    assert sizes == [4_096, 4_096, 1_808]


def test_a_fault_of_many_pieces_is_told_once_with_its_count(tmp_path: Path) -> None:
    record = (
        '<Record type="HKQuantityTypeIdentifierHeartRate" unit="count/min" startDate="x" '
        'endDate="y" value="60"/>\n'
    )
    count = 40_000  # three pieces and more
    path = tmp_path / "export.xml"
    path.write_text(f"<HealthData>\n{record * count}</HealthData>", encoding="utf-8")
    done = CliRunner().invoke(app, ["inspect", str(path), "--facts"])
    (line,) = done.stdout.splitlines()
    why = f"not a time ({count} records)"
    where = "#0Record.HKQuantityTypeIdentifierHeartRate.startDate"
    assert json.loads(line)["reject"] == {"where": where, "why": why, "kind": "field"}
