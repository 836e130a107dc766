"""Random patients up to the present: days, prescriptions, consents and what sources delivered.

They are written as rows, without facts and samples behind them: what reads derived rows does not
need those.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from model.calendar import DAY_MS, MINUTE_MS, local_date, monday, utc
from model.derived.days import Day, TypeTotal
from model.facts import DeviceType, Method
from model.intensity import ZONES, ZoneTimes
from model.keyring import KeyRing
from model.notes.annotation import Annotation, AnnotationKind
from model.prescription import WEEKDAYS, Intensity, Pause, Prescription, ProgressionStep
from model.words.activities import TYPES
from storage.derived.derived_tables import DAY_TABLE, WEEK_TABLE, write_derived
from storage.derived.row_conversion import day_row, week_row
from storage.notes import annotations
from storage.people import consents, patients
from storage.pg.pool import Connection
from storage.prescribing.versions import put_prescription
from storage.rights import restrictions
from stream.compute.intensity.dose import dose_minutes
from stream.compute.weeks import week_of_days

# Havana has midnight twice in autumn; the others lie on both sides of UTC.
_PLACES = (
    "Europe/Stockholm",
    "America/Havana",
    "Asia/Tokyo",
    "America/New_York",
    "Pacific/Auckland",
)
SPAN_DAYS = 45
_RULES: tuple[dict[str, dict[str, float]] | None, ...] = (
    None,
    {},
    {"A1": {"ratio": 0.5}},
    {"A1": {"known_days": 6}},
)
_LENGTHS = (0, 0, 7 * MINUTE_MS, 20 * MINUTE_MS)
_TYPES = (*TYPES, "walking", "strength", "strength", "other")
_DELIVERED = """
with s as (
  insert into source (vendor, app, device, device_type, method) values ('files', '', %s, %s, %s)
  returning id),
r as (
  insert into record (patient, source, record, revision, stated_ms, body)
  select %s, id, 'r', 0, 0, '' from s returning id, source, patient),
f as (
  insert into fact select id, 'workout', 0, 0, patient, source, %s, %s, 0, 'source', '2026-01-01',
    now(), 'files', '', '{}', '' from r)
insert into watermark select patient, source, %s from r"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLife:
    """A patient: rows of days by date, versions of prescriptions, and when what was delivered.

    `consents` are [given, withdrawn) in epoch ms. `delivered` has for each source its type, its
    method, and its first and last measured instant in epoch ms. `notes` are annotations. `unused`
    has for each restriction its source ("": all), its first and its last instant in epoch ms;
    without a last instant it is an objection.
    """

    pseudonym: str
    zone: str
    days: tuple[Day, ...]
    prescriptions: tuple[Prescription, ...] = ()
    consents: tuple[tuple[int, int | None], ...] = ()
    delivered: tuple[tuple[DeviceType, Method, int, int], ...] = ()
    notes: tuple[Annotation, ...] = ()
    unused: tuple[tuple[str, int, int | None], ...] = ()


def random_life(number: int, now_ms: int) -> WrittenLife:
    """Return the life of a number; the same number and time give the same life."""
    rng = Random(number)  # noqa: S311 - a test, not a secret
    zone = rng.choice(_PLACES)
    today = local_date(now_ms, zone)
    back = [days for days in range(SPAN_DAYS, -1, -1) if rng.random() < 0.8]
    days = [_day(rng, today - timedelta(days=number)) for number in back]
    return WrittenLife(
        pseudonym=f"life-{number}",
        zone=zone,
        days=tuple(days) if rng.random() < 0.95 else (),
        prescriptions=tuple(_prescriptions(rng, today)),
        consents=tuple(_consents(rng, now_ms)),
        delivered=tuple(_delivered(rng, now_ms)),
        notes=tuple(_notes(rng, today)),
        unused=tuple(_unused(rng, now_ms)),
    )


