"""The time of a session below, within and above the prescribed range. Pure."""

from model.derived.sessions import Session
from model.intensity import ZoneTimesByMethod

_PRESCRIBED = "prescribed"  # the scheme of the prescribed range


def times_by_range(session: Session) -> ZoneTimesByMethod | None:
    """Return the times by the range; None where none is prescribed or nothing could be compared.

    Its `ms` are the time below, within and above the range, in this order.
    """
    rows = (row for row in session.zone_times_by_method if row.scheme == _PRESCRIBED)
    return next((row for row in rows if row.valid and any(row.ms)), None)
