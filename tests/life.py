"""What happens to the facts of a patient in life, as hypothesis strategies.

Lives are small, so that facts meet. Everything lies around one or two instants in a time zone: a
midnight of a zone of whole or half hours, or a night on which the clocks change. There are the same
workout by two routes, breaks, pauses, overlaps, equal instants, a record name at two sources,
revisions out of order, growing totals, impossible readings, retractions, data of months ago;
counts of two sources that overlap in part, marks of what was no exercise, versions that
`life_again` makes, and a payload that is received in the middle of what it measures.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from itertools import chain, repeat

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, day_bounds, local_date, midnight
from model.facts import (
    BEGUN_WORKOUTS,
    MARKS,
    AttributedFact,
    DaySummary,
    Deletion,
    DeviceType,
    Fact,
    Head,
    Instrument,
    Joining,
    Method,
    OffsetOrigin,
    Phase,
    Report,
    SampleBlock,
    Source,
    Workout,
)
from model.intensity import HeartProfile
from model.marks import CLINIC_VENDOR, REASONS
from model.prescription import Intensity, Prescription
from model.versions.receipt import as_received, is_later
from tests.storage.life_again import stated_again

_STRAP = Source(vendor="files", device="strap", device_type=DeviceType.STRAP, method=Method.WORKOUT)
LIFE_WATCH = Source(
    vendor="files", device="watch", device_type=DeviceType.WATCH, method=Method.WORKOUT
)
HUB = Source(
    vendor="open_wearables", device="watch", device_type=DeviceType.WATCH, method=Method.WORKOUT
)
BACK = Source(
    vendor="open_wearables", device="watch", device_type=DeviceType.WATCH, method=Method.BACKGROUND
)
_PHONE = Source(
    vendor="open_wearables", app="phone", device_type=DeviceType.PHONE, method=Method.BACKGROUND
)
_CLINICIAN = Source(vendor=CLINIC_VENDOR, device_type=DeviceType.PERSON, method=Method.MANUAL)
LIFE_PERSON = Source(
    vendor="reports", app="app", device_type=DeviceType.PERSON, method=Method.MANUAL
)

PLACES: tuple[tuple[str, date], ...] = (
    ("Europe/Stockholm", date(2026, 9, 22)),  # a Tuesday
    ("Europe/Stockholm", date(2026, 3, 30)),  # a Monday; the day before has 23 hours
    ("Europe/Stockholm", date(2026, 10, 25)),  # a Sunday of 25 hours
    ("Asia/Kolkata", date(2026, 6, 10)),  # midnight is within a UTC hour
    ("Australia/Adelaide", date(2026, 4, 5)),  # so it is here, on a day of 25 hours
)
CENTRES_MS = (
    0,
    0,
    0,
    0,
    24 * HOUR_MS,
    10 * HOUR_MS,
    -90 * DAY_MS,
)  # from the midnight at which the date begins
OFFSETS_MIN = (
    0,
    0,
    0,
    -600,
    -361,
    -130,
    -45,
    -31,
    -30,
    -21,
    -15,
    -6,
    -5,
    -2,
    -1,
    1,
    2,
    4,
    5,
    14,
    20,
    25,
    30,
    61,
    361,
)
OFFSETS_MS = (0, 0, 0, 0, -1, 1, 30_000, 59_999)
# Pauses in minutes from the start: short ones, and just inside and just outside of what ends a
# session. Those behind the end of a workout are left out.
PAUSES_MIN: tuple[tuple[tuple[int, int], ...], ...] = (
    (),
    (),
    (),
    ((5, 7),),
    ((0, 1), (8, 9), (9, 11)),
    ((3, 62),),
    ((3, 63),),
    ((0, 61), (70, 90)),
    ((30, 1_300),),
)
TIMERS_MIN = (None, None, None, 0, 5, 18, 110)
LENGTHS_MIN = (20, 20, 15, 30, 45, 10, 9, 4, 120, 1_500, 4 * 1_440)
EVERY_MS = (60_000, 5_000, 10_000, 10_001, 15_000)
_COUNTS = (25, 12, 4, 1, 60)
_WINDOWS_MIN = (10, 1, 15, 60, 240, 1_440, 1_500)  # that a count may hold for
_AFTER_MIN = (-5, 0, 3, 10, 25)  # of a watch's counts after those of a phone
LEVELS: Mapping[str, tuple[float, ...]] = {
    "heart_rate": (130.0, 150.0, 62.0, 111.0),
    "cadence": (110.0, 40.0),
    "steps": (120.0, 30.0, 400.0),
    "speed": (2.0, 0.1),
    "power": (150.0, 90.0),
}
SHAPES = ("flat", "flat", "rise", "saw", "spike", "bad", "twice")

RECORDS = ("r1", "r2", "r3")
TYPES = ("walking", "walking", "running", "cycling", "unheard of")
PROFILE = HeartProfile(
    valid_from=date(2025, 1, 1), birth_year=1966, hr_rest=60.0, hr_max=190.0, sex="female"
)
SLOWER = HeartProfile(
    valid_from=date(2026, 3, 30), birth_year=1966, hr_rest=55.0, hr_max=150.0, threshold_hr=128.0
)
_FORBIDDEN = HeartProfile(valid_from=date(2026, 6, 10), birth_year=1966, beta_blocker=True)
SHORT = Prescription(
    id="walk",
    version=1,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    sessions_per_week=3,
    minutes_per_session=16,  # half of it is less than ten minutes
    intensity=Intensity(method="bpm", low=110.0, high=130.0),
)
SHORTER = replace(SHORT, version=2, valid_from=date(2026, 6, 10), minutes_per_session=8)
_OTHER = replace(SHORT, id="bike", valid_from=date(2026, 9, 22), minutes_per_session=30)


# A body has one first receipt, which is neither the order of names nor that of digests. All of
# them lie behind everything that is measured.
RECEIVED_MS = {
    "a": 1_800_000_060_000,
    "b": 1_800_000_000_000,
    "c": 1_800_000_120_000,
    "e": 1_800_000_180_000,
}
# A signed message id may date a body before its receipt: this one between `b` and `a`.
_STATED_MS = {"e": 1_800_000_030_000}
# The body `d` is received while the life goes on: minutes from one of its centres.
EARLY = "d"
_EARLY_MIN = (-600, -5, 0, 10, 45, 400)
_BODIES = st.sampled_from("aabbccde")


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A patient: where they live, the facts of their sources, and what the clinician sets.

    `later` are facts that were measured after their receipt; they must change nothing.
    """

    zone: str
    facts: tuple[AttributedFact, ...]
    later: tuple[AttributedFact, ...] = ()
    profiles: tuple[HeartProfile, ...] = ()
    prescriptions: tuple[Prescription, ...] = ()