def day_of_types(
    at: date, types: Iterable[TypeTotal] = (), *, wear_min: int = 0, answered: bool = False
) -> Day:
    """Return a day whose sums are those of its types."""
    by_type = tuple(sorted(types, key=lambda item: item.type))
    zones = sum((item.zones for item in by_type), ZoneTimes())
    return Day(
        local_date=at,
        sessions=sum(item.sessions for item in by_type),
        session_ms=zones.total,
        elapsed_ms=zones.total,
        zones=zones,
        wear_min=wear_min,
        answered=answered,
        exertion_ms=sum(item.exertion_ms for item in by_type),
        in_range_ms=sum(item.in_range_ms for item in by_type),
        range_known_ms=sum(item.range_known_ms for item in by_type),
        by_type=by_type,
    )


def total_of_type(kind: str, sessions: int, zones: ZoneTimes, exertion_ms: int = 0) -> TypeTotal:
    """Return what the sessions of a type add up to; half of their known time is in range."""
    known = zones.total - zones.unknown
    return TypeTotal(
        type=kind,
        sessions=sessions,
        zones=zones,
        dose_min=dose_minutes(zones),
        exertion_ms=exertion_ms,
        in_range_ms=known // 2,
        range_known_ms=known,
    )


async def write_life(conn: Connection, life: WrittenLife, now_ms: int) -> None:
    """Write a patient with everything that a life holds."""
    await patients.add_patient(
        conn,
        wrapping_key=KeyRing.single(bytes(32)),
        unit="unit",
        zone=life.zone,
        now_ms=now_ms,
        pseudonym=life.pseudonym,
    )
    number = await patients.patient_id(conn, life.pseudonym)
    await _write_days(conn, number, life.days)
    for row in life.prescriptions:
        await put_prescription(conn, life.pseudonym, row, now_ms)
    for given_ms, until_ms in life.consents:
        await consents.give_consent(
            conn, life.pseudonym, "files", from_ms=given_ms, now_ms=max(now_ms, given_ms)
        )
        if until_ms is not None:
            await consents.withdraw_consent(conn, life.pseudonym, "files", from_ms=until_ms)
    for note in life.notes:
        await annotations.add_annotation(conn, "unit", life.pseudonym, note)
    for source, from_ms, last_ms in life.unused:
        await _restrict(conn, life.pseudonym, source, from_ms, last_ms)
    for kind, method, first_ms, last_ms in life.delivered:
        device = f"{life.pseudonym} {kind} {method}"
        instants = (utc(first_ms), utc(first_ms), utc(last_ms))
        await conn.execute(_DELIVERED, [device, kind.value, method.value, number, *instants])


async def _restrict(
    conn: Connection, pseudonym: str, source: str, from_ms: int, last_ms: int | None
) -> None:
    if last_ms is None:
        await restrictions.record_objection(
            conn, pseudonym, by="dr", why="random", now_ms=from_ms, from_ms=from_ms
        )
        return
    await restrictions.add_restriction(
        conn,
        pseudonym,
        interval=(from_ms, last_ms + 1),
        source=source,
        by="dr",
        why="random",
        now_ms=0,
    )


async def _write_days(conn: Connection, number: int, days: Sequence[Day]) -> None:
    mondays = sorted({monday(row.local_date) for row in days})
    weeks = [week_row(number, week_of_days(first, days)) for first in mondays]
    await write_derived(conn, DAY_TABLE, (), [day_row(number, row) for row in days])
    await write_derived(conn, WEEK_TABLE, (), weeks)


def _day(rng: Random, at: date) -> Day:
    kinds = sorted(set(rng.choices(_TYPES, k=rng.choice((0, 0, 1, 1, 2)))))
    types: list[TypeTotal] = []
    for kind in kinds:
        zones = ZoneTimes(**{zone.value: rng.choice(_LENGTHS) for zone in ZONES})
        exertion_ms = rng.choice((0, zones.unknown))
        types.append(total_of_type(kind, rng.choice((0, 1, 1, 2)), zones, exertion_ms))
    wear_min = rng.choice((0, 599, 600, 900))
    day = day_of_types(at, types, wear_min=wear_min, answered=rng.random() < 0.2)
    recalled = rng.choice((None, None, None, None, None, None, 0, 2, 5))
    return replace(day, recalled_sessions=recalled, phone_min=rng.choice((0, 599, 600)))


