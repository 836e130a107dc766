"""Limits on what a payload may hold: at the limit it is read.

Above it the payload is refused in full, as too much.
"""

from itertools import product

import numpy as np
import pytest

from model.calendar import DAY_MS, rfc3339
from model.codec import dumps
from model.columns.build import split_at_gaps
from model.errors import BodyError
from model.facts import RejectKind, SampleBlock
from model.schemas.report_body import MOST_REPORTS
from parsers.alike import read_alike
from parsers.bounds import LONGEST_GAP_MS, MOST_FACTS, MOST_OBJECTS, MOST_SERIES, MOST_VALUES
from parsers.fields import check_width
from parsers.fit import FIT_EPOCH
from parsers.formats import FORMATS, parse
from simulate.fit_messages import (
    UINT8,
    UINT32,
    WRITTEN_EPOCH,
    FieldShape,
    FitShape,
    definition,
    encoded,
    fit_file,
    rows,
)
from tests.poison import ACCOUNT, POISON_MS
from tests.rows import of_type, values_of

MOST_BYTES = dict(values_of(FORMATS, "name", "most_bytes"))


def _refused(connector: str, body: bytes) -> tuple[str, RejectKind]:
    with pytest.raises(BodyError) as caught:
        parse(connector, body)
    return caught.value.where, caught.value.kind


def _series(samples: list[tuple[int, float]], **more: object) -> bytes:
    written = [{"timestamp": rfc3339(t), "value": v, "unit": "kg", **more} for t, v in samples]
    data = {"user_id": ACCOUNT, "series_type": "weight", "samples": written}
    return dumps({"type": "timeseries.created", "data": data})


def padded(connector: str, size: int) -> bytes:
    empty = dumps({"type": "report.created", "patient": ACCOUNT, "reports": []})
    body = fit_file([]) if connector == "fit_facts" else empty
    return body + b" " * (size - len(body))


@pytest.mark.parametrize("connector", ["reports", "open_wearables"])
def test_a_body_has_so_many_bytes_and_no_more(connector: str) -> None:
    most = MOST_BYTES[connector]
    assert _refused(connector, padded(connector, most + 1)) == ("body", RejectKind.TOO_MUCH)
    if connector == "reports":
        assert parse(connector, padded(connector, most)).account == ACCOUNT


def test_a_file_has_so_many_bytes() -> None:
    assert _refused("files", padded("fit_facts", MOST_BYTES["fit"] + 1)) == (
        "body",
        RejectKind.TOO_MUCH,
    )


@pytest.mark.parametrize(
    "body",
    [b"{" * (MOST_OBJECTS + 1), b"[" * (MOST_OBJECTS + 1), b"," * (MOST_VALUES + 1)],
    ids=["{", "[", ","],
)
def test_a_body_has_so_many_values(body: bytes) -> None:
    check_width(body[:-1])
    with pytest.raises(BodyError, match="more values"):
        check_width(body)


def test_reports_of_one_body() -> None:
    result = {
        "id": "r",
        "answered_at": rfc3339(POISON_MS),
        "instrument": "pain",
        "value": 1,
        "scale": "nrs-0-10",
    }

    def body(count: int) -> bytes:
        many = [{**result, "id": f"r{n}"} for n in range(count)]
        return dumps({"type": "report.created", "patient": ACCOUNT, "reports": many})

    assert len(parse("reports", body(MOST_REPORTS)).facts) == MOST_REPORTS
    assert _refused("reports", body(MOST_REPORTS + 1)) == ("reports", RejectKind.TOO_MUCH)


def test_days_of_one_body() -> None:
    daily = [(POISON_MS + n * DAY_MS, 70.0) for n in range(3_661)]
    (block,) = parse("open_wearables", _series(daily[:3_660])).facts
    assert isinstance(block, SampleBlock)
    assert len(block.t) == 3_660
    assert _refused("open_wearables", _series(daily)) == ("body", RejectKind.TOO_MUCH)


def test_devices_of_one_body() -> None:
    def body(count: int) -> bytes:
        written = [
            {
                "timestamp": rfc3339(POISON_MS),
                "value": 70,
                "unit": "kg",
                "source": {"device": f"scale {n}"},
            }
            for n in range(count)
        ]
        return dumps(
            {
                "type": "x.created",
                "data": {"user_id": ACCOUNT, "series_type": "weight", "samples": written},
            }
        )

    many = parse("open_wearables", body(MOST_SERIES).replace(b"x.created", b"timeseries.created"))
    assert (len(many.facts), many.rejects) == (MOST_SERIES, ())
    more = parse(
        "open_wearables", body(MOST_SERIES + 1).replace(b"x.created", b"timeseries.created")
    )
    assert (more.facts, values_of(more.rejects, "kind")) == ((), [RejectKind.TOO_MUCH])


def test_facts_of_one_body() -> None:
    """Totals of each date are a fact; 240 devices send totals of 20 dates."""
    total = {"value": 9, "unit": "count", "is_daily_total": True}
    many = [
        {
            **total,
            "timestamp": rfc3339(POISON_MS + day * DAY_MS),
            "source": {"device": f"watch {n}"},
        }
        for n, day in product(range(240), range(20))
    ]
    data = {"user_id": ACCOUNT, "series_type": "steps", "samples": many}
    parsed = parse("open_wearables", dumps({"type": "steps.created", "data": data}))
    assert len(many) > MOST_FACTS
    assert (parsed.facts, values_of(parsed.rejects, "kind")) == ((), [RejectKind.TOO_MUCH])