@st.composite
def lives(draw: st.DrawFn, most: int = 8) -> Life:
    """Return a life of at most `most` happenings, each of up to three facts."""
    zone, day = draw(st.sampled_from(PLACES))
    first = midnight(day, zone)
    centres = [first + draw(st.sampled_from(CENTRES_MS)) for _ in range(draw(st.integers(1, 2)))]
    facts = list(chain.from_iterable(draw(_happenings(centres, most))))
    early_ms = centres[0] + draw(st.sampled_from(_EARLY_MIN)) * MINUTE_MS
    bodies = draw(st.lists(_BODIES, min_size=len(facts), max_size=len(facts)))
    sent = list(zip(facts, bodies, strict=True))
    for version in draw(stated_again(facts)):
        sent += zip(version, repeat(draw(_BODIES)))
    allowed, later = _as_received(sent, early_ms, is_file=draw(st.booleans()))
    assume(allowed)
    return Life(
        zone=zone,
        facts=unambiguous(allowed),
        later=unambiguous(later),
        profiles=draw(
            st.sampled_from([(PROFILE,), (PROFILE,), (PROFILE, SLOWER), (SLOWER, _FORBIDDEN), ()])
        ),
        prescriptions=draw(
            st.sampled_from([(), (SHORT,), (SHORT, SHORTER), (SHORT, SHORTER, _OTHER)])
        ),
    )


def _as_received(
    sent: Iterable[tuple[Fact, str]], early_ms: int, *, is_file: bool
) -> tuple[list[AttributedFact], list[AttributedFact]]:
    """Return what the receipts of bodies allow, and what is later than they are."""
    allowed: list[AttributedFact] = []
    early: list[Fact] = []
    for fact, body in sent:
        if body == EARLY:
            early.append(fact)
        else:
            allowed.append(attributed(fact, body))
    later = [fact for fact in early if is_later(fact, early_ms)]
    kept = as_received(early, early_ms, is_file=is_file).facts
    allowed += _of_early_body(kept, early_ms)
    return allowed, _of_early_body(later, early_ms)


