"""Keeps the current facts of one patient in memory, as storage keeps them in its tables.

The rules are those of `storage.facts.writer`, and the functions that apply them are storage's own.
Pure: no I/O.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Generic, TypeAlias, TypeVar

from model.codec import kind_of
from model.columns.window import SampleColumn, Window
from model.fact_properties import (
    content_hash,
    metric_id,
    part_number,
    span_of,
    touched_span,
)
from model.facts import (
    AttributedFact,
    DaySummary,
    Deletion,
    Joining,
    Report,
    SampleBlock,
    Source,
    Workout,
)
from model.intensity import HeartProfile
from model.metrics import METRIC
from model.prescription import Prescription
from model.spans import Span, merge
from model.versions.receipt import as_first_received, delivered_until_ms, refusal_of
from model.versions.version_order import VersionOrder, sample_rank
from storage.facts.ids import RecordVersion, current_version, record_version
from storage.facts.retractions import RestrictedInterval, RetractedInterval, Retractions
from storage.facts.sample_reads import StoredSamples, current_column
from storage.facts.samples import STREAM, Put, by_series
from stream.compute.staleness import WINDOW_METRICS, stale_dates
from stream.compute.wear import is_on_patient

_T = TypeVar("_T")
HeldRecord: TypeAlias = tuple[Source, str]

_ONLY = 1  # the id that storage would give the only patient


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFacts:
    """The current facts of a patient, without those that are retracted, and what they rest on.

    `reported` are all facts that may be kept, of any version. `versions` has the version of each
    record that holds. `latest` are the facts of these versions, retracted or not. `columns` are the
    samples that hold. `watermarks` is the latest measured instant of each source (epoch ms).
    """

    patient: str
    zone: str
    reported: tuple[AttributedFact, ...]
    versions: Mapping[HeldRecord, RecordVersion]
    latest: tuple[AttributedFact, ...]
    retractions: Retractions
    columns: tuple[SampleColumn, ...]
    watermarks: Mapping[Source, int]

    def current_of_kind(self, cls: type[_T]) -> tuple[AttributedFact, ...]:
        """Return the latest facts of a kind that no source has retracted."""
        # Deletions hide what came before and after them, so they are applied when it is read.
        rows = [item for item in self.latest if isinstance(item.fact, cls)]
        return self.retractions.current(rows)

    def retracted(self) -> tuple[AttributedFact, ...]:
        """Return the latest facts that a source has retracted; samples are hidden singly."""
        records = [item for item in self.latest if not isinstance(item.fact, Deletion)]
        kept = set(map(id, self.retractions.current(records)))
        return tuple(item for item in records if id(item) not in kept)

    def window(
        self, profiles: Sequence[HeartProfile], prescriptions: Sequence[Prescription]
    ) -> Window:
        """Return all that is held as the window of every date that it touches."""
        # Facts that do not hold are counted too: they only add dates without rows, as in storage.
        stale = stale_dates(
            merge(map(_span, self.reported)),
            self.zone,
            [item for item in self.reported if isinstance(item.fact, Workout | Report)],
        )
        return Window(
            patient=self.patient,
            zone=self.zone,
            profiles=tuple(sorted(profiles, key=lambda profile: profile.valid_from)),
            dates=stale.dates,
            workouts=self.current_of_kind(Workout),
            # as in storage, nothing else is ever read for a window
            columns=tuple(filter(_is_of_windows, self.columns)),
            reports=self.current_of_kind(Report),
            prescriptions=tuple(sorted(prescriptions, key=lambda row: (row.id, row.version))),
            summaries=self.current_of_kind(DaySummary),
        )

    def worn_since_ms(self) -> int | None:
        """Return the earliest instant that a worn device recorded, None when there is none."""
        # A report or a scale says nothing about a watch that lies in a drawer.
        starts: list[int] = []
        for item in self.latest:
            is_recording = isinstance(item.fact, SampleBlock | Workout | DaySummary)
            if is_recording and is_on_patient(item.fact.head.source):
                starts.append(span_of(item.fact).start_ms)
        return min(starts, default=None)


def hold_facts(
    reported: Iterable[AttributedFact],
    patient: str,
    zone: str,
    restricted: Iterable[RestrictedInterval] = (),
) -> HeldFacts:
    """Return the current facts among all that were reported, in whatever order they came.

    What is `restricted` is held, and hidden like what is retracted.
    """
    facts = tuple(_distinct(as_first_received(reported)))
    versions = _current_versions(facts)
    latest = tuple(_latest(facts, versions))
    retractions = _retractions(latest)
    retractions.restricted.extend(restricted)
    return HeldFacts(
        patient=patient,
        zone=zone,
        reported=facts,
        versions=versions,
        latest=latest,
        retractions=retractions,
        columns=tuple(_columns(facts, versions, retractions)),
        watermarks=_watermarks(facts),
    )


def _span(item: AttributedFact) -> Span:
    return touched_span(item.fact)


def _is_of_windows(column: SampleColumn) -> bool:
    return column.metric in WINDOW_METRICS


def _distinct(reported: Iterable[AttributedFact]) -> Iterable[AttributedFact]:
    """Return what is kept of the facts, the same fact from the same body once."""
    distinct: dict[tuple[object, ...], AttributedFact] = {}
    for item in reported:
        fact = item.fact
        if refusal_of(item):
            continue
        key = (item.body, kind_of(fact), metric_id(fact), part_number(fact), content_hash(fact))
        distinct.setdefault(key, item)
    return distinct.values()


def record_of(item: AttributedFact) -> HeldRecord:
    """Return the identity of the record that a fact belongs to."""
    return item.fact.head.source, item.fact.head.record


def _current_versions(facts: Iterable[AttributedFact]) -> dict[HeldRecord, RecordVersion]:
    versions: dict[HeldRecord, RecordVersion] = {}
    for item in facts:
        name, version = record_of(item), record_version(item)
        versions[name] = current_version(versions.get(name, version), version)
    return versions


def _latest(
    facts: Iterable[AttributedFact], versions: Mapping[HeldRecord, RecordVersion]
) -> Iterable[AttributedFact]:
    """Return the facts of current versions; of the same part twice, the greater content."""
    best: dict[tuple[object, ...], tuple[bytes, AttributedFact]] = {}
    for item in facts:
        name = record_of(item)
        if not record_version(item).same_payload(versions[name]):
            continue
        key = (name, kind_of(item.fact), metric_id(item.fact), part_number(item.fact))
        content = content_hash(item.fact)
        if key not in best or content > best[key][0]:
            best[key] = content, item
    return map(itemgetter(1), best.values())


def _retractions(latest: Iterable[AttributedFact]) -> Retractions:
    retractions = Retractions()
    for item in latest:
        fact, head = item.fact, item.fact.head
        if not isinstance(fact, Deletion):
            continue
        if fact.target:
            retractions.retract(head.source.vendor, fact.target, item.order)
        else:
            interval = RetractedInterval(
                vendor=head.source.vendor,
                metric=fact.metric,
                order=item.order,
                span=Span(start_ms=head.start_ms, end_ms=head.end_ms),
            )
            retractions.intervals.append(interval)
    return retractions


class _SeriesNumbers(Generic[_T]):
    """Numbers for the sources or records of series, as storage has ids for them.

    They count from 1 in the order of first mention.
    """

    def __init__(self) -> None:
        self._numbers: dict[_T, int] = {}

    def number_of(self, key: _T) -> int:
        """Return the number of a source or record; a new one gets the next."""
        return self._numbers.setdefault(key, len(self._numbers) + 1)

    def named(self, number: int) -> _T:
        """Return the source or record that has a number."""
        return list(self._numbers)[number - 1]


def _columns(
    facts: Iterable[AttributedFact],
    versions: Mapping[HeldRecord, RecordVersion],
    retractions: Retractions,
) -> Iterator[SampleColumn]:
    """Yield the samples that hold, a column for each series of storage."""
    sources: _SeriesNumbers[Source] = _SeriesNumbers()
    records: _SeriesNumbers[HeldRecord] = _SeriesNumbers()
    samples: list[Put] = []
    for item, block in _current_blocks(facts, versions):
        record = record_of(item)
        owner = STREAM if block.joining is Joining.STREAM else records.number_of(record)
        series = (_ONLY, METRIC[block.metric].id, sources.number_of(record[0]), owner)
        rank = sample_rank(item.order)
        samples.append(Put(series=series, revision=rank, t=block.t, v=block.v, until=block.until))
    for (patient, metric, source_id, owner), (t, v, revisions, spans) in by_series(samples):
        source = sources.named(source_id)
        is_stream = owner == STREAM
        name = "" if is_stream else records.named(owner)[1]
        stored = StoredSamples(
            patient=patient,
            metric=metric,
            source_id=source_id,
            source=source,
            record=name,
            order=_order(None if is_stream else versions.get((source, name))),
            t=t,
            v=v + 0.0,  # as the table holds it: -0.0 is 0.0
            revisions=revisions,
            spans=spans,
        )
        column = current_column(stored, retractions)
        if column is not None and len(column.t):
            yield column


def _current_blocks(
    facts: Iterable[AttributedFact], versions: Mapping[HeldRecord, RecordVersion]
) -> Iterator[tuple[AttributedFact, SampleBlock]]:
    """Yield the blocks of samples that storage would hold.

    Samples of a replaced version are gone from storage. But a stream has no current version: each
    of its blocks counts, however old its revision is.
    """
    for item in facts:
        fact = item.fact
        if isinstance(fact, SampleBlock) and (
            fact.joining is Joining.STREAM
            or record_version(item).same_payload(versions[record_of(item)])
        ):
            yield item, fact


def _order(version: RecordVersion | None) -> VersionOrder:
    """Return the place of a record's version; samples of a stream have no record."""
    if version is None:
        return VersionOrder(revision=0, stated_ms=0)
    return VersionOrder(revision=version.revision, stated_ms=version.stated_ms)


def _watermarks(facts: Iterable[AttributedFact]) -> Mapping[Source, int]:
    """Return the latest measured instant of each source; facts that do not hold count too."""
    latest: dict[Source, int] = defaultdict(int)
    for item in facts:
        measured = delivered_until_ms(item)
        if measured is not None:
            source = item.fact.head.source
            latest[source] = max(latest[source], measured)
    return dict(latest)
