"""Contradictory times: what most of the file supports is believed, and the rest is told."""

from collections.abc import Sequence

import numpy as np
import pytest

from model.facts import Fact, SampleBlock, Workout
from parsers.fit_facts.fit_file import parse_fit
from simulate.fit_messages import fit_file
from tests.parsers.fit.pieces import (
    BASE_MS,
    activity,
    ident,
    lap,
    plain,
    records,
    session,
    timer,
)
from tests.rows import of_type, values_of

_HOUR, _DAY = 3600, 86_400


def _spans(facts: Sequence[Fact]) -> list[tuple[float, float]]:
    heads = values_of(of_type(Workout, facts), "head")
    return [((h.start_ms - BASE_MS) / 1000, (h.end_ms - BASE_MS) / 1000) for h in heads]


def _heart(facts: Sequence[Fact]) -> tuple[int, float, float]:
    t = np.concatenate(values_of(of_type(SampleBlock, facts), "t"))
    return len(t), (t.min() - BASE_MS) / 1000, (t.max() - BASE_MS) / 1000


_STALE = [*range(-6 * _DAY, -6 * _DAY + 11)]
_NOON = 5 * _HOUR


@pytest.mark.parametrize(
    ("parts", "span", "heart"),
    [
        pytest.param(
            [records(_STALE), records(range(3600)),
             session(start=_STALE[0], written=3600, elapsed=6 * _DAY + 3600, timer=3611)],
            (-11, 3600), (3611, -11, 3599), id="the first records are six days stale",
        ),
        pytest.param(
            [records(range(-3 * _HOUR, -3 * _HOUR + 1200)), records(range(1200, 2400)),
             session(start=-3 * _HOUR, written=2400, elapsed=2400, timer=2400)],
            (0, 2400), (2400, 0, 2399), id="three hours forward in the middle",
        ),
        pytest.param(
            [records(range(900)), records(range(900 + _HOUR, 1800 + _HOUR)),
             session(start=0, written=1800 + _HOUR, elapsed=1800, timer=1800)],
            (_HOUR, _HOUR + 1800), (1800, _HOUR, _HOUR + 1799), id="an hour, to the second",
        ),
        pytest.param(
            [records(range(-_HOUR, 900 - _HOUR, 7)), records(range(902, 1800, 7)),
             session(start=-_HOUR, written=1800, elapsed=1800, timer=1800)],
            (-1, 1800), (258, -1, 1798), id="an hour, with a record every seven seconds",
        ),
        pytest.param(
            [records(range(901)), records(range(900 + _HOUR, 1800 + _HOUR)),
             session(start=0, written=1800 + _HOUR, elapsed=1800, timer=1800)],
            (_HOUR - 1, _HOUR + 1800), (1801, _HOUR - 1, _HOUR + 1799),
            id="a step of an hour",
        ),
        pytest.param(
            [timer(0, 0), records(range(1200)), timer(1200, 4), timer(1200 + _HOUR, 0),
             records(range(1200 + _HOUR, 2400 + _HOUR)),
             session(start=0, written=2400 + _HOUR, elapsed=2400 + _HOUR, timer=2400)],
            (0, 2400 + _HOUR), (2400, 0, 2399 + _HOUR), id="a pause of an hour with events",
        ),
        pytest.param(
            [records(range(1200)), records(range(1199 + _HOUR, 2400 + _HOUR)),
             session(start=0, written=2400 + _HOUR, elapsed=2400 + _HOUR, timer=2400)],
            (0, 2400 + _HOUR), (2401, 0, 2399 + _HOUR), id="a pause of an hour by the length",
        ),
        pytest.param(
            [records(range(_NOON, _NOON + 1200)), records(range(1200, 2400)),
             session(start=_NOON, written=2400, elapsed=2400, timer=2400)],
            (0, 2400), (2400, 0, 2399), id="five hours back in the middle",
        ),
        pytest.param(
            [records(range(1200)), session(start=1200, written=1200, elapsed=1200, timer=1200),
             activity(1200)],
            (0, 1200), (1200, 0, 1199), id="a start that is the end",
        ),
        pytest.param(
            [records(range(1200, 2400)), records(range(1200)),
             session(start=0, written=2400, elapsed=2400, timer=2400)],
            (0, 2400), (2400, 0, 2399), id="written in another order",
        ),
        pytest.param(
            [records(range(1200)), records(range(2 * _DAY, 2 * _DAY + 5)),
             records(range(1205, 2400)),
             session(start=0, written=2400, elapsed=2400, timer=2400)],
            (0, 2400), (2400, 0, 2399), id="a few records of another day in the middle",
        ),
        pytest.param(
            [timer(0, 0), records(range(1200)), timer(1200, 4), timer(20 * _HOUR, 0),
             records(range(20 * _HOUR, 20 * _HOUR + 1200)),
             session(start=0, written=20 * _HOUR + 1200, elapsed=20 * _HOUR + 1200, timer=2400)],
            (0, 20 * _HOUR + 1200), (2400, 0, 20 * _HOUR + 1199), id="a pause of 20 h with events",
        ),
        pytest.param(
            [records(range(1200)), records(range(20 * _HOUR, 20 * _HOUR + 1200)),
             session(start=0, written=20 * _HOUR + 1200, elapsed=20 * _HOUR + 1200, timer=2400)],
            (0, 20 * _HOUR + 1200), (2400, 0, 20 * _HOUR + 1199), id="a pause by the length alone",
        ),
        pytest.param(
            [records([*range(600), *range(597, 1200)]),
             session(start=0, written=1200, elapsed=1200, timer=1200)],
            (0, 1200), (1200, 0, 1199), id="three seconds back are no jump",
        ),
    ],
)  # fmt: skip
def test_a_jump_of_the_clock_is_one_session(
    parts: list[bytes], span: tuple[float, float], heart: tuple[int, float, float]
) -> None:
    parsed = parse_fit(plain(*parts, activity(span[1])))
    assert (_spans(parsed.facts), _heart(parsed.facts)) == ([span], heart)
    assert parsed.complete


