"""What is read of the Apple files beside this checkout: expected values, with reasons."""

from typing import Any, NamedTuple

import pytest

from model.calendar import rfc3339
from model.facts import Parsed, SampleBlock, Workout
from parsers.formats import parse
from tests.rooms import SHARED
from tests.rows import matching, of_type, values_of

_FOLDER = SHARED / "vendors" / "apple"


class _Row(NamedTuple):
    """What a file gives: a figure by its name, its value, and why it is right."""

    figure: str
    value: Any
    why: str


_EXPORT: tuple[_Row, ...] = (
    _Row("start", "2016-11-14T14:25:41Z", "07:25:41 at -07:00, which is written"),
    _Row("end", "2016-11-14T14:30:52Z", "07:30:52 at -07:00"),
    _Row("offset_min", -480, "Los Angeles in November: HKTimeZone, not the zone of the export"),
    _Row("type", "running", "HKWorkoutActivityTypeRunning"),
    _Row("distance", 800.125523, "0.4971749504535062 mi of 1,609.344 m; there are no statistics"),
    _Row("active_energy", 48.745, "the old total, in kcal"),
    _Row("moving_ms", None, "5.194 min is the whole workout, within a second"),
    _Row("heart_rate", [72.0], "one record in count/min"),
    _Row("device", "Watch2,4", "the hardware of its device"),
    _Row("metrics", {"heart_rate"}, "body mass index is not followed"),
    _Row("rejects", (), "a known type that is not followed is not told"),
)
_FILES = {
    "healthkit_to_sqlite_export.xml": _EXPORT,
    "healthkit_to_sqlite_export_small.xml": _EXPORT,  # its positions are left out
}
pytestmark = pytest.mark.skipif(not _FOLDER.is_dir(), reason="the vendors' files are not there")


def _figures(parsed: Parsed) -> dict[str, Any]:
    (workout,) = of_type(Workout, parsed.facts)
    blocks = of_type(SampleBlock, parsed.facts)
    (heart,) = matching(blocks, metric="heart_rate")
    return {
        "start": rfc3339(workout.head.start_ms),
        "end": rfc3339(workout.head.end_ms),
        "offset_min": workout.head.offset_min,
        "type": workout.type,
        "moving_ms": workout.moving_ms,
        **workout.summary,
        "heart_rate": heart.v.tolist(),
        "device": heart.head.source.device,
        "metrics": set(values_of(blocks, "metric")),
        "rejects": parsed.rejects,
    }


@pytest.mark.parametrize("name", list(_FILES))
def test_a_vendor_file_gives_what_is_right(name: str) -> None:
    figures = _figures(parse("files", (_FOLDER / name).read_bytes()))
    for row in _FILES[name]:
        assert figures[row.figure] == row.value, row.why
