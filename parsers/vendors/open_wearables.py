"""Open Wearables' outgoing webhooks to facts: workouts, samples, totals of days, wear. Pure.

A body holds one event: `{"type": …, "data": {"user_id": …, …}}`. Bodies have no revision: of a
workout's or a night's versions the last stated counts, of a day's totals the greatest (they grow),
and samples join their series. Positions and stages of sleep are never read.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from model.calendar import DAY_MS, MINUTE_MS, utc
from model.codec import dumps, plain
from model.columns.build import (
    converted_values,
    in_time_order,
    local_instants,
    split_at_gaps,
    to_columns,
)
from model.facts import (
    BLOCK,
    DaySummary,
    Fact,
    Instants,
    Joining,
    Method,
    Parsed,
    RejectKind,
    SampleBlock,
    Source,
    Values,
    Workout,
)
from model.metrics import METRIC, Metric
from model.received import Context, Notice, NoticeKind, ReaderItem
from model.words.units import unit_conversion
from parsers.alike import Alike, read_alike
from parsers.bounds import (
    LONGEST_GAP_MS,
    LONGEST_WORKOUT_MS,
    MOST_FACTS,
    MOST_RECORDS,
    MOST_SERIES,
    readable,
)
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    document,
    head,
    instant_of,
    kept_without,
    list_of,
    measure_of,
    number_within,
    object_of,
    optional_text,
    rejects,
    text,
    zone_offset,
)
from parsers.lazy_readers import single_part
from parsers.pauses import SHORTEST_PAUSE_MS
from parsers.vendors.hubs.values import shows_sleep, sleep_as_wear
from parsers.vendors.open_wearables_names import (
    CONNECTION_EVENTS,
    NOT_FOLLOWED_EVENTS,
    NOT_FOLLOWED_SERIES,
    SERIES,
    SERIES_EVENT_PREFIX,
    SERIES_EVENTS,
    SLEEP_EVENT,
    SUMMARY,
    WORKOUT_EVENTS,
    WORKOUT_TYPES,
    device_type,
)
from parsers.word_tables import type_of_word

_VENDOR = "open_wearables"

_Errors: TypeAlias = list[Unreadable]
# Samples of the same device at the same UTC offset (minutes) make a block.
Series: TypeAlias = tuple[Source, int | None]


def read_open_wearables(body: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield the facts of one event or what it notifies; BodyError as `parse_open_wearables`."""
    parsed = _complete(body)
    # a batch that reads as columns is of samples, and no notice
    if parsed is None:
        event = document(body)
        kind = event.get("type")
        if isinstance(kind, str) and kind in CONNECTION_EVENTS:
            yield _notice(CONNECTION_EVENTS[kind], event)
            return
        parsed = _singly(event)
    result = parsed
    yield from single_part(lambda _body: result)(body, context)


def _notice(kind: NoticeKind, event: JsonObject) -> Notice:
    """Return what became of a user's connection to one vendor; its scope is that vendor."""
    try:
        data = object_of(event.get("data"), "data")
        account = text(data.get("user_id"), "data.user_id")
        provider = optional_text(data.get("provider"), "data.provider")
    except Unreadable as error:
        raise body_error(error) from error
    return Notice(account=account, kind=kind, scopes=(provider,) if provider else ())


def parse_open_wearables(body: bytes) -> Parsed:
    """Return the facts of one event; BodyError when it is no event or names no user.

    A known event or series that is not followed gives neither facts nor rejects. An unknown event
    or series is a reject.
    """
    return _complete(body) or _singly(document(body))


def _singly(event: JsonObject) -> Parsed:
    try:
        data = object_of(event.get("data"), "data")
        account = text(data.get("user_id"), "data.user_id")
        kind = text(event.get("type"), "type")
    except Unreadable as error:
        raise body_error(error) from error
    errors: _Errors = []
    try:
        facts = tuple(_counted(_facts(kind, data, errors)))
    except Unreadable as error:
        facts, errors = (), [*errors, error]
    return Parsed(account=account, facts=facts, rejects=rejects(errors))


