"""Sessions and records of different clocks, and records whose session has no usable message."""

import pytest

from model.facts import Parsed, SampleBlock, Workout
from parsers.fit_facts.fit_file import parse_fit
from simulate.fit_messages import fit_file
from tests.parsers.fit.pieces import (
    BASE_MS,
    CYCLING,
    RUNNING,
    activity,
    ident,
    lap,
    plain,
    records,
    session,
)
from tests.rows import of_type, values_of

_HOUR, _DAY, _YEARS = 3600, 86_400, 36 * 365 * 86_400
_RUN = records(range(1200))


def _declared(start: float, length: float = 1200, sport: int = RUNNING) -> bytes:
    end = start + length
    return session(start=start, written=end, elapsed=length, timer=length, sport=sport)


def _damaged(*parts: bytes) -> bytes:
    body = bytearray(fit_file([ident(), *parts]))
    body[-1] ^= 0xFF  # of the checksum
    return bytes(body)


def _spans(parsed: Parsed) -> list[tuple[float, float, str]]:
    spans = []
    for workout in of_type(Workout, parsed.facts):
        head = workout.head
        span = (head.start_ms - BASE_MS) / 1000, (head.end_ms - BASE_MS) / 1000
        spans.append((*span, workout.type))
    return spans


def _first_sample(parsed: Parsed) -> float:
    (block,) = of_type(SampleBlock, parsed.facts)
    return float((block.t[0] - BASE_MS) / 1000)


def _codes(parsed: Parsed) -> set[str]:
    return {why.partition(":")[0] for why in values_of(parsed.rejects, "why")}


_AT_RECORDS, _AS_DECLARED = [(0, 1200, "running")], [(2 * _HOUR, 2 * _HOUR + 1200, "running")]


@pytest.mark.parametrize(
    ("parts", "spans", "first"),
    [
        pytest.param(
            [_RUN, _declared(2 * _HOUR)], _AT_RECORDS, 0, id="local time in the session message"
        ),
        pytest.param(
            [_RUN, _declared(2 * _HOUR), activity(1200)], _AT_RECORDS, 0, id="another one agrees"
        ),
        pytest.param(
            [_RUN, _declared(2 * _HOUR), activity(2 * _HOUR + 1200)],
            _AS_DECLARED,
            2 * _HOUR,
            id="the records alone are of another clock",
        ),
        pytest.param(
            [_RUN, lap(start=2 * _HOUR, elapsed=1200, timer=1200), _declared(2 * _HOUR)],
            _AS_DECLARED,
            2 * _HOUR,
            id="laps agree with the session",
        ),
        pytest.param([_RUN, _declared(_YEARS)], _AT_RECORDS, 0, id="a session of 2062"),
        # a session begins up to an hour after its records, and ten minutes are records enough
        pytest.param(
            [_RUN, _declared(1199 + _HOUR)],
            [(1199 + _HOUR, 2399 + _HOUR, "running")],
            0,
            id="an hour later is of the same clock",
        ),
        pytest.param(
            [records(range(600)), _declared(2 * _HOUR)], _AS_DECLARED, 0, id="few records are stale"
        ),
    ],
)
def test_what_most_of_the_file_agrees_with_stands(
    parts: list[bytes], spans: list[tuple[float, float, str]], first: float
) -> None:
    parsed = parse_fit(plain(*parts))
    assert (_spans(parsed), _first_sample(parsed)) == (spans, first)
    assert _codes(parsed) & {"contradiction", "clock", "outside"}
    assert parsed.complete


def test_no_record_is_moved_to_after_the_receipt() -> None:
    parts = [_RUN, _declared(2 * _HOUR), activity(2 * _HOUR + 1200)]
    parsed = parse_fit(plain(*parts), received_ms=BASE_MS + _HOUR * 1000)
    assert (_spans(parsed), _first_sample(parsed)) == (_AT_RECORDS, 0)


@pytest.mark.parametrize(
    ("noise", "spans"),
    [
        (_declared(_YEARS), [(0, 1200, "running")]),
        (_declared(-_DAY), [(0, 1200, "running")]),
        (_declared(0) + _declared(_YEARS, sport=CYCLING), [(0, 1200, "running")]),
    ],
)
def test_a_session_of_another_time_is_noise_in_a_damaged_file(
    noise: bytes, spans: list[tuple[float, float, str]]
) -> None:
    parsed = parse_fit(_damaged(_RUN, noise), received_ms=BASE_MS + _DAY * 1000)
    assert _spans(parsed) == spans
    assert "noise" in _codes(parsed)
    assert not parsed.complete


def test_sessions_without_records_of_their_own_stay_in_a_complete_file() -> None:
    parsed = parse_fit(plain(_RUN, _declared(0), _declared(5 * _HOUR, sport=CYCLING)))
    assert values_of(of_type(Workout, parsed.facts), "type") == ["running", "cycling"]


_LEGS = [_RUN, _declared(0), records(range(1200, 2400))]


@pytest.mark.parametrize(
    ("body", "spans"),
    [
        pytest.param(
            _damaged(*_LEGS), [(0, 1200, "running"), (1200, 2400, "other")], id="it broke off"
        ),
        pytest.param(
            plain(*_LEGS, session(sport=CYCLING)),
            [(0, 1200, "running"), (1200, 2400, "cycling")],
            id="the second message has no time",
        ),
        pytest.param(plain(*_LEGS), [(0, 1200, "running")], id="nobody said that it was one"),
        pytest.param(
            _damaged(_RUN, _declared(0), records(range(1200, 1260))),
            [(0, 1200, "running")],
            id="59 s",
        ),
        pytest.param(
            _damaged(_RUN, _declared(0), records(range(1200, 1261))),
            [(0, 1200, "running"), (1200, 1261, "other")],
            id="a minute",
        ),
    ],
)
def test_records_behind_the_last_session_are_one_where_its_message_is_missing(
    body: bytes, spans: list[tuple[float, float, str]]
) -> None:
    parsed = parse_fit(body)
    assert _spans(parsed) == spans
    assert parsed.rejects or len(spans) == 1
