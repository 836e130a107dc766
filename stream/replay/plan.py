"""Compares what today's parsers read in kept bodies with the current records. Pure: no I/O.

Bodies belong together if they report the same record, or samples of the same time in the same
series. The rows of such a body can only be removed by storing all of the bodies anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TypeAlias

from model.codec import kind_of
from model.fact_properties import (
    content_hash,
    metric_id,
    part_number,
    touched_span,
)
from model.facts import AttributedFact, Fact, Joining, SampleBlock, Source
from model.spans import Span, merge
from model.versions.receipt import delivered_until_ms
from model.versions.version_order import VersionOrder
from storage.facts.current_records import (
    CurrentRecord,
    FactPart,
    RecordName,
    ReportedRecord,
    Stretch,
)

SourceStretch: TypeAlias = tuple[Source, Stretch]
_Version: TypeAlias = tuple[VersionOrder, str, Mapping[FactPart, bytes]]  # place, body, contents


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyReading:
    """What today's parser reads in one body, without the samples themselves.

    `records` has the greatest version of each record. `stretches` has the stretches of all samples
    that join a series. `measured` has the latest measured instant of each source (epoch ms), and
    `spans` the spans of the facts.
    """

    records: Mapping[RecordName, ReportedRecord]
    stretches: frozenset[SourceStretch] = frozenset()
    measured: Mapping[Source, int]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Bodies (hex) that belong together, their current records, and their stretches of samples.

    `stale` is true if the current records differ from what today's parsers read, `readable` if all
    of the bodies could be read.
    """

    bodies: frozenset[str]
    current: tuple[CurrentRecord, ...]
    stretches: frozenset[SourceStretch]
    stale: bool
    readable: bool


def read_facts(reported: Iterable[AttributedFact]) -> BodyReading:
    """Return the reading of one body from its facts."""
    spans: list[Span] = []
    by_record: dict[RecordName, list[AttributedFact]] = defaultdict(list)
    measured: dict[Source, int] = {}
    for attributed in reported:
        fact = attributed.fact
        spans.append(touched_span(fact))
        source, at = fact.head.source, delivered_until_ms(attributed)
        by_record[source, fact.head.record].append(attributed)
        if at is not None:
            measured[source] = max(measured.get(source, at), at)
    records: dict[RecordName, ReportedRecord] = {}
    for name, own in by_record.items():
        records[name] = _reported_record(own)
    return BodyReading(
        records=records,
        stretches=_all_stretches(records),
        measured=measured,
        spans=merge(spans),
    )


def clusters(
    readings: Mapping[str, BodyReading], current: Mapping[RecordName, CurrentRecord]
) -> list[Cluster]:
    """Return all bodies (hex) in their groups, in the order of `readings`.

    Bodies that cannot be read come last, because only the current records name them.
    """
    # union-find: `root` has, for each body that is no representative, another body of its group
    root: dict[str, str] = {}
    for first, second in _links(readings, current):
        low, high = sorted((_root(root, first), _root(root, second)))
        if low != high:
            root[high] = low
    groups: dict[str, set[str]] = defaultdict(set)
    for sha in readings:
        groups[_root(root, sha)].add(sha)
    records: dict[str, dict[RecordName, CurrentRecord]] = defaultdict(dict)
    for name, record in current.items():
        top = _root(root, record.body)
        # a body that cannot be read any more is known only by its current records
        groups[top].add(record.body)
        records[top][name] = record
    return [_cluster(bodies, records[top], readings) for top, bodies in groups.items()]


def measured_by_source(readings: Iterable[BodyReading]) -> dict[Source, int]:
    """Return the latest measured instant of each source over several bodies, in epoch ms."""
    latest: dict[Source, int] = {}
    for reading in readings:
        for source, at in reading.measured.items():
            latest[source] = max(latest.get(source, at), at)
    return latest


