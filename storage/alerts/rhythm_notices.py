"""The notices about rhythm that rule H5 passes on, as storage and `derive` give them alike.

The same notice by two ways of a vendor counts once: it has the same beginning.
"""

from collections.abc import Iterable
from operator import attrgetter

from model.alerting.rule_rows import RhythmNotice
from model.calendar import DAY_MS
from model.columns.window import SampleColumn
from model.facts import Method
from model.spans import Span
from model.vendors.rhythm_notices import RHYTHM_NOTICE

# as long as reports are read: an alert that comes back rests on what is older than may raise one
_LOOK_BACK_MS = 70 * DAY_MS


def notices_within(now_ms: int) -> Span:
    """Return the time of which notices count; a day ahead, for a watch whose clock is."""
    return Span(start_ms=now_ms - _LOOK_BACK_MS, end_ms=now_ms + DAY_MS)


def notices_in(columns: Iterable[SampleColumn], now_ms: int) -> tuple[RhythmNotice, ...]:
    """Return the notices among columns of samples, by time and vendor."""
    span = notices_within(now_ms)
    notices: set[RhythmNotice] = set()
    for column in columns:
        # what somebody typed in is no notice of the vendor's
        if column.metric != RHYTHM_NOTICE or column.source.method is Method.MANUAL:
            continue
        vendor = column.source.vendor
        inside = (column.t >= span.start_ms) & (column.t < span.end_ms) & (column.v > 0)
        notices |= {RhythmNotice(vendor=vendor, at_ms=at) for at in column.t[inside].tolist()}
    return tuple(sorted(notices, key=attrgetter("at_ms", "vendor")))