def _steps(rng: Random, weekdays: tuple[str, ...]) -> Iterable[ProgressionStep]:
    for from_week in rng.choice(((), (), (2,), (2, 3, 5))):
        more = rng.choice((None, (), ("mon", "tue", "wed", "sun"))) if weekdays else None
        yield ProgressionStep(
            from_week=from_week,
            weekdays=more,
            sessions_per_week=len(more) if more else None if weekdays else rng.randrange(8),
            minutes_per_session=rng.choice((None, 30, 50)),
            dose_min_per_week=rng.choice((None, 100.0)),
        )


def _prescriptions(rng: Random, today: date) -> Iterable[Prescription]:
    for key in rng.choice(((), ("a",), ("a",), ("a", "b"))):
        for version in range(1, rng.choice((2, 2, 3, 4))):
            first = today + timedelta(days=rng.randrange(-SPAN_DAYS - 10, 10))
            most = rng.choice((1, 1, 2))
            weekdays = rng.choice(((), (), ("mon", "wed", "sat"), ("tue",), WEEKDAYS))
            yield Prescription(
                id=key,
                version=version,
                valid_from=first,
                valid_to=first + timedelta(days=rng.randrange(0, 90)),
                # each of the weekdays has whole sessions
                sessions_per_week=len(weekdays) * rng.randrange(1, most + 1)
                or rng.randrange(7 * most + 1),
                weekdays=weekdays,
                progression=tuple(_steps(rng, weekdays)),
                progression_from=rng.choice((None, first - timedelta(days=9))),
                minutes_per_session=rng.choice((0, 20, 45)),
                intensity=Intensity(method="hrr", low=0.4, high=0.6),
                types=rng.choice(
                    ((), (), ("walking",), ("walking", "running"), ("strength", "cycling"))
                ),
                dose_min_per_week=rng.choice((None, 0, 150)),
                strength_days=rng.randrange(4),
                max_per_day=most,
                pauses=tuple(_pauses(rng, first)),
                rules=rng.choice(_RULES),
            )


def _pauses(rng: Random, first: date) -> Iterable[Pause]:
    for _ in range(rng.choice((0, 0, 1, 2))):
        begin = first + timedelta(days=rng.randrange(40))
        yield Pause(first=begin, last=begin + timedelta(days=rng.randrange(9)), why="holiday")


def _notes(rng: Random, today: date) -> Iterable[Annotation]:
    for _ in range(rng.choice((0, 0, 1, 2))):
        first = today - timedelta(days=rng.randrange(SPAN_DAYS))
        yield Annotation(
            kind=rng.choice(list(AnnotationKind)),
            first=first,
            last=first + timedelta(days=rng.randrange(9)),
            text="",
            pauses=rng.random() < 0.6,
            author="dr",
            written_ms=0,
        )


def _consents(rng: Random, now_ms: int) -> Iterable[tuple[int, int | None]]:
    given_ms = now_ms - rng.randrange(20, 60) * DAY_MS
    for _ in range(rng.randrange(3)):
        until_ms = given_ms + rng.randrange(1, 30 * DAY_MS)
        yield given_ms, rng.choice((None, until_ms))
        given_ms = until_ms + rng.randrange(1, 9 * DAY_MS)


def _delivered(rng: Random, now_ms: int) -> Iterable[tuple[DeviceType, Method, int, int]]:
    kinds = (
        (DeviceType.WATCH, Method.BACKGROUND),
        (DeviceType.PERSON, Method.WORKOUT),
        (DeviceType.WATCH, Method.MANUAL),
    )
    for kind, method in rng.sample(kinds, rng.randrange(len(kinds) + 1)):
        first_ms = now_ms - rng.randrange(1, 50 * DAY_MS)
        yield kind, method, first_ms, rng.randrange(first_ms, now_ms + 1)


def _unused(rng: Random, now_ms: int) -> Iterable[tuple[str, int, int | None]]:
    from_ms = now_ms - rng.randrange(30, 50) * DAY_MS
    for source in rng.choice(((), (), ("",), ("files", "", ""))):
        # some begin or end at a midnight of a zone
        last_ms = from_ms + rng.choice((0, 3 * DAY_MS - 1, rng.randrange(9 * DAY_MS)))
        yield source, from_ms, last_ms
        from_ms = last_ms + 1 + rng.randrange(9 * DAY_MS)
    if rng.random() < 0.1:
        yield "", now_ms - rng.randrange(20 * DAY_MS), None
