"""What today's parsers make of kept bodies against what stands: which bodies must be told anew, together. No I/O.

Bodies belong together when they speak of one record, or when their samples joined one series at the same time: what
one of them said can then only be taken back by telling all of them anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.codec import kind_of
from model.facts import AttributedFact, Joining, SampleBlock, Source
from model.spans import Span, merge
from storage.facts import fact_rows
from storage.facts.current_records import CurrentRecord, RecordName, ReportedRecord, Stretch, Within


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What today's parser makes of one body, without the samples.

    `tells` has the greatest revision of each record, `stretches` every stretch of samples that joins a series,
    `measured` the latest measured instant of each source, `spans` where the facts lie.
    """

    tells: Mapping[RecordName, ReportedRecord]
    stretches: frozenset[tuple[Source, Stretch]] = frozenset()
    measured: Mapping[Source, int]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Bodies that belong together, the records they tell of as they stand, and the stretches of their samples.

    `stale` says that what stands is not what today's parsers make of them; `whole` that all of them could be read.
    """

    bodies: frozenset[str]
    stood: tuple[CurrentRecord, ...]
    stretches: frozenset[tuple[Source, Stretch]]
    stale: bool
    whole: bool


def reading(attributed_facts: Iterable[AttributedFact]) -> Reading:
    """Return the reading of one body from the facts it told."""
    facts = [item.fact for item in attributed_facts]
    best: dict[RecordName, int] = {}
    for fact in facts:
        name = fact.head.source, fact.head.record
        best[name] = max(best.get(name, fact.head.revision), fact.head.revision)
    contents: dict[RecordName, dict[Within, bytes]] = {name: {} for name in best}
    stretches: dict[RecordName, set[Stretch]] = defaultdict(set)
    measured: dict[Source, int] = {}
    for fact in facts:
        name = fact.head.source, fact.head.record
        if isinstance(fact, SampleBlock) and fact.joining is Joining.STREAM and len(fact.t):
            stretches[name].add((fact_rows.metric_id(fact), int(fact.t[0]), int(fact.t[-1])))
        if fact.head.revision == best[name]:
            within = kind_of(fact), fact_rows.metric_id(fact), fact_rows.part_of(fact)
            contents[name][within] = max(contents[name].get(within, b""), fact_rows.content(fact))
        at = fact_rows.measured_ms(fact)
        if at is not None:
            measured[fact.head.source] = max(measured.get(fact.head.source, at), at)
    tells = {
        name: ReportedRecord(
            revision=best[name], contents=contents[name], stretches=frozenset(stretches[name])
        )
        for name in best
    }
    joined = frozenset(
        (name[0], stretch) for name, matches in stretches.items() for stretch in matches
    )
    return Reading(
        tells=tells, stretches=joined, measured=measured, spans=merge(map(fact_rows.span_of, facts))
    )


def clusters(
    readings: Mapping[str, Reading], values: Mapping[RecordName, CurrentRecord]
) -> list[Cluster]:
    """Return all bodies (hex) that tell or told anything, grouped, in the order of `readings`; unknown ones last."""
    root: dict[str, str] = {}
    for first, second in _links(readings, values):
        low, high = sorted((_root(root, first), _root(root, second)))
        if low != high:
            root[high] = low
    groups: dict[str, set[str]] = defaultdict(set)
    for sha in (*readings, *(value.body for value in values.values())):
        groups[_root(root, sha)].add(sha)
    stood: dict[str, dict[RecordName, CurrentRecord]] = defaultdict(dict)
    for name, item in values.items():
        stood[_root(root, item.body)][name] = item
    return [_cluster(bodies, stood[top], readings) for top, bodies in groups.items()]


def measured(readings: Iterable[Reading]) -> dict[Source, int]:
    """Return the latest measured instant of each source, epoch ms."""
    latest: dict[Source, int] = {}
    for item in readings:
        for source, at in item.measured.items():
            latest[source] = max(latest.get(source, at), at)
    return latest


def _cluster(
    bodies: set[str], stood: Mapping[RecordName, CurrentRecord], readings: Mapping[str, Reading]
) -> Cluster:
    read = [readings[sha] for sha in bodies if sha in readings]
    wanted = _wanted({sha: readings[sha] for sha in bodies if sha in readings})
    here = {
        name: (item.telling.revision, item.body, item.telling.contents)
        for name, item in stood.items()
    }
    stretches = {
        (name[0], stretch) for name, item in stood.items() for stretch in item.telling.stretches
    }
    return Cluster(
        bodies=frozenset(bodies),
        stood=tuple(stood.values()),
        stretches=frozenset(stretches.union(*(item.stretches for item in read))),
        stale=wanted != here,
        whole=len(read) == len(bodies),
    )


def _wanted(
    readings: Mapping[str, Reading],
) -> dict[RecordName, tuple[int, str, Mapping[Within, bytes]]]:
    """Return what must stand of each record: the greater (revision, body), as the writer decides."""
    best: dict[RecordName, tuple[int, str, Mapping[Within, bytes]]] = {}
    for sha, item in readings.items():
        for name, telling in item.tells.items():
            mine = telling.revision, sha, telling.contents
            if name not in best or mine[:2] > best[name][:2]:
                best[name] = mine
    return best


def _links(
    readings: Mapping[str, Reading], values: Mapping[RecordName, CurrentRecord]
) -> Iterator[tuple[str, str]]:
    """Yield pairs of bodies that belong together."""
    speakers: dict[RecordName, list[str]] = defaultdict(list)
    joined: dict[tuple[Source, int], list[tuple[int, int, str]]] = defaultdict(list)
    for sha, item in readings.items():
        for name in item.tells:
            speakers[name].append(sha)
        for source, (metric, first, last) in item.stretches:
            joined[source, metric].append((first, last, sha))
    for (source, record), stood in values.items():
        speakers[source, record].append(stood.body)
        for metric, first, last in stood.telling.stretches:
            joined[source, metric].append((first, last, stood.body))
    for together in speakers.values():
        yield from ((together[0], other) for other in together[1:])
    for matches in joined.values():
        yield from _overlapping(sorted(matches))


def _overlapping(stretches: Sequence[tuple[int, int, str]]) -> Iterator[tuple[str, str]]:
    reach, holder = -1, ""
    for first, last, sha in stretches:
        if first <= reach:
            yield holder, sha
        if last > reach:
            reach, holder = last, sha


def _root(root: dict[str, str], sha: str) -> str:
    while sha in root:
        if root[sha] in root:
            root[sha] = root[root[sha]]  # shorten the way for the next time
        sha = root[sha]
    return sha