def test_blocks_end_before_a_long_gap() -> None:
    far = [
        (POISON_MS, 70.0),
        (POISON_MS + LONGEST_GAP_MS, 71.0),
        (POISON_MS + 2 * LONGEST_GAP_MS + 1, 72.0),
    ]
    blocks = of_type(SampleBlock, parse("open_wearables", _series(far)).facts)
    assert [block.v.tolist() for block in blocks] == [[70.0, 71.0], [72.0]]


def test_a_file_whose_clock_was_set_between_is_one_part_by_the_clock_of_most_records() -> None:
    shape = FitShape(
        number=20,
        local=0,
        fields={"at": FieldShape(number=253, base=UINT32), "hr": FieldShape(number=3, base=2)},
    )
    at = np.array([400_000_000, 400_000_001, 1_158_934_400])
    body = fit_file([definition(shape) + rows(shape, {"at": at, "hr": [60, 61, 62]}, 3).tobytes()])
    (block,) = of_type(SampleBlock, parse("files", body).facts)
    assert (block.part, block.v.tolist()) == (0, [60.0, 61.0, 62.0])
    first_ms = (400_000_000 + FIT_EPOCH) * 1000
    assert block.t.tolist() == [first_ms, first_ms + 1_000, first_ms + 2_000]


def test_pieces_are_cut_at_gaps_and_at_most_so_long() -> None:
    t = np.array([0, 1, 2, 3, 50, 51])
    assert values_of(split_at_gaps(t, 3, 10), "start", "stop") == [(0, 3), (3, 4), (4, 6)]
    assert list(split_at_gaps(t[:0], 3, 10)) == []


def test_reading_alike_objects_takes_no_more_than_the_body_does() -> None:
    pad = "x" * 3_800
    samples = [
        {"timestamp": rfc3339(POISON_MS), "value": 1, "pad": pad},
        {"timestamp": "", "pad": "{" * 200_000},
    ]
    body = dumps({"data": {"samples": [*samples, samples[0]]}})
    assert read_alike(body, ("data", "samples"), "timestamp", "value") is None


@pytest.mark.parametrize(
    ("offset", "kept"), [("+14:00", 1), ("-14:00", 1), ("+14:01", 0), ("-14:01", 0), ("+23:59", 0)]
)
def test_an_offset_is_within_14_hours_in_every_reader_of_json(offset: str, kept: int) -> None:
    at = f"2026-09-21T12:00:00{offset}"
    result = {"id": "r", "answered_at": at, "instrument": "pain", "value": 1, "scale": "nrs-0-10"}
    answer = parse(
        "reports", dumps({"type": "report.created", "patient": ACCOUNT, "report": result})
    )
    sample = {"timestamp": at, "value": 70, "unit": "kg"}
    zoned = {**sample, "timestamp": "2026-09-21T12:00:00Z", "zone_offset": offset}
    readings = (
        answer,
        parse("open_wearables", weights(sample)),
        parse("open_wearables", weights(zoned)),
    )
    for parsed in readings:
        assert values_of(parsed.rejects, "kind") == [RejectKind.RANGE] * (1 - kept)
    # A time with such an offset is unreadable. An offset of its own is left out, and the time kept.
    assert [len(parsed.facts) for parsed in readings] == [kept, kept, 1]


def weights(*samples: dict[str, object]) -> bytes:
    data = {"user_id": ACCOUNT, "series_type": "weight", "samples": samples}
    return dumps({"type": "timeseries.created", "data": data})


@pytest.mark.parametrize(
    ("hours", "offset", "kinds"), [(14, 840, []), (-14, -840, []), (15, None, [RejectKind.RANGE])]
)
def test_an_offset_is_within_14_hours_in_files(
    hours: int, offset: int | None, kinds: list[RejectKind]
) -> None:
    parsed = parse("files", local_file(hours))
    assert values_of(parsed.facts, "head.offset_min") == [offset]
    # the file has a lonely record and no session, which is told too
    assert values_of(parsed.rejects, "kind") == [*kinds, RejectKind.RANGE]
    assert parsed.complete


def test_a_local_clock_that_was_never_set_says_nothing() -> None:
    parsed = parse("files", local_file(-200_000))
    assert values_of(parsed.facts, "head.offset_min") == [None]
    (reject,) = parsed.rejects
    assert reject.why.startswith("no_session")


def local_file(hours: int) -> bytes:
    at = POISON_MS // 1000 - WRITTEN_EPOCH
    time, local = FieldShape(number=253, base=UINT32), FieldShape(number=5, base=UINT32)
    result = encoded(
        FitShape(number=34, local=0, fields={"at": time, "there": local}),
        {"at": at, "there": at + 3600 * hours},
    )
    record = FitShape(
        number=20, local=1, fields={"at": time, "hr": FieldShape(number=3, base=UINT8)}
    )
    return fit_file([result, encoded(record, {"at": at, "hr": 70})])