def _of_early_body(facts: Iterable[Fact], early_ms: int) -> list[AttributedFact]:
    return [attributed(fact, EARLY, received_ms=early_ms) for fact in facts]


def attributed(
    fact: Fact, body: str = "a", patient: str = "p1", *, received_ms: int | None = None
) -> AttributedFact:
    """Return a fact on its way; `b` is stated first, then `e`, `a` and `c`.

    `received_ms` is the receipt of a body that is not one of these.
    """
    return AttributedFact(
        patient=patient,
        connector=fact.head.source.vendor,
        received_ms=RECEIVED_MS[body] if received_ms is None else received_ms,
        body=sha256(body.encode()).hexdigest(),
        fact=fact,
        stated_ms=_STATED_MS.get(body, 0),
    )


def unambiguous(facts: Sequence[AttributedFact]) -> tuple[AttributedFact, ...]:
    """Keep the contract of parsers: a payload has each part of a record once."""
    seen: dict[object, AttributedFact] = {}
    for fact in facts:
        head = fact.fact.head
        metric, part = (
            (fact.fact.metric, fact.fact.part) if isinstance(fact.fact, SampleBlock) else ("", 0)
        )
        seen.setdefault(
            (head.source, head.record, head.revision, fact.body, type(fact.fact), metric, part),
            fact,
        )
    return tuple(seen.values())


def split(life: Life) -> Life:
    """Return the same life with every block split into two halves.

    The derived rows must be the same.
    """
    return replace(life, facts=tuple(chain.from_iterable(map(_halves, life.facts))))