def _counted(facts: Iterator[Fact]) -> Iterator[Fact]:
    for count, fact in enumerate(facts):
        if count == MOST_FACTS:
            raise Unreadable("data", f"more than {MOST_FACTS} facts", RejectKind.TOO_MUCH)
        yield fact


def _facts(kind: str, data: JsonObject, errors: _Errors) -> Iterator[Fact]:
    if kind in WORKOUT_EVENTS:
        yield _workout(data, errors)
    elif kind == SLEEP_EVENT:
        yield from _night(data, errors)
    elif _is_series(kind):
        yield from _series(data, errors)
    elif kind not in NOT_FOLLOWED_EVENTS:
        raise Unreadable("type", "an unknown event", RejectKind.UNKNOWN)


def _is_series(kind: str) -> bool:
    return kind in SERIES_EVENTS or kind.startswith(SERIES_EVENT_PREFIX)


def _workout(data: JsonObject, errors: _Errors) -> Workout:
    start, written = instant_of(data.get("start_time"), "data.start_time")
    end, _ = instant_of(data.get("end_time"), "data.end_time")
    if not 0 < end - start <= LONGEST_WORKOUT_MS:
        raise Unreadable(
            "data.end_time", "not after the start by at most seven days", RejectKind.RANGE
        )
    record = text(data.get("id"), "data.id")
    result = kept_without(errors, "", optional_text, data.get("type"), "data.type")
    zone = kept_without(errors, None, zone_offset, data.get("zone_offset"), "data.zone_offset")
    offset = _offset(zone, written)
    source = _source(data.get("source"), "data.source", Method.WORKOUT, errors)
    summary = dict(_summary(data, errors))
    return Workout(
        head=head(source, record, 0, (start, end), offset),
        type=type_of_word(WORKOUT_TYPES, result, "data.type", errors),
        vendor_type=result,
        moving_ms=_timer_ms(summary, end - start),
        summary=summary,
    )


def _night(data: JsonObject, errors: _Errors) -> Iterator[SampleBlock]:
    """Yield a night as wear of the device that measured it; sent again, it replaces itself."""
    start, written = instant_of(data.get("start_time"), "data.start_time")
    end, _ = instant_of(data.get("end_time"), "data.end_time")
    record = text(data.get("id"), "data.id")
    zone = kept_without(errors, None, zone_offset, data.get("zone_offset"), "data.zone_offset")
    source = _source(data.get("source"), "data.source", Method.BACKGROUND, errors)
    # only that there are stages counts: a diary has none
    nothing: JsonObject = {}
    stages = {} if data.get("stages") is None else data["stages"]
    measured = kept_without(errors, nothing, object_of, stages, "data.stages").values()
    if shows_sleep(source, is_measured=any(minutes is not None for minutes in measured)):
        of = head(source, f"night:{record}", 0, (start, end), _offset(zone, written))
        yield sleep_as_wear(of, "data.end_time")


def _timer_ms(summary: dict[str, float], length_ms: int) -> int | None:
    """Return the time of the timer: a stated duration that is shorter than the workout.

    It is in seconds, so a difference below one is no pause. A duration as long as the workout, or
    of nothing, tells of no timer.
    """
    timer_ms = round(summary.get("duration", 0.0) * 1000)
    return timer_ms if 0 < timer_ms <= length_ms - SHORTEST_PAUSE_MS else None


def _summary(data: JsonObject, errors: _Errors) -> Iterator[tuple[str, float]]:
    """Yield the sender's own totals; a bad total is an error, and the workout is still kept."""
    for result, (ours, most) in SUMMARY.items():
        try:
            if data.get(result) is not None:
                yield ours, number_within(data[result], 0, most, f"data.{result}")
        except Unreadable as error:
            errors.append(error)


