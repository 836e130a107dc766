"""When the data of a span of time is in, so that what is missing may be judged. Pure.

Nothing is missing of days before a prescription was written down: `as_recorded` says from when it
counts.

Data that came late must change nothing that was judged, so a rule about too little waits. It waits
until every source that is worn all day has synced past the end of the span, or until the lag has
passed.
"""

from alerts.worked_out import once
from model.alert import RuleInput
from model.calendar import DAY_MS, HOUR_MS
from model.prescribing.recorded import from_recording
from model.prescription import Prescription

# A watch that was replaced would hold back every span to come, our default.
_PUT_AWAY_MS = 28 * DAY_MS


@once
def as_recorded(on: RuleInput) -> tuple[Prescription, ...]:
    """Return the prescriptions, each valid at the earliest from the date of its recording."""
    return from_recording(on.prescriptions, on.recorded, on.zone)


def complete_by_ms(end_ms: int, lag_hours: float) -> int:
    """Return the epoch ms by which the data of a span that ends at `end_ms` is in at the latest."""
    return end_ms + int(lag_hours * HOUR_MS)


def is_complete(on: RuleInput, end_ms: int, lag_hours: float) -> bool:
    """Return whether a span that ends at `end_ms` (epoch ms) is over and its data is in."""
    # What is not worn all day does not hold a span back, and does not make it complete either.
    in_use = [
        mark.time_ms
        for mark in on.watermarks
        if mark.all_day and mark.time_ms > end_ms - _PUT_AWAY_MS
    ]
    # Without any source nothing has synced, although `all` of nothing is true.
    synced = bool(in_use) and min(in_use) >= end_ms
    return on.now_ms >= end_ms and (synced or on.now_ms >= complete_by_ms(end_ms, lag_hours))