def _reported_record(reported: Sequence[AttributedFact]) -> ReportedRecord:
    """Return the greatest version of one record; samples of a stream count from every version."""
    order = max(attributed.order for attributed in reported)
    contents: dict[FactPart, bytes] = {}
    for attributed in reported:
        if attributed.order == order:
            fact = attributed.fact
            part = kind_of(fact), metric_id(fact), part_number(fact)
            # as the writer does: of two facts with the same key the greater content is current
            contents[part] = max(contents.get(part, b""), content_hash(fact))
    stretches = frozenset(_stretches(attributed.fact for attributed in reported))
    return ReportedRecord(order=order, contents=contents, stretches=stretches)


def _stretches(facts: Iterable[Fact]) -> Iterator[Stretch]:
    for fact in facts:
        if isinstance(fact, SampleBlock) and fact.joining is Joining.STREAM and len(fact.t):
            yield Stretch(metric_id(fact), int(fact.t[0]), int(fact.t[-1]))


def _all_stretches(records: Mapping[RecordName, ReportedRecord]) -> frozenset[SourceStretch]:
    stretches: set[SourceStretch] = set()
    for (source, _), record in records.items():
        stretches.update(zip(repeat(source), record.stretches))
    return frozenset(stretches)


def _cluster(
    bodies: set[str],
    current: Mapping[RecordName, CurrentRecord],
    readings: Mapping[str, BodyReading],
) -> Cluster:
    read = {sha: readings[sha] for sha in bodies if sha in readings}
    now: dict[RecordName, _Version] = {}
    versions: dict[RecordName, ReportedRecord] = {}
    for name, record in current.items():
        versions[name] = record.version
        now[name] = record.version.order, record.body, record.version.contents
    # both what is stored and what is read today: the former is removed, the latter written
    stretches = set(_all_stretches(versions))
    for reading in read.values():
        stretches |= reading.stretches
    return Cluster(
        bodies=frozenset(bodies),
        current=tuple(current.values()),
        stretches=frozenset(stretches),
        stale=_versions_wanted(read) != now,
        readable=len(read) == len(bodies),
    )


def _versions_wanted(readings: Mapping[str, BodyReading]) -> dict[RecordName, _Version]:
    """Return the version of each record that must be current.

    As for the writer, it is that of the greatest (revision, stated_ms, body).
    """
    best: dict[RecordName, _Version] = {}
    for sha, reading in readings.items():
        for name, record in reading.records.items():
            mine = record.order, sha, record.contents
            if name not in best or mine[:2] > best[name][:2]:
                best[name] = mine
    return best


def _links(
    readings: Mapping[str, BodyReading], current: Mapping[RecordName, CurrentRecord]
) -> Iterator[tuple[str, str]]:
    """Yield pairs of bodies that belong together."""
    by_record: dict[RecordName, list[str]] = defaultdict(list)
    by_series: dict[tuple[Source, int], list[tuple[int, int, str]]] = defaultdict(list)
    for sha, reading in readings.items():
        for name in reading.records:
            by_record[name].append(sha)
        for source, stretch in reading.stretches:
            by_series[source, stretch.metric].append((stretch.first_ms, stretch.last_ms, sha))
    for name, record in current.items():
        by_record[name].append(record.body)
        for stretch in record.version.stretches:
            key = name[0], stretch.metric
            by_series[key].append((stretch.first_ms, stretch.last_ms, record.body))
    # linking each body to the first is enough, because groups are transitive
    for bodies in by_record.values():
        yield from zip(repeat(bodies[0]), bodies[1:])
    for stretches in by_series.values():
        yield from _overlapping(sorted(stretches))


def _overlapping(stretches: Iterable[tuple[int, int, str]]) -> Iterator[tuple[str, str]]:
    """Yield pairs of bodies whose stretches share an instant.

    `stretches` are sorted tuples of first instant, last instant and body.
    """
    # comparing with the stretch that reaches furthest is enough: it links all that overlap
    reach, holder = -1, ""
    for first, last, sha in stretches:
        if first <= reach:
            yield holder, sha
        if last > reach:
            reach, holder = last, sha


def _root(root: dict[str, str], sha: str) -> str:
    while sha in root:
        if root[sha] in root:
            root[sha] = root[root[sha]]  # path halving, so that later searches are short
        sha = root[sha]
    return sha
