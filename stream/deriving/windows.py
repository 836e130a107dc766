"""Loads the windows that sessions and days are derived from, for many patients at once.

`stream.compute.staleness` decides what is stale and what must be read for it; storage reads it. The
number of statements does not depend on the number of patients. Nothing is written.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from model.columns.window import SampleColumn, Window
from model.fact_properties import session_records
from model.facts import AttributedFact, Workout
from model.intensity import HeartProfile
from model.metrics import METRIC
from model.prescription import Prescription
from model.spans import Span, merge
from storage.facts import reported, retractions, sample_reads
from storage.facts.ids import PatientRow, lock_patients
from storage.facts.retractions import Retractions
from storage.facts.sample_reads import SampleQuery, StoredSamples, UnwrittenBlock, current_column
from storage.people.profiles import profiles_of
from storage.pg.pool import Connection
from storage.prescribing.versions import prescriptions_of
from stream.compute.detection.touching import touches_midnight
from stream.compute.staleness import (
    WINDOW_METRICS,
    StaleDates,
    hours_around,
    hours_in_sessions,
    stale_dates,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of one patient so far.

    `facts` has all workouts and reports that meet the spans `read`, and some others.
    """

    name: str
    row: PatientRow
    changed: Sequence[Span]
    stale: StaleDates
    read: tuple[Span, ...] = ()
    facts: tuple[AttributedFact, ...] = ()


_Patients = dict[int, _Known]  # by patient id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    """What clinicians set of some patients, by pseudonym, and the locked rows of these patients."""

    rows: Mapping[str, PatientRow]
    profiles: Mapping[str, tuple[HeartProfile, ...]]
    prescriptions: Mapping[str, tuple[Prescription, ...]]


async def load_windows(
    conn: Connection,
    changed: Mapping[str, Sequence[Span]],
    unwritten: Collection[UnwrittenBlock] = (),
) -> tuple[Window, ...]:
    """Return the window of each patient (by pseudonym) whose facts changed in some spans.

    The patients stay locked until the transaction ends. Dates are in the patient's zone. Facts
    between two distant spans of a patient are not read. `unwritten` are samples that are not in the
    table yet and coincide with none of the stored samples; some may be of other patients. Raises
    `KeyError` for a patient who does not exist.
    """
    # locked before anything is read, so that it still holds when the derived rows are replaced
    settings = _Settings(
        rows=await lock_patients(conn, changed),
        profiles=await profiles_of(conn, changed),
        prescriptions=await prescriptions_of(conn, changed),
    )
    windows = await _windows(conn, settings, changed, unwritten)
    touching = {name: changed[name] for name, row in windows.items() if touches_midnight(row)}
    if touching:  # few nights are
        windows |= await _windows(conn, settings, touching, unwritten, active_at_midnight=True)
    return tuple(windows.values())


async def load_window(conn: Connection, patient: str, spans: Iterable[Span]) -> Window:
    """Return the window of one patient, as `load_windows` does."""
    return (await load_windows(conn, {patient: tuple(spans)}))[0]


async def _windows(
    conn: Connection,
    settings: _Settings,
    changed: Mapping[str, Sequence[Span]],
    unwritten: Collection[UnwrittenBlock],
    *,
    active_at_midnight: bool = False,
) -> dict[str, Window]:
    """Return windows by pseudonym; `active_at_midnight` is as in `stale_dates`."""
    known = await _facts(conn, settings.rows, changed, active_at_midnight=active_at_midnight)
    dates = {number: patient.stale.dates for number, patient in known.items()}
    summaries = await reported.facts_of_dates(conn, dates)
    samples, retracted = await _samples(conn, known, summaries, unwritten)
    columns = _columns(samples, retracted)
    windows: dict[str, Window] = {}
    for number, patient in known.items():
        current = retracted[number].current
        workouts, reports = _workouts_and_reports(patient.facts)
        windows[patient.name] = Window(
            patient=patient.name,
            zone=patient.row.zone,
            profiles=settings.profiles.get(patient.name, ()),
            dates=patient.stale.dates,
            # retracted facts were needed for the stale dates, and are not derived from
            workouts=current(workouts),
            columns=tuple(columns.get(number, ())),
            reports=current(reports),
            prescriptions=settings.prescriptions.get(patient.name, ()),
            summaries=current(summaries.get(number, ())),
        )
    return windows


def _workouts_and_reports(
    facts: Iterable[AttributedFact],
) -> tuple[list[AttributedFact], list[AttributedFact]]:
    workouts: list[AttributedFact] = []
    reports: list[AttributedFact] = []
    for item in facts:
        (workouts if isinstance(item.fact, Workout) else reports).append(item)
    return workouts, reports


