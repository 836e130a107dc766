"""Numbers and instants as text for the pages. Pure: zone and current time are arguments."""

from datetime import date
from zoneinfo import ZoneInfo

from model.calendar import DAY_MS, MINUTE_MS, utc

# Actions of the audit log in words. Old rows may have other names, which `label` turns into words.
ACTIONS: dict[str, str] = {
    "data.read": "Read",
    "data.refused": "Asked for, not shown",
    "list.read": "Saw on a list",
    "alert.acknowledge": "Acknowledged",
    "alert.start": "Started",
    "alert.snooze": "Snoozed",
    "alert.resolve": "Resolved",
    "alert.reopen": "Opened again",
    "session.mark": "Marked a session",
    "annotation.add": "Wrote an annotation",
    "annotation.remove": "Took an annotation back",
    "note.write": "Changed the pinned note",
}
_HOUR_MS = 60 * MINUTE_MS
NOTHING = "\u2013"


def span(ms: int) -> str:
    """Return a length exactly, as m:ss or h:mm:ss, with parts of a second when there are any."""
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
    """Return a length in minutes, rounded down: 29:59 is 29 minutes."""
    return f"{ms // MINUTE_MS} min"


def ago(then_ms: int, now_ms: int) -> str:
    """Return the age of an instant: minutes below an hour, hours below two days, then days."""
    # The sender's clock may be a little ahead of ours.
    past = max(now_ms - then_ms, 0)
    if past < MINUTE_MS:
        return "just now"
    if past < _HOUR_MS:
        return f"{past // MINUTE_MS} min ago"
    return f"{past // _HOUR_MS} h ago" if past < 2 * DAY_MS else f"{past // DAY_MS} days ago"


def when(ms: int, zone: str) -> str:
    """Return an instant in a zone with its date, such as Mon 23 Nov 2026, 14:05."""
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
    """Return a date, such as Mon 23 Nov 2026."""
    return f"{value:%a} {value.day} {value:%b %Y}"


def week(monday: date) -> str:
    """Return an ISO week by its number and Monday, such as W48, 23 Nov 2026."""
    return f"W{monday.isocalendar().week:02d}, {monday.day} {monday:%b %Y}"


def number(value: float | None) -> str:
    """Return a number with at most one decimal place, an en dash for None."""
    return NOTHING if value is None else f"{value:.1f}".removesuffix(".0")


def threshold(value: float) -> str:
    """Return a threshold of a rule as it was written, such as 0.75 or 9."""
    return f"{value:g}"


def percent(share: float) -> str:
    """Return a share in percent, rounded down so that 80 % is never claimed early."""
    # 0.29 * 100 is 28.999...: without the small addition, exact shares would lose a percent.
    return f"{int(share * 100 + 1e-9)} %"


def action(name: str) -> str:
    """Return an action of the audit log in words: consent.give is Consent give."""
    return ACTIONS.get(name) or label(name.replace(".", "_"))


def label(name: str) -> str:
    """Return a stored name in words: next_morning is Next morning."""
    text = f" {name.replace('_', ' ').strip()} ".replace(" hr ", " HR ").strip()
    return text[:1].upper() + text[1:]
