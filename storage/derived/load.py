"""Reads what deriving needs: the facts around some local dates of many patients, as they stand now. It never writes.

A fixed number of statements, whatever the number of patients. What a source has taken back is left out here, and only
here: see `masks`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from model.answered_session import AFTER_SESSION_MS
from model.calendar import HOUR_MS, MINUTE_MS, dates_between, day_bounds, epoch_ms
from model.facts import AttributedFact, Workout
from model.intensity import HeartProfile
from model.metrics import METRIC
from model.prescription import Prescription
from model.spans import Span, merge, outer
from model.window import SampleColumn, Window
from storage.derived import window_samples
from storage.derived.window_samples import Fresh
from storage.facts import fact_rows, reported, retractions
from storage.facts.ids import PatientRow, lock_patients
from storage.facts.retractions import Retractions
from storage.people.prescriptions import prescriptions_of
from storage.people.profiles import profiles_of
from storage.pg.pool import Connection
from stream.compute.series.reported_columns import DAY_METRICS, SESSION_METRICS

AROUND_MS = (
    AFTER_SESSION_MS + 2 * MINUTE_MS
)  # an answer comes up to six hours later, twins start within two minutes
AFTER_MS = 2 * MINUTE_MS  # what follows the end of a session says how fast the heart slows
APART_MS = (
    10 * MINUTE_MS
)  # sessions further apart are neither twins nor parts of one, nor do their minutes meet

# metric -> whether only within declared and reported sessions, or all around the dates
METRICS: Mapping[str, bool] = dict.fromkeys(DAY_METRICS, False) | dict.fromkeys(
    SESSION_METRICS, True
)


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What is known so far of one patient's window.

    `dates` are derived, `reach` is where their samples lie, and workouts and reports have been read in `asked`.
    """

    name: str
    row: PatientRow
    touched: Sequence[Span]
    dates: tuple[date, ...] = ()
    reach: tuple[Span, ...] = ()
    asked: tuple[Span, ...] = ()
    workouts: list[AttributedFact] = field(default_factory=list)
    reports: list[AttributedFact] = field(default_factory=list)
    summaries: list[AttributedFact] = field(default_factory=list)
    profiles: tuple[HeartProfile, ...] = ()
    prescriptions: tuple[Prescription, ...] = ()
    masks: Retractions = field(default_factory=Retractions)
    columns: list[SampleColumn] = field(default_factory=list)

    @property
    def sessions(self) -> tuple[Span, ...]:
        """Return the times of sessions that may have to do with each other, each group as one span."""
        heads = (item.fact.head for item in (*self.workouts, *self.reports))
        return merge(
            (Span(start_ms=h.start_ms, end_ms=h.end_ms) for h in heads if h.end_ms > h.start_ms),
            APART_MS,
        )


_Readings = dict[int, _Reading]


async def load_windows(
    conn: Connection, touched: Mapping[str, Sequence[Span]], fresh: Sequence[Fresh] = ()
) -> tuple[Window, ...]:
    """Return, patient by patient, all that the sessions and days touched by the spans are derived from.

    Locks the patients until the transaction ends; raises `KeyError` when one is not there. Dates are in the patient's
    zone. The spans of a patient need not touch each other: what lies between two far-off ones is not read. `fresh` are
    samples that are not in the table yet, and none of which will meet one that is, perhaps of other patients as well.
    """
    rows = await lock_patients(conn, touched)
    of = {
        rows[name].id: _Reading(name=name, row=rows[name], touched=touched[name])
        for name in touched
    }
    known, prescribed = await profiles_of(conn, touched), await prescriptions_of(conn, touched)
    for item in of.values():
        item.profiles, item.prescriptions = known.get(item.name, ()), prescribed.get(item.name, ())
    wider = {number: entry for number, entry in of.items() if _widen(entry)}
    while wider:  # again only for sessions so long that they reach beyond what was read
        await _claims(conn, wider)
        wider = {number: entry for number, entry in wider.items() if _widen(entry)}
    for number, matches in (
        await reported.of_dates(conn, {number: entry.dates for number, entry in of.items()})
    ).items():
        of[number].summaries = matches
    await _columns(conn, of, fresh)
    return tuple(_window(entry) for entry in of.values())