async def _facts(
    conn: Connection,
    rows: Mapping[str, PatientRow],
    changed: Mapping[str, Sequence[Span]],
    *,
    active_at_midnight: bool,
) -> _Patients:
    """Read workouts and reports in ever wider spans, until the stale dates are certain.

    A single round is enough, unless sessions reach beyond the spans that were read first: because a
    session is long, or because it leads to another.
    """
    known: _Patients = {}
    for name, spans in changed.items():
        row = rows[name]
        stale = stale_dates(spans, row.zone, active_at_midnight=active_at_midnight)
        known[row.id] = _Known(name=name, row=row, changed=spans, stale=stale)
    while wider := _wider_spans(known):
        # the spans only grow, and each round reads all of them: its facts replace those before
        facts = await _sessions_and_reports(conn, wider)
        for number, read in wider.items():
            patient, mine = known[number], tuple(facts.get(number, ()))
            zone = patient.row.zone
            stale = stale_dates(patient.changed, zone, mine, active_at_midnight=active_at_midnight)
            known[number] = replace(patient, read=read, facts=mine, stale=stale)
    return known


def _wider_spans(known: _Patients) -> dict[int, tuple[Span, ...]]:
    """Return the spans to read for each patient whose stale dates are not certain yet."""
    wider: dict[int, tuple[Span, ...]] = {}
    for number, patient in known.items():
        if not patient.stale.is_known(patient.read):
            wider[number] = merge((*patient.read, *patient.stale.facts_within), gap_ms=0)
    return wider


async def _sessions_and_reports(
    conn: Connection, spans: Mapping[int, Sequence[Span]]
) -> dict[int, list[AttributedFact]]:
    """Return workouts and reports in the spans, and others that name the same sessions.

    Names are followed twice: first to reports of these sessions outside of the spans, then to
    further sessions that those reports name.
    """
    facts = await reported.facts_near(conn, spans)
    for _ in range(2):
        names = _session_names(facts)
        for number, more in (await reported.facts_named(conn, names)).items():
            facts[number] = _together(facts.get(number, []), more)
    return facts


def _session_names(facts: Mapping[int, Iterable[AttributedFact]]) -> set[tuple[int, str]]:
    """Return (patient id, record) of each session that the facts are or name."""
    names: set[tuple[int, str]] = set()
    for number, many in facts.items():
        for item in many:
            names.update(product((number,), session_records(item.fact)))
    return names


def _together(
    facts: Sequence[AttributedFact], more: Iterable[AttributedFact]
) -> list[AttributedFact]:
    known = set(map(_record, facts))
    return [*facts, *(item for item in more if _record(item) not in known)]


def _record(item: AttributedFact) -> tuple[object, ...]:
    return type(item.fact), item.fact.head.source, item.fact.head.record


async def _samples(
    conn: Connection,
    known: _Patients,
    summaries: Mapping[int, Iterable[AttributedFact]],
    unwritten: Collection[UnwrittenBlock],
) -> tuple[list[StoredSamples], dict[int, Retractions]]:
    """Read the samples, and the retractions of samples and facts by patient id."""
    # retractions of samples are asked for first: they decide which revisions must be read
    around = {number: hours_around(patient.stale) for number, patient in known.items()}
    retracted = await retractions.intervals(conn, around)
    queries: list[SampleQuery] = []
    for number, patient in known.items():
        queries += _queries(number, patient.stale, around[number], retracted[number])
    mine = [block for block in unwritten if block.put.series[0] in known]
    samples = await sample_reads.read_samples(conn, queries, mine)
    # only now is it known which records were met, and so which retractions of records matter
    records = {(item.patient, item.record) for item in samples}
    for number, patient in known.items():
        for item in (*patient.facts, *summaries.get(number, ())):
            records.add((number, item.fact.head.record))
    await retractions.add_records(conn, retracted, records)
    return samples, retracted


def _queries(
    number: int, stale: StaleDates, around: Sequence[Span], retracted: Retractions
) -> list[SampleQuery]:
    # speed and power of a day without a session are never read: nothing is derived from them
    inside = hours_in_sessions(stale)
    queries: list[SampleQuery] = []
    for metric, session_only in WINDOW_METRICS.items():
        id_, revisions = METRIC[metric].id, retracted.touches(metric)
        for span in inside if session_only else around:
            query = SampleQuery(span=span, patient=number, metric=id_, revisions=revisions)
            queries.append(query)
    return queries


def _columns(
    samples: Iterable[StoredSamples], retracted: Mapping[int, Retractions]
) -> dict[int, list[SampleColumn]]:
    columns: dict[int, list[SampleColumn]] = {}
    for item in samples:
        column = current_column(item, retracted[item.patient])
        if column is not None:
            columns.setdefault(item.patient, []).append(column)
    return columns
