"""What the tests of the clinician door share: invented patients, and a served door.

The patients are stored the way the worker stores. Sessions, days and weeks come from the real
writer and the real derivation. Alerts are in the database as the judge would leave them. The clock
does not move from NOW unless a test moves it.
"""

import asyncio
import atexit
import hashlib
import math
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product
from typing import Any

import httpx2
import numpy as np
import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from alerts.registry import RULE
from clinic.app import create_app
from clinic.config import ClinicConfig
from kadens.embedded.postgres import Postgres
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, epoch_ms
from model.facts import (
    AttributedFact,
    DeviceType,
    Fact,
    Head,
    Instrument,
    Method,
    OffsetOrigin,
    Phase,
    Report,
    SampleBlock,
    Source,
    Workout,
)
from model.intensity import HeartProfile
from model.keyring import KeyRing
from model.prescription import Intensity, Pause, Prescription
from storage.facts.writer import write_facts
from storage.people import care_team, patients
from storage.pg.migrate import migrate
from storage.pg.pool import Connection, open_pool
from stream.compute.derive import derive
from stream.deriving import patient_inputs
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.databases.reuse import TEMPLATE, create
from tests.serving import served
from tests.until import until
from web.server import Serving
from web.sign_in.identity import Identity, demo_identity

CLINIC_NOW = epoch_ms(datetime(2026, 11, 23, 12, 40, tzinfo=UTC))  # a Monday, 13:40 in Stockholm
MONDAY = date(2026, 11, 23)
CLINIC_ZONE = "Europe/Stockholm"
UNIT = "Physiotherapy North"
OTHER_UNIT = "Physiotherapy South"
CLINIC_KEY = bytes(32)  # that of `tests.patient.link_world`, which serves the same patients
_WATCH = Source(
    vendor="files", device="Invented watch 3", device_type=DeviceType.WATCH, method=Method.WORKOUT
)
_PERSON = Source(
    vendor="reports", app="invented app", device_type=DeviceType.PERSON, method=Method.MANUAL
)
CLINICIAN = Identity(subject="c-lind", name="Karin Lind", care_unit=UNIT)
COLLEAGUE = Identity(subject="c-berg", name="Bo Berg", care_unit=UNIT)

NAMES = {
    "p-pain": "Astrid Exempel",
    "p-low": "Bertil Påhitt",
    "p-silent": "Cecilia Fantasi",
    "p-good": "Dag Uppdiktad",
    "p-fine": "Elsa Låtsas",
    "p-new": "Folke Nyss",
    "p-snooze": "Greta Vila",
    "p-pause": "Harald Paus",
    "p-mild": "Ingrid Lindrig",
    "p-south": "Johan Annanstans",
}
ALERTS = {
    name: str(uuid.uuid5(uuid.NAMESPACE_OID, name))
    for name in ("pain", "low", "snooze", "mild", "old", "south")
}


def monday(weeks_ago: int) -> date:
    return MONDAY - timedelta(weeks=weeks_ago)


def at(day: date, hour: int, minute: int = 0) -> int:
    """Return epoch ms of a winter hour in Stockholm."""
    return epoch_ms(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)) - HOUR_MS


def _session(
    patient: str, day: date, minutes: int, *, top: float = 132, gap: tuple[int, int] | None = None
) -> list[Fact]:
    """Return a workout with a heart rate each 5 s that rises, sways and settles.

    The minutes of `gap` have no samples.
    """
    start = at(day, 17, 12)
    head = Head(
        source=_WATCH,
        record=f"fit:{patient}:{day.isoformat()}",
        revision=4_096,
        start_ms=start,
        end_ms=start + minutes * MINUTE_MS,
        offset_min=60,
        offset_origin=OffsetOrigin.SOURCE,
    )
    t = np.arange(0, minutes * MINUTE_MS, 5_000, dtype=np.int64)
    if gap:
        t = t[(t < gap[0] * MINUTE_MS) | (t >= gap[1] * MINUTE_MS)]
    x = t / (minutes * MINUTE_MS)
    shape = np.minimum(1, x * 6) * np.minimum(1, (1 - x) * 9)
    v = np.round(72 + (top - 72) * shape + 7 * np.sin(t / 47_000) + 3 * np.sin(t / 9_100))
    workout = Workout(head=head, type="walking", vendor_type="Nordic walk")
    return [
        workout,
        SampleBlock(head=head, metric="heart_rate", t=t + start, v=v.astype(np.float64)),
    ]