def _series(data: JsonObject, errors: _Errors) -> Iterator[Fact]:
    series = _series_type(data)
    if series in NOT_FOLLOWED_SERIES:
        return
    if series not in SERIES:
        raise Unreadable("data.series_type", "an unknown series", RejectKind.UNKNOWN)
    samples = list_of(data.get("samples"), "data.samples")
    if len(samples) > MOST_RECORDS:
        raise Unreadable("data.samples", f"more than {MOST_RECORDS} samples", RejectKind.TOO_MUCH)
    blocks: defaultdict[Series, list[tuple[int, float]]] = defaultdict(list)
    totals: dict[tuple[Source, str], DaySummary] = {}
    for read in _readings(samples, series, errors):
        if read.is_total:
            total = _total(series, read)
            of = read.source, total.head.record
            # A total grows during its day and may come several times in a batch: the greatest
            # counts.
            totals[of] = max(totals.get(of, total), total, key=lambda entry: entry.head.revision)
        else:
            blocks[read.source, read.offset].append((read.ms, read.value))
        if len(blocks) > MOST_SERIES:
            raise _too_many_series()
    yield from totals.values()
    for key, points in blocks.items():
        yield from _blocks(key, series, *to_columns(points))


def _series_type(data: JsonObject) -> str:
    """Return the series of a batch; older senders name it in the samples alone."""
    result, samples = data.get("series_type"), data.get("samples")
    if result is None and isinstance(samples, list) and samples and isinstance(samples[0], dict):
        result = samples[0].get("type")
    return text(result, "data.series_type")


class _Context(NamedTuple):
    """What the samples of one device have in common. It is read once, not for each sample."""

    source: Source
    factor: float
    shift: float
    zone: int | None


class _Reading(NamedTuple):
    """One sample that could be read."""

    source: Source
    offset: int | None
    ms: int
    value: float
    is_total: bool


def _complete(body: bytes) -> Parsed | None:
    """Read a batch as columns, ten times as fast as sample by sample.

    This works where samples differ in time and value only, and gives what `_singly` gives. None
    when anything is wrong: `_singly` then reports what and where.
    """
    alike = read_alike(body, ("data", "samples"), "timestamp", "value")
    if alike is None or len(alike.texts) > MOST_RECORDS:
        return None
    kind, data = alike.document.get("type"), alike.document["data"]
    try:
        account, series = text(data.get("user_id"), "data.user_id"), _series_type(data)
        first = data["samples"][0]
        if (
            not _is_series(text(kind, "type"))
            or series not in SERIES
            or first.get("is_daily_total") is True
        ):
            return None
        errors: _Errors = []
        context = _context(first, series, errors)
        at_ms, written = instant_of(first["timestamp"], "timestamp")
    except Unreadable:
        return None
    if errors:
        return None
    offset = _offset(context.zone, written)
    columns = _columns(alike, at_ms, context, METRIC[SERIES[series]])
    if columns is None:
        return None
    return Parsed(
        account=account,
        facts=tuple(_blocks((context.source, offset), series, *columns)),
        rejects=(),
    )


def _columns(
    alike: Alike, at_ms: int, context: _Context, row: Metric
) -> tuple[Instants, Values] | None:
    """Return (t, v) of samples, the first at `at_ms`; None when a time or value is not readable."""
    local = local_instants(alike.texts)
    v = converted_values(alike.numbers, context.factor, context.shift, (row.floor, row.ceiling))
    if local is None or v is None:
        return None
    # All times have the same offset from UTC, so the first instant fixes it for all of them.
    t = local - (local[0] - at_ms)
    return in_time_order(t, v) if readable(int(t.min())) and readable(int(t.max())) else None


def _too_many_series() -> Unreadable:
    return Unreadable(
        "data.samples", f"more than {MOST_SERIES} devices and offsets", RejectKind.TOO_MUCH
    )


def _readings(samples: list[Any], series: str, errors: _Errors) -> Iterator[_Reading]:
    known: dict[object, _Context] = {}
    for index, sample in enumerate(samples):
        if len(known) > MOST_SERIES:
            raise _too_many_series()
        own: _Errors = []
        try:
            yield _reading(object_of(sample, ""), series, known, own)
        except Unreadable as error:
            own.append(error)
        for reason in own:
            where = f"data.samples[{index}].{reason.where}".rstrip(".")
            errors.append(Unreadable(where, reason.why, reason.kind))


