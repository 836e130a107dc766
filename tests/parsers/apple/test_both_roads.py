"""Apple records read in one step and by the parser give the same, and so do cut exports."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from model.codec import dumps, plain
from model.facts import Fact, Reject, SampleBlock
from model.received import Context, Part
from parsers.apple.apple_health import part_of, read_apple_health
from parsers.apple.clean import is_apple_health
from parsers.apple.cut import bodies, cut_apple_health
from parsers.apple.records import Gathered
from parsers.fields import grouped
from parsers.formats import LARGEST_PIECE
from tests.rows import values_of

_CONTEXT = Context(connector="files")
_TYPES = ("HeartRate", "StepCount", "OxygenSaturation", "BodyMassIndex", "Unheard", "SleepAnalysis")
_ODD = ("", "1e3", "1,5", "&#49;", ".5", "nan", "-3", "1_0", "99999999", " 7", "é")
_TIMES = (
    "2024-03-01 07:14:00 +0100",
    "2024-03-01 07:14:05 +0100",
    "2024-07-01 07:14:05 -0330",
    "2024-03-01 7:14:09 PM +0100",
    "2024-02-30 07:14:05 +0100",
    "1970-01-01 00:00:00 +0000",
    "",
)
_EXTRA = (
    "/>",
    '>\n  <MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="1"/>\n </Record>',
    '>\n  <MetadataEntry key="HKWasUserEntered" value="1"/>\n </Record>',
    '>\n  <MetadataEntry key="HKTimeZone" value="Asia/Tokyo"/>\n </Record>',
    '><MetadataEntry key="a" value="&amp;"/><MetadataEntry key="b" value="&nothing;"/></Record>',
    "></Record>",
    "><Inner/></Record>",
    ">",
    ' value="5"/>',
    "",
)
_DEVICES = ("", ' device="&lt;&lt;HKDevice: 0xaf&gt;, name:iPhone, hardware:iPhone16,2&gt;"')
_BETWEEN = (
    "\n ",
    "",
    "<!-- ",
    " -->",
    "<Correlation>",
    "</Correlation>",
    "<Workout",
    "]]>",
    "text",
)


@st.composite
def apple_records(draw: st.DrawFn) -> str:
    """Draw a record as exports have it, or nearly so."""
    pick = st.sampled_from
    unit = draw(pick(('unit="count/min" ', 'unit="count" ', 'unit="%" ', "", "unit='%' ")))
    kind = draw(pick(_TYPES))
    value = draw(pick(_ODD) | st.integers(0, 120).map(str))
    return (
        f'{draw(pick(_BETWEEN))}<Record type="HKQuantityTypeIdentifier{kind}"'
        f' sourceName="{draw(pick(("Watch of K", "App &amp; Co", "a")))}"{draw(pick(_DEVICES))}'
        f' {unit}creationDate="2024-03-02" startDate="{draw(pick(_TIMES))}"'
        f' endDate="{draw(pick(_TIMES))}" value="{value}"{draw(pick(_EXTRA))}'
    )


def _read(document: bytes, *, plainly: bool) -> tuple[list[bytes], tuple[Reject, ...]]:
    gathered, complete = Gathered(), True
    for body, complete in bodies(io.BytesIO(document)):  # noqa: B007 - the last one says it
        gathered.read(body, plain=plainly)
    part = part_of(gathered, 0, is_complete=complete)
    return sorted(map(_encoded, part.facts)), tuple(sorted(part.rejects, key=repr))


def _encoded(fact: Fact) -> bytes:
    return dumps(plain(fact))


@settings(deadline=None)  # many run beside it
@given(st.lists(apple_records(), max_size=12))
def test_both_roads_give_the_same(some: list[str]) -> None:
    document = f"<HealthData>{''.join(some)}</HealthData>".encode()
    facts, rejects = _read(document, plainly=True)
    slow_facts, slow_rejects = _read(document, plainly=False)
    assert facts == slow_facts
    assert set(map(_cause, rejects)) == set(map(_cause, slow_rejects))


def _cause(reject: Reject) -> tuple[str, str, int]:
    return reject.where, reject.why, reject.count


def _long(count: int, first: int = 0) -> bytes:
    lines = []
    for number in range(first, first + count):
        at = f"2024-{number // 40_000 % 12 + 1:02d}-{number // 1_440 % 28 + 1:02d}"
        time = f"{at} {number // 60 % 24:02d}:{number % 60:02d}:00 +0100"
        lines.append(
            f' <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch of K"'
            f' sourceVersion="11.1" device="&lt;&lt;HKDevice: 0x{number:x}&gt;, name:Apple Watch,'
            f' hardware:Watch7,5&gt;" unit="count/min" creationDate="{time}" startDate="{time}"'
            f' endDate="{time}" value="{60 + number % 90}"/>\n'
        )
    root = '<HealthData>\n <ExportDate value="2026"/>\n <Me HKDate="1950-01-01"/>\n'
    return (root + "".join(lines) + "</HealthData>\n").encode()


def _part(document: bytes) -> Part:
    (part,) = read_apple_health(document, _CONTEXT)
    return part


def _samples(documents: list[bytes]) -> set[tuple[int, float]]:
    samples: set[tuple[int, float]] = set()
    for document in documents:
        part = _part(document)
        assert part.complete
        assert part.rejects == ()
        for fact in part.facts:
            assert isinstance(fact, SampleBlock)
            samples |= set(zip(fact.t.tolist(), fact.v.tolist(), strict=True))
    return samples


def test_pieces_are_small_documents_and_give_what_the_whole_gives() -> None:
    document = _long(20_000)
    pieces = list(cut_apple_health(io.BytesIO(document)))
    assert len(pieces) > 5
    assert max(map(len, pieces)) <= LARGEST_PIECE
    assert all(map(is_apple_health, pieces))
    assert _samples(pieces) == _samples([document])
    for particular in (b"1950-01-01", b"<Me ", b"ExportDate", b"0x1f"):
        assert not any(particular in piece for piece in pieces)


def test_a_longer_export_gives_the_same_pieces_where_it_is_the_same() -> None:
    earlier, later = _long(30_000), _long(31_000, first=-600)
    before = set(cut_apple_health(io.BytesIO(earlier)))
    after = set(cut_apple_health(io.BytesIO(later)))
    assert len(before - after) <= 3
    assert len(after & before) >= len(before) - 3


def test_the_last_piece_of_an_export_that_breaks_off_says_so() -> None:
    pieces = list(cut_apple_health(io.BytesIO(_long(8_000)[:-100])))
    parts = list(map(_part, pieces))
    assert values_of(parts, "complete") == [True] * (len(pieces) - 1) + [False]
    rejects = grouped(parts[-1].rejects)
    assert values_of(rejects, "why") == ["cut off", "no XML"]
