"""A file that is read to its end and holds nothing that is followed says so, packed or not."""

import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from kadens.cli import app
from kadens.importing.walked_files import NOTHING_KEPT
from tests.rows import cells_of

_NOTHING = {"reject": {"where": "body", "why": NOTHING_KEPT, "kind": "unknown"}}
_HAE = b'{"data":{"metrics":[{"name":"dietary_water","units":"mL","data":[]}],"workouts":[]}}'
_FITBIT = b'[{"dateTime":"03/01/24 00:00:00","value":{"date":null,"value":0.0,"error":0.0}}]'


def _database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table steps_record_table(start_time, end_time, count)")
    return connection.serialize()


def _files() -> Iterator[tuple[str, bytes]]:
    apple = b'<HealthData><ExportDate value="2024-01-01 00:00:00 +0100"/></HealthData>'
    yield "export.xml", apple
    yield "health_connect_export.db", _database()
    yield "export.json", _HAE
    yield "resting_heart_rate-2024-03-01.json", _FITBIT
    yield (
        "com.samsung.shealth.exercise.csv",
        (b"com.samsung.shealth.exercise,6270000,8\nstart_time,end_time,exercise_type\n"),
    )


@pytest.mark.parametrize(("name", "content"), list(_files()), ids=cells_of(_files(), 0))
def test_a_file_without_anything_followed_says_so(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr(f"folder/{name}", content)
    for path in (tmp_path / name, tmp_path / "all.zip"):
        done = CliRunner().invoke(app, ["inspect", str(path), "--facts"])
        assert list(map(orjson.loads, done.output.splitlines())) == [_NOTHING]
        assert done.exit_code == 1
        done = CliRunner().invoke(app, ["inspect", str(path)])
        assert f"problem at body: {NOTHING_KEPT}" in done.output
        assert done.exit_code == 1