def _reading(
    sample: JsonObject, series: str, known: dict[object, _Context], errors: _Errors
) -> _Reading:
    """Read one sample.

    The paths of its errors begin at the sample: building full paths for every sample would be slow.
    """
    source = sample.get("source")
    if not isinstance(source, dict):
        source = {"provider": source}  # for the key only
    # Thousands of samples share few contexts. The key has every member that a context is made of.
    key = (
        sample.get("type"),
        sample.get("unit"),
        sample.get("zone_offset"),
        source.get("provider"),
        source.get("device"),
    )
    try:
        context = known[key]
    except (KeyError, TypeError):  # TypeError: a list or an object where a text should be
        context = _context(sample, series, errors)
        # A context with a field that cannot be read is made anew, so that each sample says so.
        if not errors:
            known[key] = context
    ms, written = instant_of(sample.get("timestamp"), "timestamp")
    value = measure_of(sample.get("value"), SERIES[series], "value", context.factor, context.shift)
    offset = _offset(context.zone, written)
    return _Reading(context.source, offset, ms, value, sample.get("is_daily_total") is True)


def _context(sample: JsonObject, series: str, errors: _Errors) -> _Context:
    """Read what is the same in many samples.

    Only texts and null pass, so that the members are a key under which the result is kept.
    """
    stated = sample.get("type")
    if stated is not None and not _is_of_series(stated, series):
        raise Unreadable("type", "not the type of its series", RejectKind.UNKNOWN)
    unit = sample.get("unit")
    row = unit_conversion(unit, METRIC[SERIES[series]].unit) if isinstance(unit, str) else None
    if row is None:
        raise Unreadable("unit", f"not a unit of {SERIES[series]}", RejectKind.UNKNOWN)
    zone = kept_without(errors, None, zone_offset, sample.get("zone_offset"), "zone_offset")
    source = _source(sample.get("source"), "source", Method.UNKNOWN, errors)
    return _Context(source, row.factor, row.offset, zone)


def _is_of_series(value: object, series: str) -> bool:
    """Return whether a sample's own type names the series, perhaps by its other name."""
    return value == series or (isinstance(value, str) and SERIES.get(value) == SERIES[series])


def _total(series: str, read: _Reading) -> DaySummary:
    """Return the total of the local date of its instant.

    Without an offset it is the date as written (UTC).
    """
    shift = (read.offset or 0) * MINUTE_MS
    day = utc(read.ms + shift).date()
    start = (read.ms + shift) // DAY_MS * DAY_MS - shift
    of = head(
        read.source,
        f"{SERIES[series]}:{day}",
        int(read.value * 1000),
        (start, start + DAY_MS),
        read.offset,
    )
    return DaySummary(head=of, local_date=day, values={SERIES[series]: read.value})


def _blocks(of: Series, series: str, t: Instants, v: Values) -> Iterator[SampleBlock]:
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


def _source(value: object, where: str, method: Method, errors: _Errors) -> Source:
    nothing: JsonObject = {}
    source = kept_without(errors, nothing, _source_object, value, where)
    names = []
    for name in ("provider", "device"):
        field = f"{where}.{name}"
        names.append(kept_without(errors, "", optional_text, source.get(name), field))
    provider, device = names
    kind = device_type(provider, device)
    return Source(vendor=_VENDOR, app=provider, device=device, device_type=kind, method=method)


def _source_object(value: object, where: str) -> JsonObject:
    """Return a source as an object; some senders give only its provider as a text, or nothing."""
    if value is None:
        return {}
    return {"provider": value} if isinstance(value, str) else object_of(value, where)


def _offset(zone: int | None, written: int | None) -> int | None:
    """Return the offset of the source's clock in minutes.

    Without `zone_offset`, a time written in UTC does not show the offset: the result is None.
    """
    return written or None if zone is None else zone
