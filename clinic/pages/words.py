"""Figures and instants as a reader sees them. Pure: zone and present are arguments."""

from datetime import date
from zoneinfo import ZoneInfo

from model.calendar import DAY_MS, MINUTE_MS, utc

# How the audit log's actions read on a page; rows from before they had one spelling show their own word.
ACTIONS: dict[str, str] = {
    "data.read": "Read",
    "data.refused": "Asked for, not shown",
    "list.read": "Saw on a list",
    "alert.acknowledge": "Acknowledged",
    "alert.start": "Started",
    "alert.snooze": "Snoozed",
    "alert.resolve": "Resolved",
}
_HOUR_MS = 60 * MINUTE_MS
NOTHING = "\u2013"


def span(ms: int) -> str:
    """Return a length exactly, as m:ss or h:mm:ss; parts of a second only where there are any."""
    seconds, rest = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{rest:03d}".rstrip("0") if rest else ""
    return (
        f"{hours}:{minutes:02d}:{seconds:02d}{fraction}"
        if hours
        else f"{minutes}:{seconds:02d}{fraction}"
    )


def minutes(ms: int) -> str:
    """Return a length as whole minutes, rounded down: 29:59 is 29 minutes."""
    return f"{ms // MINUTE_MS} min"


def ago(then_ms: int, now_ms: int) -> str:
    """Return how long ago an instant was: minutes below an hour, hours below two days, then days."""
    past = max(now_ms - then_ms, 0)
    if past < MINUTE_MS:
        return "just now"
    if past < _HOUR_MS:
        return f"{past // MINUTE_MS} min ago"
    return f"{past // _HOUR_MS} h ago" if past < 2 * DAY_MS else f"{past // DAY_MS} days ago"


def when(ms: int, zone: str) -> str:
    """Return an instant in a zone, with its date: Mon 23 Nov 2026, 14:05."""
    local = utc(ms).astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M}"


def exactly(ms: int, zone: str) -> str:
    """Return an instant in a zone to the second, with its offset."""
    return utc(ms).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S %z")


def at(ms: int, zone: str) -> str:
    """Return the time of day of an instant in a zone."""
    return utc(ms).astimezone(ZoneInfo(zone)).strftime("%H:%M")


def local_iso(ms: int, zone: str) -> str:
    """Return the wall-clock time of an instant in a zone without its offset, for a chart's axis."""
    return utc(ms).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")


def day(value: date) -> str:
    """Return a date: Mon 23 Nov 2026."""
    return f"{value:%a} {value.day} {value:%b %Y}"


def week(monday: date) -> str:
    """Return an ISO week by its number and Monday: W48, 23 Nov 2026."""
    return f"W{monday.isocalendar().week:02d}, {monday.day} {monday:%b %Y}"


def number(value: float | None) -> str:
    """Return a number without trailing zeros, an en dash where there is none."""
    return NOTHING if value is None else f"{value:.1f}".removesuffix(".0")


def percent(share: float) -> str:
    """Return a share as whole percent, rounded down so that 80 % is never claimed early."""
    return f"{int(share * 100 + 1e-9)} %"


def action(name: str) -> str:
    """Return what an action of the audit log is called: consent.give is Consent give."""
    return ACTIONS.get(name) or label(name.replace(".", "_"))


def label(name: str) -> str:
    """Return a stored word as a reader's: next_morning is Next morning."""
    text = f" {name.replace('_', ' ').strip()} ".replace(" hr ", " HR ").strip()
    return text[:1].upper() + text[1:]
