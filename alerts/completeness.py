"""When the data of a span of time is in, so that what is missing may be judged. Pure.

Data that came late must change nothing that was judged, so a rule about too little waits. It waits
until every worn source has synced past the end of the span, or until the lag has passed.
"""

from alerts.worked_out import once
from model.alert import RuleInput
from model.calendar import HOUR_MS
from model.prescribing.recorded import from_recording
from model.prescription import Prescription


@once
def as_recorded(on: RuleInput) -> tuple[Prescription, ...]:
    """Return the prescriptions, each valid at the earliest from the date of its recording."""
    return from_recording(on.prescriptions, on.recorded, on.zone)


def complete_by_ms(end_ms: int, lag_hours: float) -> int:
    """Return the epoch ms by which the data of a span that ends at `end_ms` is in at the latest."""
    return end_ms + int(lag_hours * HOUR_MS)


def is_complete(on: RuleInput, end_ms: int, lag_hours: float) -> bool:
    """Return whether a span that ends at `end_ms` (epoch ms) is over and its data is in."""
    # Who answers in an app does not hold a span back, and does not make it complete either.
    worn = [mark for mark in on.watermarks if mark.worn]
    # Without any source nothing has synced, although `all` of nothing is true.
    synced = bool(worn) and all(mark.time_ms >= end_ms for mark in worn)
    return on.now_ms >= end_ms and (synced or on.now_ms >= complete_by_ms(end_ms, lag_hours))