def test_a_jump_is_told_with_how_many_records_were_moved() -> None:
    minutes = session(start=_STALE[0], written=3600, elapsed=6 * _DAY + 3600, timer=3611)
    parsed = parse_fit(plain(records(_STALE), records(range(3600)), minutes, activity(3600)))
    assert values_of(parsed.rejects, "why", "count") == [
        ("clock: record messages moved: the clock jumped in the middle", 11)
    ]


@pytest.mark.parametrize(
    ("declared", "span"),
    [
        pytest.param({"start": 0, "written": 1200, "elapsed": 1200}, (0, 1200), id="all agree"),
        pytest.param(
            {"start": -_DAY, "written": 1200, "elapsed": 1200}, (0, 1200), id="a start of yesterday"
        ),
        pytest.param(
            {"start": _DAY, "written": 1200, "elapsed": 1200},
            (0, 1200),
            id="it ends before it starts",
        ),
        pytest.param(
            {"start": 0, "written": 1200, "elapsed": _DAY}, (0, 1200), id="an elapsed day"
        ),
        pytest.param(
            {"start": 0, "written": 1200, "elapsed": 12}, (0, 1200), id="milliseconds as seconds"
        ),
        pytest.param(
            {"start": 0, "written": _DAY, "elapsed": 1200}, (0, 1200), id="written a day later"
        ),
        pytest.param(
            {"start": 0, "written": 1320, "elapsed": 1320},
            (0, 1320),
            id="two minutes are no matter",
        ),
        pytest.param(
            {"start": 0, "written": _HOUR, "elapsed": _HOUR}, (0, _HOUR), id="the watch ran on"
        ),
    ],
)
def test_the_times_that_most_of_the_file_supports(
    declared: dict[str, float], span: tuple[float, float]
) -> None:
    parts = [records(range(1200)), lap(start=0, written=1200, elapsed=1200)]
    parsed = parse_fit(plain(*parts, session(**declared)))
    assert _spans(parsed.facts) == [span]
    doubted = any(why.startswith("contradiction") for why in values_of(parsed.rejects, "why"))
    kept = (declared["start"], declared["start"] + declared["elapsed"]) == span
    assert doubted is not kept


def test_legs_follow_each_other() -> None:
    legs = [
        session(start=2700, written=1200, elapsed=1200, sport=1),
        session(start=1200, written=2400, elapsed=1200, sport=2),
    ]
    parsed = parse_fit(plain(records(range(2400)), *legs))
    assert _spans(parsed.facts) == [(0, 1200), (1200, 2400)]


