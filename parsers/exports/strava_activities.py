"""The list of activities of a Strava account export, `activities.csv`. Pure.

The recordings of the activities are files of their own, and are read as such. The list adds what
only Strava knows: the type, the patient's exertion, the moving time, and activities without a file.
An activity of both is one session, because both begin at the same time. Names and descriptions are
never read. Its times are in UTC, which the file does not say.
"""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from model.calendar import epoch_ms
from model.errors import BodyError
from model.facts import Fact, Method, RejectKind, Source, Workout
from model.received import Context, Part
from parsers.bounds import LONGEST_WORKOUT_MS, readable
from parsers.exports.strava_names import STRAVA_COLUMNS, STRAVA_MONTHS, STRAVA_TYPES
from parsers.exports.tables import table_rows
from parsers.fields import Unreadable, head, kept_without, rejects, text
from parsers.forms import number_in, plain_number
from parsers.word_tables import type_of_word

_SOURCE = Source(vendor="strava", app="Strava", method=Method.WORKOUT)
_Errors = list[Unreadable]
_NEEDED = ("id", "date", "elapsed")
_MOST_EXERTION = 10.0
_MOST_ROWS = 40_000  # twenty years with five activities a day
_NOON = 12
_ENGLISH = "activity date"  # the title of a column in an account whose numbers are in English
_CURLED = "\u2019"  # an apostrophe as French writes it
_TITLES: dict[str, str] = {}
for _name, _titles in STRAVA_COLUMNS.items():
    _TITLES |= dict.fromkeys(_titles, _name)
# Such as Nov 24, 2025, 7:20:03 AM and 24. Nov. 2025, 07:20:03 and 24 nov. 2025 à 07:20:03.
_WORDED = re.compile(
    r"(?:(?P<first>[^\W\d_]{3,10})\.?\s+)?(?P<day>[0-9]{1,2})\.?,?\s+(?:de\s+)?"
    r"(?:(?P<month>[^\W\d_]{3,10})\.?,?\s+(?:de\s+)?)?(?P<year>[0-9]{4}),?\s+(?:[^\W\d_]+\s+)?"
    r"(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})[:.](?P<second>[0-9]{2})"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?"
)
# Such as 24.11.2025, 07:20:03 and 24/11/2025 07:20:03: no language puts the month first in digits.
_DAY_FIRST = re.compile(
    r"(?P<day>[0-9]{1,2})[./](?P<month>[0-9]{1,2})[./](?P<year>[0-9]{4}),?\s+"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?P<half>)"
)
# Such as 2025-11-24 07:20:03.
_YEAR_FIRST = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[ T]"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?P<half>)(?:Z|\+00:00)?"
)
# Our name in Workout.summary, the column, which of its columns, and the greatest figure.
_TOTALS = (
    ("distance", "distance", 1, 1e9),
    ("active_energy", "energy", 0, 1e6),
    ("heart_rate_mean", "heart_mean", 0, 1e3),
    ("heart_rate_max", "heart_max", 0, 1e3),
)


def is_strava_list(head_bytes: bytes) -> bool:
    """Return whether a file is the list of activities, by the titles of its columns."""
    line = head_bytes.split(b"\n", 1)[0].decode("utf-8-sig", "replace")
    try:
        titles = next(csv.reader([line]), [])
    except csv.Error:
        return False
    return set(_NEEDED) <= set(_columns(titles))


def read_strava_activities(payload: bytes, _context: Context) -> Iterator[Part]:
    """Yield the only part of a list; BodyError when it is none."""
    try:
        rows = table_rows(payload.decode("utf-8-sig"))
        titles = next(rows, [])
        columns = _columns(titles)
    except UnicodeDecodeError as error:
        raise BodyError(f"@{error.start}", "not UTF-8") from error
    except csv.Error as error:
        raise BodyError("@0", "not a table", RejectKind.DAMAGED) from error
    if not set(_NEEDED) <= set(columns):
        raise BodyError("@0", "not a list of activities", RejectKind.UNKNOWN)
    in_english = _ENGLISH in {title.strip().lower() for title in titles}
    errors: _Errors = []
    facts: list[Fact] = []
    complete = True
    try:
        for number, row in enumerate(rows):
            if number > _MOST_ROWS:
                raise BodyError("@0", f"more than {_MOST_ROWS} rows", RejectKind.TOO_MUCH)
            if row:
                where = f"activities[{number}]"
                facts += _activity(_Row(row, columns, where, in_english=in_english), errors)
    except csv.Error:
        errors.append(Unreadable("activities", "a row that is no row", RejectKind.DAMAGED))
        complete = False
    yield Part(account="", facts=tuple(facts), rejects=rejects(errors), complete=complete)


