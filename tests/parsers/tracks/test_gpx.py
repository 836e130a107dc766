"""Other people's GPX files beside this checkout, with what is right of each and why; bounds."""

import tracemalloc
from datetime import datetime

import pytest

from model.errors import BodyError
from model.facts import RejectKind, SampleBlock, Workout
from parsers.bounds import MOST_FILE_SESSIONS
from parsers.formats import parse, sniff
from parsers.tracks.elements import MOST_LEVELS
from tests.rooms import SHARED
from tests.rows import of_type, values_of

_VENDORS = SHARED / "vendors"
_START = b"<gpx>"
_NO_RECORDING = [
    # an empty document of a library
    ("gpx/custom_schema_locations.gpx", "no point of a track: nothing that anybody did"),
    # a waypoint with extensions of its own
    ("gpx/gpx1.1_with_extensions.gpx", "a waypoint: nothing that anybody did"),
    # a waypoint may have a time and even a heart rate, but one place is no activity
    ("gpx/gpx_with_garmin_extension.gpx", "a waypoint: nothing that anybody did"),
    ("gpx/unicode_with_bom.gpx", "a waypoint: nothing that anybody did"),
]
# file: workouts (begin, end, type, offset), metrics with their values
_READ = [
    # two points within a second; the offset is the writer's, and the altitude is all it states
    (
        "gpx/track-with-less-sec-time.gpx",
        [("2015-12-11T14:43:13Z", "2015-12-11T14:43:13.994Z", "running", 60)],
        {"altitude": [23.5536, 23.551199]},
    ),
    # a single point has no length, so there is no workout; a time without a zone is UTC
    ("gpx/gpx1.1_with_all_fields.gpx", [], {"altitude": [11.1]}),
    # a route of an Apple workout gives its speed alone; of two in a second the last counts
    ("apple/route_2019-06-11_3.00pm.gpx", [], {"speed": [0.116181, 0.054395]}),
]
_NOT_HERE = pytest.mark.skipif(
    not (_VENDORS / "gpx").exists(), reason="the vendors' GPX files are not beside this checkout"
)


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@_NOT_HERE
@pytest.mark.parametrize(("name", "why"), _NO_RECORDING)
def test_what_nobody_did_is_refused_plainly(name: str, why: str) -> None:
    with pytest.raises(BodyError) as caught:
        parse("files", (_VENDORS / name).read_bytes())
    assert (caught.value.reject.why, caught.value.kind) == (why, RejectKind.UNKNOWN)


@_NOT_HERE
@pytest.mark.parametrize(("name", "workouts", "metrics"), _READ)
def test_every_reading_of_a_real_track_is_there(
    name: str, workouts: list[tuple[str, str, str, int]], metrics: dict[str, list[float]]
) -> None:
    parsed = parse("files", (_VENDORS / name).read_bytes())
    read = values_of(
        of_type(Workout, parsed.facts), "head.start_ms", "head.end_ms", "type", "head.offset_min"
    )
    assert read == [(_ms(begin), _ms(end), *rest) for begin, end, *rest in workouts]
    blocks = of_type(SampleBlock, parsed.facts)
    assert {block.metric: block.v.tolist() for block in blocks} == metrics


@_NOT_HERE
def test_every_shared_file_is_in_one_of_the_tables() -> None:
    paths = [*(_VENDORS / "gpx").iterdir(), *(_VENDORS / "apple").glob("*.gpx")]
    files = {str(path.relative_to(_VENDORS)) for path in paths}
    assert files == {name for name, *_ in (*_NO_RECORDING, *_READ)}


@pytest.mark.parametrize(
    ("content", "known"),
    [
        (b"<gpx xmlns='x'>", True),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?>\n<x:gpx>", True),
        (b"<?xml version='1.0'?><!-- <rss> --><gpx/>", True),
        ("<?xml version='1.0'?><gpx>".encode("utf-16"), True),
        (b"<rss><gpx></gpx></rss>", False),
        (b"<gpxx>", False),
        (b"gpx", False),
    ],
)
def test_gpx_is_known_by_its_root(content: bytes, *, known: bool) -> None:
    assert (sniff(content) == "gpx") is known


def _refused(content: bytes) -> RejectKind:
    with pytest.raises(BodyError) as caught:
        parse("files", content)
    return caught.value.kind


def test_levels_and_tracks_have_a_bound() -> None:
    assert _refused(_START + b"<a>" * MOST_LEVELS) is RejectKind.TOO_MUCH
    assert _refused(_START + b"<trk/>" * (MOST_FILE_SESSIONS + 1)) is RejectKind.TOO_MUCH


def test_a_long_name_takes_no_memory_and_is_in_no_fact() -> None:
    point = b"<trkpt lat='1' lon='2'><time>2025-11-24T08:00:%02dZ</time></trkpt>"
    points = point % 0 + point % 10
    name = b"<name>" + b"secret " * 1_000_000 + b"</name>"
    content = _START + b"<trk>" + name + b"<trkseg>" + points + b"</trkseg></trk></gpx>"
    tracemalloc.start()
    parsed = parse("files", content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20
    assert len(parsed.facts) == 1
    assert "secret" not in repr(parsed)