def _report(patient: str, at_ms: int, instrument: Instrument, **more: object) -> Report:
    head = Head(
        source=_PERSON, record=f"{instrument.value}:{patient}:{at_ms}", start_ms=at_ms, end_ms=at_ms
    )
    return Report(head=head, instrument=instrument, **more)  # type: ignore[arg-type]  # by name


def _pain(patient: str, at_ms: int, value: float, phase: Phase, workout: str = "") -> Report:
    result = {
        "phase": phase,
        "value": value,
        "scale": "nrs-0-10",
        "session": workout,
        "site": "right knee",
    }
    return _report(patient, at_ms, Instrument.PAIN, **result)


def _answers(patient: str, first: date, days: int) -> list[Fact]:
    """Return an answer to the daily form for each day, so that the days are known."""
    each = (at(first + timedelta(days=n), 20) for n in range(days))
    return [
        _report(patient, ms, Instrument.DAY_FORM, value=4, scale="form-1-5")
        for ms in each
        if ms < CLINIC_NOW
    ]


def worn(patient: str) -> SampleBlock:
    """Return a heart rate of a watch that records all day, six days ago."""
    start = at(MONDAY - timedelta(days=7), 20)
    source = replace(_WATCH, method=Method.BACKGROUND)
    head = Head(source=source, record=f"hr:{patient}", start_ms=start, end_ms=start + 1)
    return SampleBlock(head=head, metric="heart_rate", t=np.array([start]), v=np.array([66.0]))


def weeks(
    patient: str, first_ago: int, last_ago: int, weekdays: Sequence[int], minutes: int = 40
) -> list[Fact]:
    clinic_facts: list[Fact] = []
    all_days = product(range(first_ago, last_ago - 1, -1), weekdays)
    for n, (ago, weekday) in enumerate(all_days):
        day = monday(ago) + timedelta(days=weekday)
        clinic_facts += _session(patient, day, minutes, top=124 + 9 * math.sin(n))
    return clinic_facts


def painful() -> list[Fact]:
    """Return ten weeks of three walks with answers, and a pain 8 after yesterday's walk."""
    clinic_facts = [*weeks("p-pain", 10, 2, (0, 2, 4)), *_answers("p-pain", monday(10), 71)]
    for ago in range(10, 0, -1):
        for n, day in enumerate(monday(ago) + timedelta(days=w) for w in (0, 2, 4)):
            worst = 2 + (ago * 3 + n * 2) % 4
            clinic_facts.append(_pain("p-pain", at(day, 18), worst, Phase.DURING))
            clinic_facts.append(
                _pain(
                    "p-pain", at(day + timedelta(days=1), 7), max(worst - 2, 0), Phase.NEXT_MORNING
                )
            )
    clinic_facts += [
        *_session("p-pain", monday(1), 40),
        *_session("p-pain", monday(1) + timedelta(days=2), 35, gap=(20, 34)),
    ]
    last = MONDAY - timedelta(days=1)
    clinic_facts += _session("p-pain", last, 42, top=141, gap=(17, 22))
    record = f"fit:p-pain:{last.isoformat()}"
    clinic_facts.append(
        _report(
            "p-pain", at(last, 18), Instrument.EXERTION, value=5, scale="borg-cr10", session=record
        )
    )
    clinic_facts.append(_pain("p-pain", at(last, 18, 2), 8, Phase.AFTER, record))
    return clinic_facts


def clinic_facts() -> dict[str, list[Fact]]:
    """Return the facts of each patient."""
    manual = _report("p-fine", at(monday(1), 18), Instrument.SESSION, type="cycling")
    return {
        "p-pain": painful(),
        "p-low": [
            *weeks("p-low", 9, 3, (1, 3, 5)),
            *weeks("p-low", 2, 2, (1,), 20),
            *_answers("p-low", monday(9), 64),
        ],
        "p-silent": [
            *weeks("p-silent", 8, 2, (0, 2, 5)),
            *_answers("p-silent", monday(8), 50),
            worn("p-silent"),
        ],
        "p-good": [*weeks("p-good", 8, 1, (0, 2, 4)), *_answers("p-good", monday(8), 57)],
        "p-fine": [
            *weeks("p-fine", 6, 1, (1, 3, 6), 45),
            *_answers("p-fine", monday(6), 43),
            manual,
        ],
        "p-snooze": [*weeks("p-snooze", 6, 3, (1, 4)), *_answers("p-snooze", monday(6), 43)],
        "p-pause": [*weeks("p-pause", 9, 4, (0, 2, 4)), *_answers("p-pause", monday(9), 36)],
        "p-mild": [*weeks("p-mild", 6, 1, (1, 3, 5), 38), *_answers("p-mild", monday(6), 43)],
        "p-south": [*weeks("p-south", 2, 1, (1, 3)), *_answers("p-south", monday(2), 14)],
    }


