"""Words for instants, lengths and stored names. Pure: zone and current time are arguments.

Texts are in the reader's language, see `model.words.language`.
"""

from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

from clinic.language.vocabulary import ACTIONS, ANSWER_SCALES, VENDOR_WORDS
from model.calendar import DAY_MS, MINUTE_MS, local_date, local_time, midnight, utc
from model.words.language import _, ngettext, reading_language, translated
from model.words.not_counted import is_marked, least_minutes, mark_parts
from model.words.rounding import half_up, percent_down
from model.words.source_names import app_name, brand, device_name, without_repetition

_HOUR_MS = 60 * MINUTE_MS
NOTHING = "\u2013"
_A_MONDAY = date(2024, 1, 1)


def span(ms: int) -> str:
    """Return a length exactly, as m:ss or h:mm:ss, with parts of a second when there are any."""
    seconds, rest = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    mark = reading_language().decimal_mark
    fraction = f"{mark}{rest:03d}".rstrip("0") if rest else ""
    return (
        f"{hours}:{minutes:02d}:{seconds:02d}{fraction}"
        if hours
        else f"{minutes}:{seconds:02d}{fraction}"
    )


def minutes(ms: int) -> str:
    """Return a length in minutes, rounded down: 29:59 is 29 minutes."""
    return _("%(n)s min", n=ms // MINUTE_MS)


def ago(then_ms: int, now_ms: int) -> str:
    """Return the age of an instant: minutes below an hour, hours below two days, then days."""
    # The sender's clock may be a little ahead of ours.
    past = max(now_ms - then_ms, 0)
    if past < MINUTE_MS:
        return _("just now")
    if past < _HOUR_MS:
        return _("%(n)s min ago", n=past // MINUTE_MS)
    if past < 2 * DAY_MS:
        return _("%(n)s h ago", n=past // _HOUR_MS)
    return ngettext("%(num)s day ago", "%(num)s days ago", past // DAY_MS)


def contact(then_ms: int | None, now_ms: int) -> str:
    """Return how long ago a patient was contacted about an alert."""
    if then_ms is None:
        return _("no contact yet")
    return _("contact %(ago)s", ago=ago(then_ms, now_ms))


def review(then_ms: int | None, name: str, now_ms: int) -> str:
    """Return who reviewed a patient and when, or for how many days nobody did."""
    if then_ms is None:
        return _("never reviewed")
    days_ago = (now_ms - then_ms) // DAY_MS
    if days_ago:
        return ngettext(
            "not reviewed for %(num)s day, last by %(who)s",
            "not reviewed for %(num)s days, last by %(who)s",
            days_ago,
            who=name,
        )
    return _("%(ago)s by %(who)s", ago=ago(then_ms, now_ms), who=name)


def when(ms: int, zone: str) -> str:
    """Return an instant in a zone with its date, such as Mon 23 Nov 2026, 14:05."""
    local = utc(ms).astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M}"


def exactly(ms: int, zone: str) -> str:
    """Return an instant in a zone to the second, with its offset."""
    return utc(ms).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S %z")


def at(ms: int, zone: str) -> str:
    """Return the time of day of an instant in a zone."""
    return local_time(ms, zone)


def local_iso(ms: int, zone: str) -> str:
    """Return the wall-clock time of an instant in a zone without its offset, for a chart's axis."""
    return utc(ms).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")


def day_of(ms: int, zone: str) -> str:
    """Return the date at an instant in a zone, such as Mon 23 Nov 2026."""
    return day(local_date(ms, zone))


def day(value: date) -> str:
    """Return a date, such as Mon 23 Nov 2026."""
    return _date(value, "EEE d MMM y", reading_language().code)


def short_day(value: date) -> str:
    """Return a date without its year, such as 23 Nov."""
    return _date(value, "d MMM", reading_language().code)


def days(first: date, last: date) -> str:
    """Return a span of dates, both within it."""
    return _("%(first)s to %(last)s", first=day(first), last=day(last))


def lasting(from_ms: int, until_ms: int, zone: str) -> str:
    """Return a span of time [from_ms, until_ms): by its dates, both within it, or by its times.

    It has dates where it begins and ends at midnight in the zone.
    """
    first, after = local_date(from_ms, zone), local_date(until_ms, zone)
    if (midnight(first, zone), midnight(after, zone)) != (from_ms, until_ms):
        return _("from %(first)s to %(last)s", first=when(from_ms, zone), last=when(until_ms, zone))
    last = after - timedelta(days=1)
    return day(first) if last <= first else days(first, last)


def week(monday: date) -> str:
    """Return an ISO week by its number and Monday, such as W48, 23 Nov 2026."""
    first = _date(monday, "d MMM y", reading_language().code)
    return f"{week_number(monday)}, {first}"


def week_number(monday: date) -> str:
    """Return the number of an ISO week, such as W48."""
    return _("W%(number)02d", number=monday.isocalendar().week)


def weekday(number: int) -> str:
    """Return a weekday in short, 0 for Monday."""
    return _date(_A_MONDAY + timedelta(days=number), "EEE", reading_language().code)


# a page has the same few dates many times, and their names come from large tables
@lru_cache(maxsize=4096)
def _date(value: date, form: str, code: str) -> str:
    return format_date(value, form, locale=code)


def number(value: float | None) -> str:
    """Return a number with at most one decimal place, an en dash for None."""
    return NOTHING if value is None else _marked(half_up(value, 1).removesuffix(".0"))


def without_decimals(value: float | None) -> str:
    """Return a number without decimal places, an en dash for None."""
    return NOTHING if value is None else half_up(value)


def thousands(value: int) -> str:
    """Return a whole number with a sign between its thousands, such as 3,160."""
    return format_decimal(value, locale=reading_language().code)


def exact(value: float) -> str:
    """Return a number with at most three decimal places."""
    return _marked(half_up(value, 3).rstrip("0").rstrip("."))


def decimal(value: float) -> str:
    """Return a number with one decimal place."""
    return _marked(half_up(value, 1))


def _marked(text: str) -> str:
    return text.replace(".", reading_language().decimal_mark)


def vendor(name: str) -> str:
    """Return who sends data, as people know the name."""
    known = VENDOR_WORDS.get(name)
    return translated(known) if known else brand(name)


def source(vendor_name: str, device: str, app: str) -> str:
    """Return a source by its vendor, device and app, without saying a name twice."""
    return without_repetition(vendor(vendor_name), device_name(device), app_name(app))


def scale(name: str) -> str:
    """Return a scale of answers in words, to be read after the answer."""
    return translated(ANSWER_SCALES[name]) if name in ANSWER_SCALES else label(name)


def threshold(value: float) -> str:
    """Return a threshold of a rule as it was written, such as 0.75 or 9."""
    return _marked(f"{value:g}")


def percent(share: float) -> str:
    """Return a share in whole percent, rounded down."""
    return f"{percent_down(share)} %"


def action(name: str) -> str:
    """Return an action of the audit log in words: consent.give is Consent give."""
    known = ACTIONS.get(name)
    return translated(known) if known else label(name.replace(".", "_"))


def label(name: str) -> str:
    """Return a stored name in words: next_morning is Next morning."""
    text = f" {name.replace('_', ' ').strip()} ".replace(" hr ", " HR ").strip()
    return translated(text[:1].upper() + text[1:])


def reason(why: str) -> str:
    """Return in words why a session does not count or has no load; as stored where none fit."""
    if is_marked(why):
        who, because = map(_lower, mark_parts(why))
        return _("marked as not exercise by the %(who)s: %(why)s", who=who, why=because)
    least = least_minutes(why)
    if least:
        return _("shorter than %(n)s minutes", n=_marked(least))
    return translated(why)


def _lower(name: str) -> str:
    return label(name).lower()