def _columns(titles: list[str]) -> dict[str, list[int]]:
    """Return the positions of the columns that are read, by our names for them."""
    columns: dict[str, list[int]] = {}
    for position, title in enumerate(titles):
        if (name := _TITLES.get(title.strip().lower().replace(_CURLED, "'"))) is not None:
            columns.setdefault(name, []).append(position)
    return columns


class _Row:
    """A row by our names of its columns."""

    def __init__(
        self, cells: list[str], columns: dict[str, list[int]], where: str, *, in_english: bool
    ) -> None:
        self._cells, self._columns, self._where = cells, columns, where
        self._in_english = in_english

    def cell(self, name: str, nth: int = 0) -> str:
        """Return the nth cell of a name, "" for none."""
        positions = self._columns.get(name, [])
        at = positions[nth] if nth < len(positions) else len(self._cells)
        return self._cells[at].strip() if at < len(self._cells) else ""

    def number(self, name: str, most: float, nth: int = 0) -> float | None:
        """Return a number from 0 to `most`, None for an empty cell."""
        written = self.cell(name, nth)
        if not written:
            return None
        value = number_in(plain_number(written, in_english=self._in_english), self.where(name))
        if not 0 <= value <= most:
            why = f"outside of 0 to {most:g}"
            raise Unreadable(self.where(name), why, RejectKind.RANGE)
        return value

    def where(self, name: str) -> str:
        return f"{self._where}.{name}"


def _activity(row: _Row, errors: _Errors) -> Iterator[Workout]:
    """Yield the workout of a row, unless it cannot be placed in time."""
    longest_s = LONGEST_WORKOUT_MS / 1000
    try:
        name = text(row.cell("id"), row.where("id"))
        start = _instant(row.cell("date"), row.where("date"))
        elapsed_s = row.number("elapsed", longest_s) or 0
    except Unreadable as error:
        errors.append(error.with_traceback(None))
        return
    if not round(elapsed_s * 1000):
        why = "an activity without a length"
        errors.append(Unreadable(row.where("elapsed"), why, RejectKind.RANGE))
        return
    moving_s = kept_without(errors, None, row.number, "moving", longest_s)
    word = kept_without(errors, "", text, row.cell("type") or "-", row.where("type"))
    known = word.lower().replace(" ", "_")
    summary = {}
    for ours, column, nth, most in _TOTALS:
        figure = kept_without(errors, None, row.number, column, most, nth)
        if figure:
            summary[ours] = round(figure, 6)
    yield Workout(
        head=head(_SOURCE, f"strava:{name}", 0, (start, start + round(elapsed_s * 1000)), None),
        type=type_of_word(STRAVA_TYPES, known, row.where("type"), errors),
        vendor_type=word,
        moving_ms=round(moving_s * 1000) if moving_s and moving_s <= elapsed_s else None,
        # An empty cell is no answer, and 0 is none either.
        exertion_cr10=kept_without(errors, None, row.number, "exertion", _MOST_EXERTION) or None,
        summary=summary,
    )


def _instant(written: str, where: str) -> int:
    """Return the epoch ms of a date in UTC, in the words of any known language."""
    # Some languages write narrow or unbroken spaces.
    plain = written.replace("\u202f", " ").replace("\u00a0", " ")
    for pattern in (_YEAR_FIRST, _DAY_FIRST, _WORDED):
        if (match := pattern.fullmatch(plain)) is not None:
            return _of_match(match, where)
    raise Unreadable(where, "not a date that is read")


def _of_match(match: re.Match[str], where: str) -> int:
    parts = match.groupdict()
    named = (parts.get("first") or parts["month"] or "").lower()
    month = int(named) if named.isdecimal() else STRAVA_MONTHS.get(named[:4], 0)
    month = month or STRAVA_MONTHS.get(named[:3], 0)
    hour, half = int(parts["hour"]), (parts["half"] or "").lower()[:1]
    if half:
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    try:
        day = int(parts["year"]), month, int(parts["day"])
        moment = datetime(*day, hour, int(parts["minute"]), int(parts["second"]), tzinfo=UTC)
    except ValueError as error:
        raise Unreadable(where, "not a date that exists") from error
    ms = epoch_ms(moment)
    if not readable(ms):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return ms