def _halves(attributed_fact: AttributedFact) -> list[AttributedFact]:
    fact = attributed_fact.fact
    if not isinstance(fact, SampleBlock):
        return [attributed_fact]
    middle = int(
        np.searchsorted(fact.t, fact.t[len(fact.t) // 2])
    )  # never between two samples of one instant
    return [
        replace(attributed_fact, fact=_half(fact, slice(None, middle), 0)),
        replace(attributed_fact, fact=_half(fact, slice(middle, None), 1)),
    ]


def _half(block: SampleBlock, some: slice, n: int) -> SampleBlock:
    """Return a part of a block: for a record another part, for a stream another block."""
    until = None if block.until is None else block.until[some]
    cut = replace(block, t=block.t[some], v=block.v[some], until=until)
    if block.joining is Joining.RECORD:
        return replace(cut, part=2 * block.part + n)
    return replace(cut, head=replace(block.head, record=f"{block.head.record}/{n}"))


def _happenings(centres: Sequence[int], most: int) -> st.SearchStrategy[list[list[Fact]]]:
    at = st.builds(
        lambda centre, minutes, ms: centre + minutes * MINUTE_MS + ms,
        st.sampled_from(centres),
        st.sampled_from(OFFSETS_MIN),
        st.sampled_from(OFFSETS_MS),
    )
    return st.lists(
        st.one_of(
            _outings(at),
            _rated(at),
            _alone(_workouts(at)),
            _alone(_records(at)),
            _alone(_streams(at)),
            _counts(at),
            _windows(at),
            _alone(_wears(at)),
            _alone(_reports(at)),
            _alone(_manual_sessions(at)),
            _judged(at),
            _alone(_marks(at)),
            _alone(_days(at)),
            _alone(_days(at)),
            _alone(_deleted_records(at)),
            _alone(_deleted_intervals(at)),
        ),
        min_size=2,
        max_size=most,
    )


def _alone(facts: st.SearchStrategy[Fact]) -> st.SearchStrategy[list[Fact]]:
    return facts.map(lambda fact: [fact])


_REVISIONS = st.sampled_from([0, 0, 1, 2])
_RECORDERS = st.sampled_from([LIFE_WATCH, LIFE_WATCH, HUB, _STRAP])


def _head(source: Source, record: str, start: int, end: int, revision: int = 0) -> Head:
    return Head(
        source=source,
        record=record,
        revision=revision,
        start_ms=start,
        end_ms=end,
        offset_min=120,
        offset_origin=OffsetOrigin.SOURCE,
    )


@st.composite
def _outings(draw: st.DrawFn, at: st.SearchStrategy[int]) -> list[Fact]:
    """Return a workout with heart rate, and perhaps speed or cadence, as a file has them."""
    start, minutes = draw(at), draw(st.sampled_from([10, 20, 30]))
    source, record, revision = draw(_RECORDERS), draw(st.sampled_from(RECORDS)), draw(_REVISIONS)
    head = _head(source, record, start, start + minutes * MINUTE_MS, revision)
    metrics = [
        "heart_rate",
        *draw(st.sampled_from([(), (), ("speed",), ("cadence",), ("power", "speed")])),
    ]
    blocks = [
        _block(head, metric, start, 30_000, 2 * minutes + 3, draw(_shape(metric)))
        for metric in metrics
    ]
    return [draw(_with_pauses(_workout(head, draw(st.sampled_from(TYPES))))), *blocks]


@st.composite
def _rated(draw: st.DrawFn, at: st.SearchStrategy[int]) -> list[Fact]:
    """Return a declared or a patient's own session, and an answer minutes or hours after it."""
    session = draw(st.one_of(_workouts(at), _manual_sessions(at)))
    after = draw(st.sampled_from([0, 1, 30, 200, 359, 360, 361, 840])) * MINUTE_MS
    answer = draw(_reports(st.just(session.head.end_ms + after)))
    names = ["", "", session.head.record]
    return [session, replace(answer, session=draw(st.sampled_from(names)))]


@st.composite
def _judged(draw: st.DrawFn, at: st.SearchStrategy[int]) -> list[Fact]:
    """Return a workout, a patient's own session or a walk, and one or two marks about it."""
    session = draw(st.one_of(_workouts(at), _manual_sessions(at), _streams(at)))
    head = session.head
    marks = [draw(_marks(st.just(head.start_ms))) for _ in range(draw(st.integers(1, 2)))]
    spans = [(head.start_ms, head.end_ms), (head.start_ms, head.start_ms)]
    facts: list[Fact] = [session]
    for mark in marks:
        start, end = draw(st.sampled_from(spans))
        named = draw(st.sampled_from([head.record, mark.session]))
        meant = replace(mark.head, start_ms=start, end_ms=end)
        facts.append(replace(mark, head=meant, session=named))
    return facts


@st.composite
def _marks(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Report:
    """Return what the clinician or the patient says of whether some session was exercise."""
    start, minutes = draw(at), draw(st.sampled_from([0, 10, 20, 30, 45, 1_500]))
    source = draw(st.sampled_from([_CLINICIAN, LIFE_PERSON]))
    record = draw(st.sampled_from(["k1", "k2", "r1"]))
    statement = draw(st.sampled_from([*MARKS, MARKS[0]]))
    head = _head(source, record, start, start + minutes * MINUTE_MS, draw(_REVISIONS))
    return Report(
        head=head,
        instrument=statement,
        session=draw(st.sampled_from(["", *RECORDS, "m1"])),
        reason=draw(st.sampled_from(["", *REASONS[statement]])),
    )


@st.composite
def _workouts(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Workout:
    start, minutes = draw(at), draw(st.sampled_from(LENGTHS_MIN))
    source, record = draw(_RECORDERS), draw(st.sampled_from(RECORDS))
    head = _head(source, record, start, start + minutes * MINUTE_MS, draw(_REVISIONS))
    exertion = draw(st.sampled_from([None, None, 3.0]))
    workout = draw(_with_pauses(_workout(head, draw(st.sampled_from(TYPES)))))
    return replace(workout, exertion_cr10=exertion)


def _workout(head: Head, kind: str) -> Workout:
    return Workout(head=head, type=kind, vendor_type=kind)


@st.composite
def _with_pauses(draw: st.DrawFn, workout: Workout) -> Workout:
    """Return a workout with pauses, as intervals and as a total, either of which may be absent."""
    start, end = workout.head.start_ms, workout.head.end_ms
    pauses: list[tuple[int, int]] = []
    for first, last in draw(st.sampled_from(PAUSES_MIN)):
        if start + first * MINUTE_MS < end:
            pauses.append((start + first * MINUTE_MS, min(end, start + last * MINUTE_MS)))
    timer_min = draw(st.sampled_from(TIMERS_MIN))
    moving_ms = None if timer_min is None else timer_min * MINUTE_MS
    return replace(workout, pauses=tuple(pauses), moving_ms=moving_ms)


@st.composite
def _records(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Fact:
    """Return samples of a record: a late part of a workout, or a record of their own."""
    start, source = draw(at), draw(st.sampled_from([LIFE_WATCH, _STRAP, HUB, BACK]))
    metric = draw(st.sampled_from(["heart_rate", "heart_rate", "speed", "cadence", "power"]))
    every, n = draw(st.sampled_from(EVERY_MS)), draw(st.sampled_from(_COUNTS))
    head = _head(source, draw(st.sampled_from(RECORDS)), start, start + every * n, draw(_REVISIONS))
    return _block(
        head, metric, start, every, n, draw(_shape(metric)), part=draw(st.sampled_from([0, 0, 1]))
    )


@st.composite
def _streams(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Fact:
    """Return samples that name no record: background heart rate, and epochs of steps that grow."""
    start, source = draw(at), draw(st.sampled_from([BACK, _PHONE, _PHONE]))
    metric = draw(st.sampled_from(["heart_rate", "heart_rate", "steps", "cadence"]))
    every, n = draw(st.sampled_from(EVERY_MS)), draw(st.sampled_from(_COUNTS))
    head = _head(
        source,
        draw(st.sampled_from(["s1", "s2", "s3"])),
        start,
        start + every * n,
        draw(_REVISIONS),
    )
    return replace(
        _block(head, metric, start, every, n, draw(_shape(metric))), joining=Joining.STREAM
    )


@st.composite
def _counts(draw: st.DrawFn, at: st.SearchStrategy[int]) -> list[Fact]:
    """Return steps of a phone over ten minutes each, and of a watch over some of these minutes."""
    start, after = draw(at), draw(st.sampled_from(_AFTER_MIN)) * MINUTE_MS
    facts: list[Fact] = []
    for source, begins, every in ((_PHONE, start, 10), (BACK, start + after, 1)):
        n = draw(st.sampled_from([2, 24, 60])) // every + 1
        head = _head(source, draw(st.sampled_from(["s1", "c1"])), begins, begins, draw(_REVISIONS))
        level = draw(st.sampled_from([110.0, 37.0])) * every
        block = _block(head, "steps", begins, every * MINUTE_MS, n, (level, "flat"))
        facts.append(replace(block, joining=Joining.STREAM))
    return facts


@st.composite
def _windows(draw: st.DrawFn, at: st.SearchStrategy[int]) -> list[Fact]:
    """Return counts of intervals that a phone states, and those of the same time once more.

    The second time they have other edges, or belong to a record of their own.
    """
    start, length = draw(at), draw(st.sampled_from(_WINDOWS_MIN)) * MINUTE_MS
    joining = draw(st.sampled_from([Joining.STREAM, Joining.STREAM, Joining.RECORD]))
    # No source has a record whose blocks join in both ways.
    names = ["e1", "e2"] if joining is Joining.RECORD else ["s1", "s2"]
    facts: list[Fact] = []
    for after in draw(st.sampled_from([(0,), (0, 0), (0, 5), (0, 1), (0, -31)])):
        head = _head(_PHONE, draw(st.sampled_from(names)), start, start)
        block = _block(
            replace(head, revision=draw(_REVISIONS)),
            "steps",
            start + after * MINUTE_MS,
            draw(st.sampled_from([length, length, length // 2, 2 * length])),
            draw(st.sampled_from([1, 2, 7])),
            (draw(st.sampled_from([700.0, 9_000.0])), "rise"),
        )
        held = draw(st.sampled_from([length, length, length + 30_000]))
        facts.append(replace(block, joining=joining, until=block.t + min(held, 25 * HOUR_MS)))
    return facts


@st.composite
def _wears(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Fact:
    """Return an interval in which a source says that it was worn, or that it was not."""
    start, minutes = draw(at), draw(st.sampled_from([0, 1, 60, 480, 1_500]))
    source = draw(st.sampled_from([BACK, BACK, _PHONE]))
    head = _head(source, draw(st.sampled_from(["w1", "w2"])), start, start, draw(_REVISIONS))
    level = draw(st.sampled_from([1.0, 1.0, 0.0]))
    block = _block(head, "wear", start, MINUTE_MS, 1, (level, "flat"))
    return replace(block, joining=Joining.STREAM, until=block.t + minutes * MINUTE_MS)


def _shape(metric: str) -> st.SearchStrategy[tuple[float, str]]:
    return st.tuples(st.sampled_from(LEVELS[metric]), st.sampled_from(SHAPES))


def _block(
    head: Head, metric: str, start: int, every: int, n: int, shape: tuple[float, str], part: int = 0
) -> SampleBlock:
    """Return `n` samples from an instant on, of a level and shape."""
    level, kind = shape
    t = start + every * np.arange(n, dtype=np.int64)
    v = np.full(n, level)
    if kind == "rise":
        v += np.arange(n) % 40
    if kind == "saw":
        v[::2] *= 0.75
    if kind == "spike":
        v[n // 2 : n // 2 + 2] *= 1.4
    if kind == "bad":
        v[n // 2], v[-1] = 0.0, 999.0
    if kind == "twice":  # every instant comes twice
        t, v = np.repeat(t, 2), np.repeat(v, 2)
        v[1::2] *= 0.9
    return SampleBlock(head=head, metric=metric, t=t, v=np.round(v, 1), part=part)


@st.composite
def _reports(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Report:
    start, record = draw(at), draw(st.sampled_from(["q1", "q2", "r1"]))
    instrument = draw(
        st.sampled_from(
            [
                *(Instrument.EXERTION, Instrument.EXERTION, Instrument.PAIN),
                *(Instrument.DAY_FORM, Instrument.WEEK),
            ]
        )
    )
    named = draw(st.sampled_from(["", "", *RECORDS, "m1"]))
    scales = {
        Instrument.PAIN: "nrs-0-10",
        Instrument.DAY_FORM: "form-1-5",
        Instrument.WEEK: "sessions-this-week",
    }
    scale = scales.get(instrument, "borg-cr10")
    value = draw(st.sampled_from([2.0, 5.0]))
    head = _head(LIFE_PERSON, record, start, start, draw(_REVISIONS))
    return Report(
        head=head, instrument=instrument, phase=Phase.AFTER, value=value, scale=scale, session=named
    )


@st.composite
def _manual_sessions(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Report:
    start, minutes = draw(at), draw(st.sampled_from([20, 30, 6]))
    head = _head(
        LIFE_PERSON,
        draw(st.sampled_from(["m1", "m2", "r1"])),
        start,
        start + minutes * MINUTE_MS,
        draw(_REVISIONS),
    )
    value = draw(st.sampled_from([None, 4.0]))
    return Report(
        head=head,
        instrument=Instrument.SESSION,
        value=value,
        scale="" if value is None else "borg-cr10",
        session=draw(st.sampled_from(["", "", "r1", "app 1"])),
        type=draw(st.sampled_from(["walking", "cycling", ""])),
    )


@st.composite
def _days(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Fact:
    """Return a day's totals, which grow by revisions; a source's day need not be the patient's."""
    zone, revision = (
        draw(st.sampled_from(["Europe/Stockholm", "Pacific/Auckland", "America/New_York"])),
        draw(_REVISIONS),
    )
    day = local_date(draw(at), zone)
    start, end = day_bounds(day, zone)
    head = _head(
        draw(st.sampled_from([_PHONE, BACK])),
        draw(st.sampled_from(["d1", "d2"])),
        start,
        end,
        revision,
    )
    values = {"steps": 1_000.0 * (revision + 1), "active_energy": 100.0}
    return DaySummary(
        head=head,
        local_date=day,
        values=draw(st.sampled_from([values, values, {"active_energy": 90.0}])),
    )


@st.composite
def _deleted_records(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Fact:
    start, source = draw(at), draw(st.sampled_from([LIFE_WATCH, LIFE_WATCH, HUB, LIFE_PERSON]))
    target = draw(st.sampled_from([*RECORDS, "q1", "m1", "d1", "k1"]))
    record = draw(
        st.sampled_from(["x1", "x2", target])
    )  # a report is taken back under its own name
    return Deletion(head=_head(source, record, start, start, draw(_REVISIONS)), target=target)


@st.composite
def _deleted_intervals(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Fact:
    start, minutes = draw(at), draw(st.sampled_from([5, 20, 30, 600]))
    source = draw(st.sampled_from([LIFE_WATCH, _PHONE]))
    head = _head(
        source,
        draw(st.sampled_from(["x1", "x2"])),
        start,
        start + minutes * MINUTE_MS,
        draw(_REVISIONS),
    )
    return Deletion(
        head=head,
        metric=draw(st.sampled_from(["heart_rate", "heart_rate", "steps", "", BEGUN_WORKOUTS])),
    )
