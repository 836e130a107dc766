"""Reads what deriving needs: the facts around some local dates of many patients, as they stand now. It never writes.

A fixed number of statements, whatever the number of patients. What a source has taken back is left out here, and only
here: see `masks`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ..model.calendar import MINUTE_MS, dates_between, day_bounds, epoch_ms
from ..model.facts import Told, Workout
from ..model.intensity import HeartProfile
from ..model.metrics import METRIC
from ..model.occasion import AFTER_SESSION_MS
from ..model.prescription import Prescription
from ..stream.compute.columns import WHOLE, WITHIN
from ..stream.compute.derive import Column, Window
from ..stream.compute.quality import HOUR_MS
from . import factrows, masks, told, window_samples
from .masks import Masks
from .pool import Connection
from .prescriptions import prescriptions_of
from .profiles import profiles_of
from .spans import Span, merge, outer
from .surrogates import PatientRow, lock_patients
from .window_samples import Fresh

AROUND_MS = AFTER_SESSION_MS + 2 * MINUTE_MS  # an answer comes up to six hours later, twins start within two minutes
AFTER_MS = 2 * MINUTE_MS  # what follows the end of a session says how fast the heart slows
APART_MS = 10 * MINUTE_MS  # sessions further apart are neither twins nor parts of one, nor do their minutes meet

# metric -> whether only within declared and reported sessions, or all around the dates
METRICS: Mapping[str, bool] = dict.fromkeys(WHOLE, False) | dict.fromkeys(WITHIN, True)


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
    workouts: list[Told] = field(default_factory=list)
    reports: list[Told] = field(default_factory=list)
    summaries: list[Told] = field(default_factory=list)
    profiles: tuple[HeartProfile, ...] = ()
    prescriptions: tuple[Prescription, ...] = ()
    masks: Masks = field(default_factory=Masks)
    columns: list[Column] = field(default_factory=list)

    @property
    def sessions(self) -> tuple[Span, ...]:
        """Return the times of sessions that may have to do with each other, each group as one span."""
        heads = (one.fact.head for one in (*self.workouts, *self.reports))
        return merge((Span(start_ms=h.start_ms, end_ms=h.end_ms) for h in heads if h.end_ms > h.start_ms), APART_MS)


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
    of = {rows[name].id: _Reading(name=name, row=rows[name], touched=touched[name]) for name in touched}
    known, prescribed = await profiles_of(conn, touched), await prescriptions_of(conn, touched)
    for one in of.values():
        one.profiles, one.prescriptions = known.get(one.name, ()), prescribed.get(one.name, ())
    wider = {number: one for number, one in of.items() if _widen(one)}
    while wider:  # again only for sessions so long that they reach beyond what was read
        await _claims(conn, wider)
        wider = {number: one for number, one in wider.items() if _widen(one)}
    for number, found in (await told.of_dates(conn, {number: one.dates for number, one in of.items()})).items():
        of[number].summaries = found
    await _columns(conn, of, fresh)
    return tuple(_window(one) for one in of.values())


async def load_window(conn: Connection, patient: str, spans: Iterable[Span]) -> Window:
    """Return the window of one patient, as `load_windows` does."""
    return (await load_windows(conn, {patient: tuple(spans)}))[0]


async def extent(conn: Connection, patient: str) -> Span | None:
    """Return from when to when a patient has facts or somebody speaks, to derive everything again; None: never.

    Samples of a series outlive the block that told them, when a newer revision of it tells of another time.
    """
    found = await conn.execute(
        """
select least(min(f.start_at), (select min(c.start_at) from choice c where c.patient = p.id)),
       greatest(max(f.end_at), (select max(c.end_at) from choice c where c.patient = p.id))