async def load_window(conn: Connection, patient: str, spans: Iterable[Span]) -> Window:
    """Return the window of one patient, as `load_windows` does."""
    return (await load_windows(conn, {patient: tuple(spans)}))[0]


async def extent(conn: Connection, patient: str) -> Span | None:
    """Return from when to when a patient has facts or somebody speaks, to derive everything again; None: never.

    Samples of a series outlive the block that told them, when a newer revision of it tells of another time.
    """
    matches = await conn.execute(
        """
select least(min(f.start_at), (select min(c.start_at) from choice c where c.patient = p.id)),
       greatest(max(f.end_at), (select max(c.end_at) from choice c where c.patient = p.id))
from patient p join fact f on f.patient = p.id
where p.pseudonym = %s and f.kind <> 'deletion' group by p.id""",
        [patient],
    )
    row = await matches.fetchone()
    return Span(start_ms=epoch_ms(row[0]), end_ms=epoch_ms(row[1])) if row and row[0] else None


async def reports_since(
    conn: Connection, patients: Sequence[int], since_ms: int
) -> dict[int, tuple[AttributedFact, ...]]:
    """Return the reports of each patient (a surrogate) from an instant on that nobody took back, by time."""
    matches = await reported.since(conn, patients, since_ms)
    of = {patient: Retractions() for patient in patients}
    await retractions.add_records(
        conn, of, ((p, item.fact.head.record) for p, result in matches.items() for item in result)
    )
    return {patient: mask.standing(matches.get(patient, ())) for patient, mask in of.items()}


def _widen(item: _Reading) -> bool:
    """Settle the dates and their reach by what is known, and tell whether workouts and reports must be read anew."""
    zone, sessions = item.row.zone, item.sessions
    near = [_near(span) for span in item.touched]
    met = [s for s in sessions if any(_meet(s, n) for n in near)]
    stale = [*map(_hours, item.touched), *met, *_answers(item, met)]
    item.dates = tuple(
        sorted({day for span in stale for day in dates_between(span.start_ms, span.end_ms, zone)})
    )
    bounds = [
        Span(start_ms=low, end_ms=high)
        for low, high in (day_bounds(day, zone) for day in item.dates)
    ]
    item.reach = merge(
        [*bounds, *(s for s in sessions if any(_meet(s, b) for b in bounds))], gap_ms=0
    )
    wanted = merge((_wider(span, AROUND_MS) for span in (*item.reach, *near)), gap_ms=0)
    if all(
        any(a.start_ms <= w.start_ms and w.end_ms <= a.end_ms for a in item.asked) for w in wanted
    ):
        return False
    item.asked = merge((*item.asked, *wanted), gap_ms=0)
    return True


def _answers(item: _Reading, met: Iterable[Span]) -> list[Span]:
    """Return the instants of answers that may change hands.

    What was told of a session takes an answer from one that was found on the answer's own date, or leaves it to it.
    """
    reported = [
        _wider(span, AROUND_MS)
        for span in (*met, *(span for span in item.touched if not span.samples_only))
    ]
    instants = {each.fact.head.start_ms for each in item.reports}
    return [
        Span(start_ms=at, end_ms=at)
        for at in sorted(instants)
        if any(t.start_ms <= at <= t.end_ms for t in reported)
    ]


def _near(span: Span) -> Span:
    """Return where sessions lie that a change in a span may have to do with."""
    if span.samples_only:
        return _wider(_hours(span), APART_MS)
    return _wider(_hours(span), AROUND_MS)


