"""Files of tracks with letters that XML does not allow, or saved in another encoding than named."""

import pytest

from model.errors import BodyError
from model.facts import RejectKind, SampleBlock, Workout
from parsers.formats import parse
from parsers.tracks import mending
from tests.rows import of_type, values_of

_MENDED = "letters that XML does not allow, which were mended"
_DECLARED = '<?xml version="1.0" encoding="UTF-8"?>'
_GPX = """<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><name>{}</name><trkseg>
<trkpt lat="0" lon="0"><time>2024-03-01T07:00:00Z</time>
<extensions><heartrate>100</heartrate></extensions></trkpt>
<trkpt lat="0" lon="0"><time>2024-03-01T07:00:02Z</time>
<extensions><heartrate>101</heartrate></extensions></trkpt></trkseg></trk></gpx>"""
_TCX = """<TrainingCenterDatabase
xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">
<Activities><Activity Sport="Running"><Notes>{}</Notes><Id>2024-03-01T07:00:00Z</Id>
<Lap StartTime="2024-03-01T07:00:00Z"><TotalTimeSeconds>2</TotalTimeSeconds><Track>
<Trackpoint><Time>2024-03-01T07:00:00Z</Time>
<HeartRateBpm><Value>100</Value></HeartRateBpm></Trackpoint>
<Trackpoint><Time>2024-03-01T07:00:02Z</Time>
<HeartRateBpm><Value>101</Value></HeartRateBpm></Trackpoint>
</Track></Lap></Activity></Activities></TrainingCenterDatabase>"""
_BOTH = pytest.mark.parametrize("written", [_GPX, _TCX], ids=["gpx", "tcx"])


def _beats(content: bytes) -> tuple[list[float], list[tuple[str, RejectKind]]]:
    parsed = parse("files", content)
    assert len(of_type(Workout, parsed.facts)) == 1
    (block,) = [
        block for block in of_type(SampleBlock, parsed.facts) if block.metric == "heart_rate"
    ]
    beats: list[float] = block.v.tolist()
    return beats, values_of(parsed.rejects, "why", "kind")


@_BOTH
@pytest.mark.parametrize(
    "name",
    [
        b"salt & pepper",
        b"a&nbsp;b",
        b"L\xf6pning",  # Latin-1 in a file that says UTF-8
        b"half of an emoji \xf0\x9f",
        b"a \0 from a language with strings of its own",
    ],
)
def test_a_name_that_is_no_xml_costs_nothing_but_itself(written: str, name: bytes) -> None:
    content = (_DECLARED + written).encode().replace(b"{}", name)
    assert _beats(content) == ([100, 101], [(_MENDED, RejectKind.REPAIRED)])


@_BOTH
def test_a_file_that_was_saved_as_utf_16_may_name_the_encoding_of_before(written: str) -> None:
    text = (_DECLARED + written).replace("{}", "Löpning")
    for content in (
        text.encode("utf-16"),
        b"\xfe\xff" + text.encode("utf-16be"),
        text.encode("utf-16le"),
        text.encode("utf-16be"),
    ):
        assert _beats(content) == ([100, 101], [])
    bare = text.replace("Löpning", "Lö & mer").encode("utf-16")
    assert _beats(bare) == ([100, 101], [(_MENDED, RejectKind.REPAIRED)])


def test_what_is_cut_off_is_not_mended() -> None:
    content = (_DECLARED + _TCX).replace("{}", "a & b").encode()
    parsed = parse("files", content[: content.index(b"</Track>")])
    assert values_of(parsed.rejects, "kind") == [RejectKind.DAMAGED, RejectKind.REPAIRED]
    assert not parsed.complete
    assert parse("files", content[:-20].replace(b"a & b", b"ab")).rejects[1:] == ()


def test_a_large_file_is_never_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    content = (_DECLARED + _GPX).replace("{}", "a & b").encode()
    monkeypatch.setattr(mending, "_MOST_MENDED", len(content) - 1)
    with pytest.raises(BodyError, match="not XML"):
        parse("files", content)


_OPEN = b'<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg><trkpt'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_tag_that_does_not_end_costs_its_beginning_only(encoding: str) -> None:
    attributes = " ".join(f'a{number}="1"' for number in range(600_000))
    document = f"{_OPEN.decode()} {attributes}/></trkseg></trk></gpx>".encode(encoding)
    with pytest.raises(BodyError) as caught:
        parse("files", document)
    assert caught.value.why == "a tag of more than 4194304 bytes"


def test_what_is_left_out_before_the_parser_is_no_part_of_a_tag() -> None:
    document = (
        _OPEN
        + b' lat="1" lon="1"><time>2026-09-01T10:00:00Z</time></trkpt><trkpt lat="1" lon="1">'
        + b"\x01" * 9_000_000
        + b"<time>2026-09-01T10:10:00Z</time></trkpt></trkseg></trk></gpx>"
    )
    (workout,) = of_type(Workout, parse("files", document).facts)
    assert workout.head.end_ms - workout.head.start_ms == 600_000