@pytest.mark.parametrize(("beyond", "count"), [(60, 0), (61, 1), (600, 540)])
def test_records_outside_of_every_session_are_told_and_stay(beyond: int, count: int) -> None:
    declared = {"start": 0, "written": 1200, "elapsed": 1200}
    parsed = parse_fit(plain(records(range(1201 + beyond)), session(**declared), lap(**declared)))
    assert _heart(parsed.facts)[0] == 1201 + beyond
    outside = [reject.count for reject in parsed.rejects if reject.why.startswith("outside")]
    assert outside == ([count] if count else [])


def _damaged(*parts: bytes) -> bytes:
    body = plain(*parts)
    return body[:-2] + bytes([body[-2] ^ 1, body[-1]])


@pytest.mark.parametrize(
    ("last", "kept"),
    [
        pytest.param([1200], 1201, id="a second later"),
        pytest.param([1499], 1201, id="300 s later"),
        pytest.param([1500], 1200, id="301 s later"),
        pytest.param([1198], 1200, id="before the one before it"),
        pytest.param([36 * 365 * _DAY], 1200, id="of another decade"),
        pytest.param([_DAY, _DAY + 1, _DAY + 2], 1200, id="three of noise"),
    ],
)
def test_of_a_damaged_file_the_end_must_make_sense(last: list[int], kept: int) -> None:
    parsed = parse_fit(_damaged(records(range(1200)), records(last)))
    assert _heart(parsed.facts)[:2] == (kept, 0)
    assert not parsed.complete
    assert _spans(parsed.facts) == [(0, last[-1] + 1 if kept > 1200 else 1200)]
    noise = [reject.count for reject in parsed.rejects if reject.why.startswith("noise")]
    assert noise == ([] if kept > 1200 else [len(last)])


def test_a_pause_before_the_damage_is_no_noise() -> None:
    parts = [records(range(1200)), timer(1200, 4), timer(2400, 0), records([2400, 2401])]
    assert _heart(parse_fit(_damaged(*parts)).facts) == (1202, 0, 2401)


def test_of_a_file_that_is_not_damaged_a_late_record_is_moved() -> None:
    parts = [records(range(1200)), records([36 * 365 * _DAY])]
    parsed = parse_fit(plain(*parts, session(start=0, written=1201, elapsed=1201, timer=1201)))
    assert _heart(parsed.facts) == (1201, 0, 1200)


@pytest.mark.parametrize(("received", "start"), [(0, _DAY), (7200, 0), (2 * _DAY, _DAY)])
def test_a_clock_that_jumps_past_the_receipt_was_right_before(received: int, start: int) -> None:
    later = records(range(_DAY + 600, _DAY + 1200))
    declared = session(start=0, written=_DAY + 1200, elapsed=1200, timer=1200)
    parsed = parse_fit(
        plain(records(range(600)), later, declared, activity(_DAY + 1200)),
        received and BASE_MS + 1000 * received,
    )
    assert _spans(parsed.facts) == [(start, start + 1200)]


def test_a_workout_is_named_by_its_device_and_its_start() -> None:
    def names(created: float, start: float, length: float, serial: int = 7) -> list[str]:
        body = [records(range(int(start), int(start + length)))]
        body += [session(start=start, written=start + length, elapsed=length)]
        facts = parse_fit(_file(created, serial, body)).facts
        return values_of(facts, "head.record")

    first = names(0, 0, 1200)
    assert first == names(500, 0, 1200) == names(0, 0, 2400)  # written again, at another length
    assert not set(first) & set(names(0, 2 * _DAY, 1200))  # a constant time of writing
    assert not set(first) & set(names(0, 0, 1200, serial=8))
    assert first[0] == f"{first[1]}:0"


def _file(created: float, serial: int, body: list[bytes]) -> bytes:
    return fit_file([ident(created=created, serial=serial), *body])


def test_sessions_that_share_a_time_of_writing_lose_the_jump_each() -> None:
    """A summary that is written at the end gives all of its sessions the same time."""
    both = [
        session(start=_STALE[0], written=1300, elapsed=6 * _DAY + 600, timer=611),
        session(start=600, written=1300, elapsed=700, timer=700),
    ]
    parsed = parse_fit(plain(records(_STALE), records(range(1300)), *both, activity(1300)))
    assert _spans(parsed.facts) == [(-11, 600), (600, 1300)]
