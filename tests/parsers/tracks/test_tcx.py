"""Other people's TCX files against what their own text states, and hostile files."""

import re
import tracemalloc
from itertools import chain
from pathlib import Path

import pytest

from model.errors import BodyError
from model.facts import RejectKind, SampleBlock, Workout
from parsers.bounds import MOST_FILE_SESSIONS
from parsers.formats import parse, sniff
from parsers.tracks.elements import MOST_LEVELS
from tests.rooms import SHARED
from tests.rows import matching, of_type, values_of

_FOLDER = SHARED / "vendors" / "tcx"
REAL = sorted(_FOLDER.glob("*.tcx"))
ROOT_START = b"<TrainingCenterDatabase>"


@pytest.mark.skipif(not REAL, reason="the vendors' TCX files are not beside this checkout")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_every_reading_of_a_real_file_is_there(path: Path) -> None:
    content = path.read_bytes()
    parsed = parse("files", content)
    written = list(map(float, re.findall(rb"<HeartRateBpm[^>]*>\s*<Value>(\d+)", content)))
    blocks = of_type(SampleBlock, parsed.facts)
    heart = list(chain.from_iterable(values_of(matching(blocks, metric="heart_rate"), "v")))
    assert heart == written
    assert len(of_type(Workout, parsed.facts)) == content.count(b"<Activity ")
    assert (parsed.complete, parsed.rejects) == (True, ())


@pytest.mark.parametrize(
    ("content", "known"),
    [
        (b"<TrainingCenterDatabase xmlns='x'>", True),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<x:TrainingCenterDatabase>", True),
        (b" \n<?xml version='1.0'?><!-- TCX --><TrainingCenterDatabase>", True),
        (b"<gpx></gpx>", False),
        (b"TrainingCenterDatabase", False),
        (b"<gpx name='TrainingCenterDatabase'/>", False),
        (b"", False),
    ],
)
def test_it_is_known_by_its_root(content: bytes, *, known: bool) -> None:
    assert (sniff(content) == "tcx") is known


def _refused(content: bytes) -> RejectKind:
    with pytest.raises(BodyError) as caught:
        parse("files", content)
    return caught.value.kind


def test_entities_are_never_expanded() -> None:
    entities = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
    bomb = b"<!DOCTYPE x [<!ENTITY e0 'x'>" + entities + b"]>" + ROOT_START + b"&e11;"
    tracemalloc.start()
    kind = _refused(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kind is RejectKind.UNKNOWN
    assert peak < 2**20


def test_levels_and_activities_have_a_bound() -> None:
    assert _refused(ROOT_START + b"<a>" * MOST_LEVELS) is RejectKind.TOO_MUCH
    assert _refused(ROOT_START + b"<Activity/>" * (MOST_FILE_SESSIONS + 1)) is RejectKind.TOO_MUCH


def test_a_long_text_takes_no_memory() -> None:
    content = ROOT_START + b"<Activity><Notes>" + b"x " * 4_000_000 + b"</Notes></Activity>"
    content += b"</TrainingCenterDatabase>"
    tracemalloc.start()
    parse("files", content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


def _of_minutes(minutes: int) -> bytes:
    points = b"".join(
        b"<Trackpoint><Time>2025-11-24T09:%02d:00Z</Time><HeartRateBpm><Value>120</Value>"
        b"</HeartRateBpm></Trackpoint>" % minute
        for minute in range(minutes + 1)
    )
    lap = b'<Lap StartTime="2025-11-24T09:00:00Z"><Track>' + points + b"</Track></Lap>"
    activity = b'<Activity Sport="Running"><Id>2025-11-24T09:00:00Z</Id>' + lap + b"</Activity>"
    return ROOT_START + b"<Activities>" + activity + b"</Activities></TrainingCenterDatabase>"


def test_the_length_of_a_version_is_not_its_rank_and_damage_is() -> None:
    """A file trimmed and sent again corrects the longer one; a file cut off never does."""
    long, short = _of_minutes(40), _of_minutes(20)
    ranks: list[set[tuple[str, int]]] = []
    for content in (long, short, long[:-400]):
        facts = parse("files", content).facts
        ranks.append({(fact.head.record, fact.head.revision) for fact in facts})
    complete, trimmed, cut = ranks
    assert trimmed == complete
    assert {revision for _, revision in complete} == {1}
    assert cut == {(record, 0) for record, _ in complete}
