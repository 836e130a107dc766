"""Properties of a single fact: its span, its content hash, the records that it names.

These are pure functions of one fact. Storage, replay and parsers share them, so that each property
is defined once. Nothing here depends on another fact or decides which fact is current.
"""

from dataclasses import replace
from hashlib import sha256

from model import codec
from model.facts import MARKS, DaySummary, Deletion, Fact, Instrument, Report, SampleBlock, Workout
from model.metrics import GUESSED_INTERVAL_MS, LONGEST_INTERVAL_MS, METRIC
from model.spans import Span

# A time of a file is a whole second, and what is made from records ends with their last second.
LAST_RECORD_MS = 1_000
MADE_MARK = "made_from_"
"""How the figures of a summary are named that mark a workout as made from laps or records."""
# A count without a stated end changes how long those beside it hold, and these hold on from there.
BESIDE_MS = 2 * GUESSED_INTERVAL_MS
CONTENT_BYTES = 16  # of a SHA-256: enough to distinguish facts, and small in an index


def span_of(fact: Fact) -> Span:
    """Return the span of a fact: its interval, extended to cover its samples with their intervals.

    >>> from model.facts import Head, Source
    >>> head = Head(source=Source(vendor="v"), record="r", start_ms=1_000, end_ms=2_000)
    >>> span_of(Deletion(head=head))
    Span(start_ms=1000, end_ms=2000, samples_only=False)
    """
    head = fact.head
    if not isinstance(fact, SampleBlock):
        return Span(start_ms=head.start_ms, end_ms=head.end_ms)
    start_ms, end_ms = head.start_ms, head.end_ms
    if len(fact.t):
        # The end is exclusive, and the last sample must lie inside.
        start_ms, end_ms = min(start_ms, int(fact.t[0])), max(end_ms, int(fact.t[-1]) + 1)
        if fact.until is not None:
            end_ms = max(end_ms, int(fact.until.max()))
    return Span(start_ms=start_ms, end_ms=end_ms, samples_only=True)


def touched_span(fact: Fact) -> Span:
    """Return the span in which a fact may change what is derived; it holds the fact's own span."""
    span = span_of(fact)
    match fact:
        case SampleBlock():
            return span_touched_by_samples(span, fact.metric)
        case Deletion() if not fact.target:
            return span_touched_by_deletion(span, fact.metric)
        case _:
            return span


def span_touched_by_samples(span: Span, metric: str) -> Span:
    """Return where samples of a metric in a span may change what is derived."""
    if not METRIC[metric].over_interval:
        return span
    return replace(span, start_ms=span.start_ms - BESIDE_MS, end_ms=span.end_ms + BESIDE_MS)


def span_touched_by_deletion(span: Span, metric: str) -> Span:
    """Return where a deletion of a metric ("": of all) in a span may change what is derived."""
    if metric in METRIC and not METRIC[metric].over_interval:
        return span
    # It hides the counts that began in its span, and they may have held long after it.
    end_ms = span.end_ms + LONGEST_INTERVAL_MS + BESIDE_MS
    return replace(span, start_ms=span.start_ms - BESIDE_MS, end_ms=end_ms)


def measured_until_ms(fact: Fact) -> int | None:
    """Return the latest instant (epoch ms) up to which a fact shows that its source measured.

    None when a fact shows no such instant.
    """
    match fact:
        case SampleBlock():
            return _last_ms(fact) if len(fact.t) else None
        case Workout():
            # What is made may end up to a second after the last instant that it was made from.
            return fact.head.end_ms - (LAST_RECORD_MS if made_from(fact) else 0)
        case Report() if fact.instrument in MARKS:
            return None  # who judges a session of last week has measured nothing until then
        case Report():
            return fact.head.end_ms
        case DaySummary():
            # Totals grow during the day, so they show only that the day had begun.
            return fact.head.start_ms
        case Deletion():
            return None


def _last_ms(block: SampleBlock) -> int:
    """Return the last instant up to which a sample of a block holds."""
    last_ms = int(block.t[-1])
    # An interval that began earlier may end later.
    return last_ms if block.until is None else max(last_ms, int(block.until.max()))


def unplaced_pause_ms(workout: Workout) -> int:
    """Return how much of the paused time that a source states lies in none of its intervals.

    >>> from model.facts import Head, Source
    >>> head = Head(source=Source(vendor="v"), record="r", start_ms=0, end_ms=9_000)
    >>> unplaced_pause_ms(Workout(head=head, type="walking", moving_ms=5_000, pauses=((1, 1_001),)))
    3000
    """
    # A timer of 0 is what some writers put where they know none.
    if not workout.moving_ms:
        return 0
    head = workout.head
    placed_ms = sum(end - start for start, end in workout.pauses)
    return max(0, head.end_ms - head.start_ms - placed_ms - workout.moving_ms)


def made_from(workout: Workout) -> str:
    """Return what a workout was made from, "laps" or "records", "" where a source declared it."""
    for name in workout.summary:
        if name.startswith(MADE_MARK):
            return name.removeprefix(MADE_MARK)
    return ""


def target_record(fact: Fact) -> str:
    """Return the other record that a fact names, or "" when it names none.

    A deletion names the deleted record, a report the session that it is about.
    """
    match fact:
        case Deletion():
            return fact.target
        case Report():
            return fact.session
        case _:
            return ""


def session_records(fact: Fact) -> frozenset[str]:
    """Return the records by which other facts may refer to the session of a fact.

    A workout and a session that a patient declared have their own record. A report also names the
    record of the session that it is about.
    """
    names = {fact.session} if isinstance(fact, Report) else set()
    declared = isinstance(fact, Report) and fact.instrument is Instrument.SESSION
    if declared or isinstance(fact, Workout):
        names.add(fact.head.record)
    return frozenset(names - {""})  # a report may name no session


def metric_id(fact: Fact) -> int:
    """Return the stored id of a block's metric, and 0 for every other fact."""
    return METRIC[fact.metric].id if isinstance(fact, SampleBlock) else 0


def part_number(fact: Fact) -> int:
    """Return the part number of a block, and 0 for every other fact."""
    return fact.part if isinstance(fact, SampleBlock) else 0


def content_hash(fact: Fact) -> bytes:
    """Return a hash of 16 bytes that is equal for equal facts only.

    Samples are hashed as little-endian bytes, because encoding them as JSON would take most of the
    writer's time.
    """
    if not isinstance(fact, SampleBlock):
        return sha256(codec.encode_fact(fact)).digest()[:CONTENT_BYTES]
    described = [codec.plain(fact.head), fact.metric, fact.joining.value, fact.part]
    hashed = sha256(codec.dumps(described))
    # In this byte order on every machine: the hash is stored and compared with later ones.
    hashed.update(fact.t.astype("<i8", copy=False).tobytes())
    hashed.update(fact.v.astype("<f8", copy=False).tobytes())
    if fact.until is not None:
        hashed.update(fact.until.astype("<i8", copy=False).tobytes())
    return hashed.digest()[:CONTENT_BYTES]


def records_of_samples(record: str) -> frozenset[str]:
    """Return the records under which readers give the samples of a workout's record.

    A reader names them after the workout. A file with several sessions numbers its workouts, and
    has its samples under the name of the file.

    >>> sorted(records_of_samples("fit:1f:9:0"))
    ['fit:1f:9', 'fit:1f:9:0', 'fit:1f:9:0:samples', 'fit:1f:9:beats']
    """
    file, _, number = record.rpartition(":")
    of_file = {file, f"{file}:beats"} if file and number.isdecimal() else set()
    return frozenset({record, f"{record}:samples", *of_file})