async def _claims(conn: Connection, of: _Readings) -> None:
    """Read workouts and reports in the spans asked for, and those elsewhere that speak of the same sessions.

    Names are followed twice: to what is told elsewhere of these sessions, and to whether that is told of others too.
    """
    matches = await reported.near(conn, {number: entry.asked for number, entry in of.items()})
    for number, item in of.items():
        both = matches.get(number, [])
        item.workouts = [fact for fact in both if isinstance(fact.fact, Workout)]
        item.reports = [fact for fact in both if not isinstance(fact.fact, Workout)]
    for _ in range(2):
        every = (
            (number, fact.fact)
            for number, entry in of.items()
            for fact in (*entry.workouts, *entry.reports)
        )
        names = {(number, name) for number, fact in every for name in fact_rows.session_names(fact)}
        for number, more in (await reported.known_by(conn, names)).items():
            _add(of[number].workouts, (fact for fact in more if isinstance(fact.fact, Workout)))
            _add(of[number].reports, (fact for fact in more if not isinstance(fact.fact, Workout)))


def _add(there: list[AttributedFact], more: Iterable[AttributedFact]) -> None:
    known = {(item.fact.head.source, item.fact.head.record) for item in there}
    there += [item for item in more if (item.fact.head.source, item.fact.head.record) not in known]


async def _columns(conn: Connection, of: _Readings, fresh: Sequence[Fresh]) -> None:
    """Read the samples, and what was taken back of them and of the workouts and reports."""
    for number, mask in (
        await retractions.intervals(conn, {number: _around(entry) for number, entry in of.items()})
    ).items():
        of[number].masks = mask
    requested = [each for number, entry in of.items() for each in _asked(number, entry)]
    matches = await window_samples.read(
        conn, requested, [entry for entry in fresh if entry.put.series[0] in of]
    )
    names = {(entry.patient, entry.record) for entry in matches}
    names |= {
        (n, t.fact.head.record)
        for n, entry in of.items()
        for t in (*entry.workouts, *entry.reports, *entry.summaries)
    }
    await retractions.add_records(
        conn, {number: entry.masks for number, entry in of.items()}, names
    )
    for item in matches:
        current = window_samples.column(item, of[item.patient].masks)
        if current is not None:
            of[item.patient].columns.append(current)


def _asked(number: int, item: _Reading) -> list[window_samples.Asked]:
    inside, around = merge(map(_hours, _here(item)), gap_ms=0), _around(item)
    return [
        window_samples.Asked(
            span=span, patient=number, metric=METRIC[name].id, revisions=item.masks.touches(name)
        )
        for name, only_inside in METRICS.items()
        for span in (inside if only_inside else around)
    ]


def _here(item: _Reading) -> list[Span]:
    """Return the sessions that have to do with the dates."""
    return [span for span in item.sessions if any(_meet(span, reach) for reach in item.reach)]


def _around(item: _Reading) -> tuple[Span, ...]:
    """Return the whole hours of which samples are read: of the dates, of sessions, and of what follows them."""
    after = (Span(start_ms=span.end_ms, end_ms=span.end_ms + AFTER_MS) for span in _here(item))
    return merge(map(_hours, (*item.reach, *after)), gap_ms=0)


def _window(item: _Reading) -> Window:
    return Window(
        patient=item.name,
        zone=item.row.zone,
        profiles=item.profiles,
        dates=item.dates,
        workouts=item.masks.standing(item.workouts),
        columns=tuple(item.columns),
        reports=item.masks.standing(item.reports),
        prescriptions=item.prescriptions,
        summaries=item.masks.standing(item.summaries),
    )


def _hours(span: Span) -> Span:
    """Return the whole UTC hours that hold a span: doubts about samples are judged hour by hour."""
    return replace(outer(span, HOUR_MS), samples_only=span.samples_only)


def _wider(span: Span, ms: int) -> Span:
    return Span(start_ms=span.start_ms - ms, end_ms=span.end_ms + ms)


def _meet(span: Span, other: Span) -> bool:
    """Tell whether two spans have anything to do with each other."""
    return span.start_ms < other.end_ms + APART_MS and other.start_ms < span.end_ms + APART_MS
