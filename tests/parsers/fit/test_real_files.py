"""Every FIT file beside this checkout against the table of what is right, with the reasons."""

from datetime import UTC, datetime

import pytest

from model.errors import BodyError
from model.facts import Parsed, SampleBlock, Workout
from parsers.formats import parse
from tests.on_purpose import tab_separated
from tests.rooms import ROOT, SHARED
from tests.rows import matching, of_type

_FILES = SHARED / "fit"
_ROWS = tab_separated(ROOT / "tests" / "parsers" / "fit" / "real_files.tsv")
_COMPLETE = {True: "yes", False: "no"}
pytestmark = pytest.mark.skipif(
    not _FILES.exists(), reason="the real FIT files are not beside this checkout"
)


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row["file"].rpartition("__")[2])
def test_a_real_file_gives_what_the_table_says(row: dict[str, str]) -> None:
    content = (_FILES / row["file"]).read_bytes()
    if row["complete"] == "refused":
        with pytest.raises(BodyError):
            parse("files", content)
        return
    parsed = parse("files", content)
    read = {
        "workouts": " ".join(map(_written, of_type(Workout, parsed.facts))) or "-",
        "heart_rates": str(_heart_rates(parsed, beats=False)),
        "beats": str(_heart_rates(parsed, beats=True)),
        "complete": _COMPLETE[parsed.complete],
    }
    assert read == {name: row[name] for name in read}


def test_every_real_file_is_in_the_table() -> None:
    names = {str(path.relative_to(_FILES)) for path in _FILES.rglob("*.fit")}
    assert {row["file"] for row in _ROWS} == names


def _written(workout: Workout) -> str:
    start = datetime.fromtimestamp(workout.head.start_ms / 1000, UTC)
    seconds = round((workout.head.end_ms - workout.head.start_ms) / 1000)
    return f"{start:%Y-%m-%dT%H:%M:%S}+{seconds}s_{workout.type}"


def _heart_rates(parsed: Parsed, *, beats: bool) -> int:
    count = 0
    for block in matching(of_type(SampleBlock, parsed.facts), metric="heart_rate"):
        if block.head.record.endswith(":beats") is beats:
            count += len(block.t)
    return count