def prescriptions(pseudonym: str) -> list[Prescription]:
    older = Prescription(
        id=f"rx-{pseudonym}",
        version=1,
        valid_from=monday(12),
        valid_to=monday(-10),
        sessions_per_week=3,
        minutes_per_session=30,
        intensity=Intensity(method="hrr", low=0.4, high=0.6),
        types=("walking", "nordic_walking"),
        dose_min_per_week=90,
        prescriber="Karin Lind",
        reason="Osteoarthritis of the knee",
    )
    pauses = (Pause(first=monday(3), last=MONDAY + timedelta(days=10), why="holiday"),)
    changed: dict[str, Any] = {
        "version": 2,
        "valid_from": monday(6),
        "minutes_per_session": 40,
        "dose_min_per_week": 120.0,
    }
    if pseudonym == "p-fine":
        changed["rules"] = {"A1": {"ratio": 0.75}, "P1": {"very_high": 7}}
    fields = {name: getattr(older, name) for name in older.__dataclass_fields__}
    newer = Prescription(
        **{**fields, **changed, "pauses": pauses if pseudonym == "p-pause" else ()}
    )
    return [older, newer]


async def _seed(dsn: str) -> None:
    """Store everybody."""
    await migrate(dsn)
    async with await open_pool(dsn) as pool, pool.connection() as conn:
        for unit in (UNIT, OTHER_UNIT):
            await care_team.add_unit(conn, unit)
        for person in (CLINICIAN, COLLEAGUE):
            row = care_team.Clinician(
                subject=person.subject, name=person.name, email="", unit=person.care_unit
            )
            await care_team.add_clinician(conn, row)
        for pseudonym in NAMES:
            await _person(conn, pseudonym)
        for pseudonym, result in clinic_facts().items():
            reported = [_attributed(pseudonym, fact) for fact in result]
            written = await write_facts(conn, reported)
            assert not written.refused
            for patient, spans in written.affected.items():
                window = await load_window(conn, patient, spans)
                await replace_window(conn, window, derive(window))
    with psycopg.connect(dsn) as plain:
        _alerts(plain)


async def _person(conn: Connection, pseudonym: str) -> None:
    unit = OTHER_UNIT if pseudonym == "p-south" else UNIT
    await patients.add_patient(
        conn,
        wrapping_key=KeyRing.single(CLINIC_KEY),
        unit=unit,
        zone=CLINIC_ZONE,
        now_ms=at(monday(12), 9),
        pseudonym=pseudonym,
    )
    profile = HeartProfile(valid_from=monday(12), birth_year=1961, hr_rest=60)
    await patient_inputs.change_profile(conn, pseudonym, profile, at(monday(12), 9))
    for prescription in prescriptions(pseudonym):
        await patient_inputs.prescribe(
            conn, pseudonym, prescription, at(prescription.valid_from, 9)
        )


def _attributed(pseudonym: str, fact: Fact) -> AttributedFact:
    body = hashlib.sha256(fact.head.record.encode()).hexdigest()
    late = fact.head.end_ms + 4 * MINUTE_MS
    return AttributedFact(
        patient=pseudonym, connector=fact.head.source.vendor, received_ms=late, body=body, fact=fact
    )