from patient p join fact f on f.patient = p.id
where p.pseudonym = %s and f.kind <> 'deletion' group by p.id""",
        [patient],
    )
    row = await found.fetchone()
    return Span(start_ms=epoch_ms(row[0]), end_ms=epoch_ms(row[1])) if row and row[0] else None


async def reports_since(conn: Connection, patients: Sequence[int], since_ms: int) -> dict[int, tuple[Told, ...]]:
    """Return the reports of each patient (a surrogate) from an instant on that nobody took back, by time."""
    found = await told.since(conn, patients, since_ms)
    of = {patient: Masks() for patient in patients}
    await masks.add_records(conn, of, ((p, one.fact.head.record) for p, said in found.items() for one in said))
    return {patient: mask.standing(found.get(patient, ())) for patient, mask in of.items()}


def _widen(one: _Reading) -> bool:
    """Settle the dates and their reach by what is known, and tell whether workouts and reports must be read anew."""
    zone, sessions = one.row.zone, one.sessions
    near = [_near(span) for span in one.touched]
    met = [s for s in sessions if any(_meet(s, n) for n in near)]
    stale = [*map(_hours, one.touched), *met, *_answers(one, met)]
    one.dates = tuple(sorted({day for span in stale for day in dates_between(span.start_ms, span.end_ms, zone)}))
    bounds = [Span(start_ms=low, end_ms=high) for low, high in (day_bounds(day, zone) for day in one.dates)]
    one.reach = merge([*bounds, *(s for s in sessions if any(_meet(s, b) for b in bounds))], gap_ms=0)
    wanted = merge((_wider(span, AROUND_MS) for span in (*one.reach, *near)), gap_ms=0)
    if all(any(a.start_ms <= w.start_ms and w.end_ms <= a.end_ms for a in one.asked) for w in wanted):
        return False
    one.asked = merge((*one.asked, *wanted), gap_ms=0)
    return True


def _answers(one: _Reading, met: Iterable[Span]) -> list[Span]:
    """Return the instants of answers that may change hands.

    What was told of a session takes an answer from one that was found on the answer's own date, or leaves it to it.
    """
    told = [_wider(span, AROUND_MS) for span in (*met, *(span for span in one.touched if not span.samples_only))]
    instants = {each.fact.head.start_ms for each in one.reports}
    return [Span(start_ms=at, end_ms=at) for at in sorted(instants) if any(t.start_ms <= at <= t.end_ms for t in told)]


def _near(span: Span) -> Span:
    """Return where sessions lie that a change in a span may have to do with."""
    if span.samples_only:
        return _wider(_hours(span), APART_MS)
    return _wider(_hours(span), AROUND_MS)


async def _claims(conn: Connection, of: _Readings) -> None:
    """Read workouts and reports in the spans asked for, and those elsewhere that speak of the same sessions.

    Names are followed twice: to what is told elsewhere of these sessions, and to whether that is told of others too.
    """
    found = await told.near(conn, {number: one.asked for number, one in of.items()})
    for number, one in of.items():
        both = found.get(number, [])
        one.workouts = [fact for fact in both if isinstance(fact.fact, Workout)]
        one.reports = [fact for fact in both if not isinstance(fact.fact, Workout)]
    for _ in range(2):
        every = ((number, fact.fact) for number, one in of.items() for fact in (*one.workouts, *one.reports))
        names = {(number, name) for number, fact in every for name in factrows.session_names(fact)}
        for number, more in (await told.known_by(conn, names)).items():
            _add(of[number].workouts, (fact for fact in more if isinstance(fact.fact, Workout)))
            _add(of[number].reports, (fact for fact in more if not isinstance(fact.fact, Workout)))


def _add(there: list[Told], more: Iterable[Told]) -> None:
    known = {(one.fact.head.source, one.fact.head.record) for one in there}
    there += [one for one in more if (one.fact.head.source, one.fact.head.record) not in known]


async def _columns(conn: Connection, of: _Readings, fresh: Sequence[Fresh]) -> None:
    """Read the samples, and what was taken back of them and of the workouts and reports."""
    for number, mask in (await masks.intervals(conn, {number: _around(one) for number, one in of.items()})).items():
        of[number].masks = mask
    asked = [each for number, one in of.items() for each in _asked(number, one)]
    found = await window_samples.read(conn, asked, [one for one in fresh if one.put.series[0] in of])
    names = {(one.patient, one.record) for one in found}
    names |= {(n, t.fact.head.record) for n, one in of.items() for t in (*one.workouts, *one.reports, *one.summaries)}
    await masks.add_records(conn, {number: one.masks for number, one in of.items()}, names)
    for one in found:
        stands = window_samples.column(one, of[one.patient].masks)
        if stands is not None:
            of[one.patient].columns.append(stands)


def _asked(number: int, one: _Reading) -> list[window_samples.Asked]:
    inside, around = merge(map(_hours, _here(one)), gap_ms=0), _around(one)
    return [
        window_samples.Asked(span=span, patient=number, metric=METRIC[name].id, revisions=one.masks.touches(name))
        for name, only_inside in METRICS.items()
        for span in (inside if only_inside else around)
    ]


def _here(one: _Reading) -> list[Span]:
    """Return the sessions that have to do with the dates."""
    return [span for span in one.sessions if any(_meet(span, reach) for reach in one.reach)]


def _around(one: _Reading) -> tuple[Span, ...]:
    """Return the whole hours of which samples are read: of the dates, of sessions, and of what follows them."""
    after = (Span(start_ms=span.end_ms, end_ms=span.end_ms + AFTER_MS) for span in _here(one))
    return merge(map(_hours, (*one.reach, *after)), gap_ms=0)


def _window(one: _Reading) -> Window:
    return Window(
        patient=one.name,
        zone=one.row.zone,
        profiles=one.profiles,
        dates=one.dates,
        workouts=one.masks.standing(one.workouts),
        columns=tuple(one.columns),
        reports=one.masks.standing(one.reports),
        prescriptions=one.prescriptions,
        summaries=one.masks.standing(one.summaries),
    )


def _hours(span: Span) -> Span:
    """Return the whole UTC hours that hold a span: doubts about samples are judged hour by hour."""
    return replace(outer(span, HOUR_MS), samples_only=span.samples_only)


def _wider(span: Span, ms: int) -> Span:
    return Span(start_ms=span.start_ms - ms, end_ms=span.end_ms + ms)


def _meet(one: Span, other: Span) -> bool:
    """Tell whether two spans have anything to do with each other."""
    return one.start_ms < other.end_ms + APART_MS and other.start_ms < one.end_ms + APART_MS
