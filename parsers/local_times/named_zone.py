"""The zone of local times without an offset, where whoever sends a payload names one. Pure."""

from model.calendar import known_zone
from model.received import Context
from parsers.fields import Unreadable

NO_OFFSET = "a local time without an offset from UTC"
TIME_ZONE = "time-zone"  # a header of ours: files have no place for it


def named_zone(context: Context) -> str:
    """Return the IANA zone of a payload's local times, "" where nobody names one.

    Raises Unreadable for a name that is no zone.

    >>> named_zone(Context(connector="files", headers={"time-zone": "Europe/Stockholm"}))
    'Europe/Stockholm'
    """
    zone = context.headers.get(TIME_ZONE) or context.zone
    try:
        return known_zone(zone) if zone else ""
    except ValueError as error:
        raise Unreadable(TIME_ZONE, "not the name of a time zone") from error