_RATING = {
    "record": f"pain:p-pain:{CLINIC_NOW}",
    "value": 8.0,
    "scale": "nrs-0-10",
    "phase": "after",
    "at": "2026-11-22T17:02:00Z",
    "local_date": "2026-11-22",
}
_LOW_WEEK = {
    "sessions_due": 3.0,
    "minutes_due": 120.0,
    "valid_days": 0,
    "answered_days": 7,
    "recalled_days": 0,
    "paused_days": 0,
    "carried_days": 0,
    "recalled_sessions": 0,
    "unseen_days": 0,
}
_TWO_LOW_WEEKS = (
    {"monday": "2026-11-09", "sessions": 1, "minutes": 20.0, "frequency": 0.333, "time": 0.167},
    {"monday": "2026-11-16", "sessions": 0, "minutes": 0.0, "frequency": 0.0, "time": 0.0},
)
_PAIN_TEXT = "Pain 8 of 10 after exercise on 2026-11-22 (rule P1: 8 or more once)."
_LOW_TEXT = (
    "Two weeks below 80 % of the prescribed sessions or minutes (rule A1). "
    "Week of 2026-11-09: 1 of 3 sessions, "
    "20 of 120 minutes; Week of 2026-11-16: 0 of 3 sessions, 0 of 120 minutes."
)
_MILD_TEXT = (
    "Pain 6 of 10 after exercise on 2026-11-18, and 6 of 10 on 2026-11-14 (rule P1: "
    "6 or more in 2 of 3)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Invented:
    """An alert with a single finding, raised `ago_ms` before now."""

    key: str
    patient: str
    tier: str
    state: str
    ago_ms: int
    text: str
    evidence: Mapping[str, Any]
    family: str = "pain"
    rule: str = "P1"
    session: str | None = None


def _pain_evidence(ratings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    limits = {
        "high": 6,
        "very_high": 8,
        "sessions": 2,
        "of_last": 3,
        "look_back_days": 28,
        "fresh_days": 14,
    }
    return {
        "rule": "P1",
        "version": 1,
        "from_ms": CLINIC_NOW - 20 * HOUR_MS,
        "fresh_until_ms": CLINIC_NOW + 13 * DAY_MS,
        "ratings": list(ratings),
        "rated_sessions": 1,
        "thresholds": limits,
    }


def _low_evidence() -> dict[str, Any]:
    return {
        "rule": "A1",
        "version": 1,
        "from_ms": at(monday(2), 0),
        "fresh_until_ms": CLINIC_NOW + 6 * DAY_MS,
        "weeks": [{**week, **_LOW_WEEK} for week in _TWO_LOW_WEEKS],
        "thresholds": {"ratio": 0.8, "known_days": 4, "lag_hours": 36},
    }


def _alerts(conn: psycopg.Connection[Any]) -> None:
    row = conn.execute(
        "select session from session s join patient p on p.id = s.patient "
        "where p.pseudonym = 'p-pain' order by start_at desc limit 1"
    ).fetchone()
    assert row
    for invented in (*_of_pain(row[0]), *_of_low_weeks()):
        _put(conn, invented)


def _of_pain(session: str) -> Iterator[_Invented]:
    high = _pain_evidence([{**_RATING, "session": session}])
    mild = _pain_evidence(
        [{**_RATING, "value": 6.0, "local_date": day} for day in ("2026-11-18", "2026-11-14")]
    )
    yield _Invented(
        key="pain",
        patient="p-pain",
        tier="A",
        state="open",
        ago_ms=40 * MINUTE_MS,
        text=_PAIN_TEXT,
        evidence=high,
        session=session,
    )
    yield _Invented(
        key="mild",
        patient="p-mild",
        tier="B",
        state="acknowledged",
        ago_ms=3 * DAY_MS,
        text=_MILD_TEXT,
        evidence=mild,
    )
    yield _Invented(
        key="south",
        patient="p-south",
        tier="A",
        state="open",
        ago_ms=HOUR_MS,
        text=_PAIN_TEXT,
        evidence=high,
    )


def _of_low_weeks() -> Iterator[_Invented]:
    for key, patient, state, ago_ms in (
        ("low", "p-low", "open", 30 * HOUR_MS),
        ("snooze", "p-snooze", "snoozed", 5 * DAY_MS),
        ("old", "p-pain", "resolved", 30 * DAY_MS),
    ):
        yield _Invented(
            key=key,
            patient=patient,
            family="adherence",
            rule="A1",
            tier="B",
            state=state,
            ago_ms=ago_ms,
            text=_LOW_TEXT,
            evidence=_low_evidence(),
        )


def _put(conn: psycopg.Connection[Any], row: _Invented) -> None:
    when = datetime.fromtimestamp((CLINIC_NOW - row.ago_ms) / 1000, UTC)
    snoozed = datetime.fromtimestamp((CLINIC_NOW + 2 * DAY_MS) / 1000, UTC)
    alert = ALERTS[row.key]
    conn.execute(
        "insert into alert values (%s, (select id from patient where pseudonym = %s), "
        "%s, %s, 1, %s, %s, %s, %s, %s, %s, %s)",
        [
            alert,
            row.patient,
            row.family,
            row.rule,
            row.tier,
            row.state,
            when,
            when,
            snoozed if row.state == "snoozed" else None,
            row.text,
            "contacted" if row.state == "resolved" else "",
        ],
    )
    conn.execute(
        "insert into alert_finding values (%s, %s, %s, %s, %s, %s, %s, %s, true, %s, %s, %s, %s)",
        [
            alert,
            f"{row.rule}:{row.key}",
            row.rule,
            RULE[row.rule].version,
            row.tier,
            when,
            row.session,
            Jsonb(dict(row.evidence)),
            when,
            when,
            when,
            row.text,
        ],
    )
    conn.execute(
        "insert into alert_move (alert, at, actor, from_state, to_state, reason) "
        "values (%s, %s, 'judge', null, 'open', 'rule met')",
        [alert, when],
    )


_held: dict[str, psycopg.Connection] = {}


def _done(dsn: str, sql: str, value: tuple[object, ...]) -> psycopg.Cursor[TupleRow]:
    """Run a statement on a connection that stays: most statements take less time than to connect.

    Only that of the database which was asked last stays, and to the end of the process at most.
    """
    held = _held.get(dsn)
    if held is not None:
        try:
            return held.execute(sql, value or None)
        # whoever takes the database over ends the connections of those before
        except psycopg.OperationalError:
            pass
    _close_held()
    _held[dsn] = psycopg.connect(dsn, autocommit=True)
    return _held[dsn].execute(sql, value or None)


def _close_held() -> None:
    while _held:
        _held.popitem()[1].close()


atexit.register(_close_held)


@dataclass(slots=True, kw_only=True)
class Served:
    """A door served on loopback: its address, its database, and a clock that a test may move."""

    url: str
    dsn: str
    clock: list[int] = field(default_factory=lambda: [CLINIC_NOW])

    def get(self, path: str, **more: Any) -> httpx2.Response:  # noqa: ANN401 - as httpx2.get
        return httpx2.get(self.url + path, timeout=30, **more)

    def post(self, path: str, **more: Any) -> httpx2.Response:  # noqa: ANN401 - as httpx2.post
        return httpx2.post(self.url + path, timeout=30, **more)

    def rows(self, sql: str, *value: object) -> list[tuple[Any, ...]]:
        return _done(self.dsn, sql, value).fetchall()

    def change(self, sql: str, *value: object) -> None:
        _done(self.dsn, sql, value)


async def names(_conn: Connection, pseudonyms: Sequence[str]) -> Mapping[str, str]:
    return {pseudonym: NAMES[pseudonym] for pseudonym in pseudonyms if pseudonym in NAMES}


def made_link() -> tuple[str, str]:
    """Return the address of an invented link, and its digest."""
    link = uuid.uuid4().hex
    return f"https://patients.example.org/enter/{link}", hashlib.sha256(link.encode()).hexdigest()


@contextmanager
def serve(dsn: str, clinician: Identity = CLINICIAN) -> Iterator[Served]:
    """Serve the door in a thread, on a free port of loopback, until the block ends."""
    clock = [CLINIC_NOW]
    identify = demo_identity("127.0.0.1", clinician)
    app = create_app(
        ClinicConfig(
            database=dsn,
            identify=identify,
            clock=lambda: clock[0],
            names=names,
            form_keys=lambda: [CLINIC_KEY],
            demo=True,
            # the clinician of the tests is licensed to prescribe
            prescriber_roles=frozenset({CLINICIAN.role}),
            wrapping=lambda: KeyRing.single(CLINIC_KEY),
            windows=load_window,
            new_link=made_link,
        )
    )
    # the product's server: another one resets a connection whose request it has not read in full
    # longer than a refused connection lingers, which would else be cut off in the middle of it
    serving = Serving(host="127.0.0.1", port=0, graceful_s=3)
    with served(app, serving, lambda _reason: None) as port:
        yield Served(url=f"http://127.0.0.1:{port}", dsn=dsn, clock=clock)


def wait_until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    until(holds, seconds=seconds)


def seeded(dsn: str) -> None:
    asyncio.run(_seed(dsn))


@cache
def clinic_template(server: Postgres) -> str:
    """Return the name of a server's database with everybody in it, to be copied.

    It is made once: to store and derive all patients takes 1.5 s of processor time.
    """
    name = create(server.dsn(), TEMPLATE)
    seeded(server.dsn(name))
    return name
