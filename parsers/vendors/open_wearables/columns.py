"""A batch of samples that differ in time and value only, read as columns. Pure.

It must give what reading the samples one by one gives, or nothing.
"""

from model.columns.build import converted_values, in_time_order, local_instants
from model.facts import Instants, Parsed, Values
from model.metrics import METRIC, Metric
from parsers.alike import Alike, read_alike
from parsers.bounds import MOST_RECORDS, readable
from parsers.fields import Unreadable, instant_of, text
from parsers.vendors.open_wearables.names import SERIES
from parsers.vendors.open_wearables.samples import SampleContext, sample_context
from parsers.vendors.open_wearables.series import is_series, series_blocks, series_type
from parsers.vendors.open_wearables.sources import clock_offset


def columns_of_batch(body: bytes) -> Parsed | None:
    """Read a batch as columns, ten times as fast as sample by sample.

    This works where samples differ in time and value only, and gives what `sample_readings` gives.
    None when anything is wrong: reading the samples one by one then reports what and where.
    """
    alike = read_alike(body, ("data", "samples"), "timestamp", "value")
    if alike is None or len(alike.texts) > MOST_RECORDS:
        return None
    kind, data = alike.document.get("type"), alike.document["data"]
    try:
        account, series = text(data.get("user_id"), "data.user_id"), series_type(data)
        first = data["samples"][0]
        if (
            not is_series(text(kind, "type"))
            or series not in SERIES
            or first.get("is_daily_total") is True
        ):
            return None
        errors: list[Unreadable] = []
        context = sample_context(first, series, errors)
        at_ms, written = instant_of(first["timestamp"], "timestamp")
    except Unreadable:
        return None
    if errors:
        return None
    offset = clock_offset(context.zone, written)
    columns = _columns(alike, at_ms, context, METRIC[SERIES[series]])
    if columns is None:
        return None
    return Parsed(
        account=account,
        facts=tuple(series_blocks((context.source, offset), series, *columns)),
        rejects=(),
    )


def _columns(
    alike: Alike, at_ms: int, context: SampleContext, row: Metric
) -> tuple[Instants, Values] | None:
    """Return (t, v) of samples, the first at `at_ms`; None when a time or value is not readable."""
    local = local_instants(alike.texts)
    v = converted_values(alike.numbers, context.factor, context.shift, (row.floor, row.ceiling))
    if local is None or v is None:
        return None
    # All times have the same offset from UTC, so the first instant fixes it for all of them.
    t = local - (local[0] - at_ms)
    return in_time_order(t, v) if readable(int(t.min())) and readable(int(t.max())) else None
