"""A file that is too long for one body is derived from as it is imported: piece by piece."""

import zipfile
from pathlib import Path

import pytest

from kadens.derivation.derived_json import derivation_json
from parsers.formats import format_named
from tests.derivation.test_intake import a_body, derivation_of
from tests.parsers.packing.zip_files import tcx_run

_STEPS = (
    '<Record type="HKQuantityTypeIdentifierStepCount" sourceName="x" unit="count" '
    'startDate="2026-09-01 {0:02}:00:00 +0200" endDate="2026-09-01 {0:02}:10:00 +0200" '
    'value="700"/>\n'
)
_PASSED_OVER = '<Record type="HKQuantityTypeIdentifierHeight" value="1"/>\n'
_BAD = '<Record type="HKQuantityTypeIdentifierStepCount" unit="count" value="x"/>\n'


def _export() -> str:
    """Return an export that is longer than a body of its format."""
    most = format_named("apple_health").most_bytes
    between = (_PASSED_OVER + _BAD) + _PASSED_OVER * (most // (4 * len(_PASSED_OVER)))
    hours = map(_STEPS.format, range(8, 13))
    return f"<HealthData>\n{between.join(hours)}{between}</HealthData>\n"


@pytest.mark.slow
def test_an_export_that_is_too_long_for_a_body_is_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(_export(), encoding="utf-8")
    body = a_body(path, "files", "2026-09-02T08:00:00Z")
    shown = derivation_json(derivation_of(tmp_path, [body, body]))
    (day,) = [row for row in shown["days"] if row["steps"]]
    assert (day["date"], day["steps"]) == ("2026-09-01", 5 * 700)
    # a fault of five pieces is told once
    (refused,) = shown["refused"]
    assert (refused["body"], refused["why"]) == (str(path), "not a time (5 records)")


@pytest.mark.parametrize("name", ["table.csv", "run.gpx"])
def test_a_long_file_that_cannot_be_cut_is_refused_once(tmp_path: Path, name: str) -> None:
    begin = "Activity ID,Activity Date,Activity Type,Elapsed Time\n"
    text = begin if name.endswith("csv") else "<gpx>\n"
    path = tmp_path / name
    path.write_text(text.ljust(65 * 1024 * 1024), encoding="utf-8")
    shown = derivation_json(derivation_of(tmp_path, [a_body(path, "files")]))
    (refused,) = shown["refused"]
    assert refused["why"].startswith("more than ")


def test_a_zip_of_more_files_than_a_body_holds_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2_100):
            archive.writestr(f"{number}.txt", b"a note")
        archive.writestr("run.tcx", tcx_run(1))
    body = a_body(path, "files", "2026-10-02T08:00:00Z")
    shown = derivation_json(derivation_of(tmp_path, [body]))
    assert [row["type"] for row in shown["sessions"]] == ["running"]
    (refused,) = shown["refused"]
    assert (refused["where"], refused["why"]) == (
        "[0]",
        "not a file format that is read (2100 records)",
    )
