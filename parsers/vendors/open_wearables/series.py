"""An event of a series to facts: samples as blocks, totals of a day as summaries. Pure.

Nothing here replaces a sample that was stated before: the record of a block is what it holds.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from typing import TypeAlias

from model.calendar import DAY_MS, MINUTE_MS, utc
from model.codec import dumps, plain
from model.columns.build import split_at_gaps, to_columns
from model.facts import (
    BLOCK,
    DaySummary,
    Fact,
    Instants,
    Joining,
    RejectKind,
    SampleBlock,
    Source,
    Values,
)
from parsers.bounds import LONGEST_GAP_MS, MOST_RECORDS, MOST_SERIES
from parsers.fields import JsonObject, Unreadable, head, list_of, text
from parsers.vendors.open_wearables.names import (
    NOT_FOLLOWED_SERIES,
    SERIES,
    SERIES_EVENT_PREFIX,
    SERIES_EVENTS,
)
from parsers.vendors.open_wearables.samples import SampleReading, sample_readings, too_many_series

# Samples of the same device at the same UTC offset (minutes) make a block.
Series: TypeAlias = tuple[Source, int | None]


def is_series(kind: str) -> bool:
    """Return whether an event's name says that it holds samples."""
    return kind in SERIES_EVENTS or kind.startswith(SERIES_EVENT_PREFIX)


def series_type(data: JsonObject) -> str:
    """Return the series of a batch; older senders name it in the samples alone."""
    result, samples = data.get("series_type"), data.get("samples")
    if result is None and isinstance(samples, list) and samples and isinstance(samples[0], dict):
        result = samples[0].get("type")
    return text(result, "data.series_type")


def series_facts(data: JsonObject, errors: list[Unreadable]) -> Iterator[Fact]:
    """Yield the totals of days, then the blocks of samples; a series not followed gives nothing."""
    series = series_type(data)
    if series in NOT_FOLLOWED_SERIES:
        return
    if series not in SERIES:
        raise Unreadable("data.series_type", "an unknown series", RejectKind.UNKNOWN)
    samples = list_of(data.get("samples"), "data.samples")
    if len(samples) > MOST_RECORDS:
        raise Unreadable("data.samples", f"more than {MOST_RECORDS} samples", RejectKind.TOO_MUCH)
    blocks: defaultdict[Series, list[tuple[int, float]]] = defaultdict(list)
    totals: dict[tuple[Source, str], DaySummary] = {}
    for read in sample_readings(samples, series, errors):
        if read.is_total:
            total = _total(series, read)
            of = read.source, total.head.record
            # A total grows during its day and may come several times in a batch: the greatest
            # counts.
            totals[of] = max(totals.get(of, total), total, key=lambda entry: entry.head.revision)
        else:
            blocks[read.source, read.offset].append((read.ms, read.value))
        if len(blocks) > MOST_SERIES:
            raise too_many_series()
    yield from totals.values()
    for key, points in blocks.items():
        yield from series_blocks(key, series, *to_columns(points))


def _total(series: str, read: SampleReading) -> DaySummary:
    """Return the total of the local date of its instant.

    Without an offset it is the date as written (UTC).
    """
    shift = (read.offset or 0) * MINUTE_MS
    day = utc(read.ms + shift).date()
    start = (read.ms + shift) // DAY_MS * DAY_MS - shift
    fact_head = head(
        read.source,
        f"{SERIES[series]}:{day}",
        int(read.value * 1000),
        (start, start + DAY_MS),
        read.offset,
    )
    return DaySummary(head=fact_head, local_date=day, values={SERIES[series]: read.value})


def series_blocks(of: Series, series: str, t: Instants, v: Values) -> Iterator[SampleBlock]:
    """Yield the samples of a device, in order of time, as blocks without long gaps."""
    source, offset = of
    for some in split_at_gaps(t, BLOCK, LONGEST_GAP_MS):
        part_t, part_v = t[some], v[some]
        # The record is a hash of the content. The same samples sent again are the same record, and
        # other samples never replace them.
        content = dumps({"source": plain(source), "offset": offset, "t": part_t, "v": part_v})
        record = f"{SERIES[series]}:{hashlib.sha256(content).hexdigest()[:16]}"
        span = int(part_t[0]), int(part_t[-1]) + 1
        yield SampleBlock(
            head=head(source, record, 0, span, offset),
            metric=SERIES[series],
            t=part_t,
            v=part_v,
            joining=Joining.STREAM,
        )
