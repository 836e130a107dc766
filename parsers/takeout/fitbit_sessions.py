"""The exercises of a Fitbit export by Google Takeout, `UserExercises_....csv`. Pure.

Times are in UTC, with the offset of the clock beside them; lengths are in millimetres. What a
person typed has figures of its own, and no figure of a tracker.
"""

import re
from collections.abc import Iterator, Mapping

from model.facts import DeviceType, Method, RejectKind, Source, Workout
from parsers.bounds import LONGEST_WORKOUT_MS
from parsers.fields import (
    Unreadable,
    head,
    instant_of,
    kept_without,
    number_within,
    optional_text,
    text,
    zone_offset,
)
from parsers.phone.collected import Collected
from parsers.takeout.fitbit_names import FITBIT_TYPES, SESSION_FIGURES
from parsers.word_tables import type_of_word

LISTED_COLUMNS = ("exercise_id", "exercise_start", "exercise_end")
_VENDOR = "fitbit"
_BY_ITSELF, _BY_HAND = "AUTO_DETECTED", "MANUAL"
_PLACES = re.compile(r"^(?:outdoor|indoor)_")
# Such as 2026-10-05 07:00:00+0000, where RFC 3339 has a T and a colon.
_SPACED = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,6})?)([+-]\d\d):?(\d\d)")

_Row = Mapping[str, str]
_Errors = list[Unreadable]


def add_listed_session(row: _Row, into: Collected) -> None:
    """Add the workout of a row; Unreadable where it has no name or no place in time."""
    name = text(row.get("exercise_id"), "exercise_id")
    start, end = _ms(row, "exercise_start"), _ms(row, "exercise_end")
    if not 0 < end - start <= LONGEST_WORKOUT_MS:
        why = "a session of no length" if end == start else "not after the start by seven days"
        raise Unreadable("exercise_end", why, RejectKind.RANGE)
    errors: _Errors = []
    offset = row.get("utc_offset") or None
    offset_min = kept_without(errors, None, zone_offset, offset, "utc_offset")
    changed = row.get("exercise_last_updated")
    revision = kept_without(errors, 0, _ms, row, "exercise_last_updated") if changed else 0
    named = row.get("activity_name")
    word = kept_without(errors, "", optional_text, named, "activity_name")
    into.facts.append(
        Workout(
            head=head(_recorder(row), f"exercise:{name}", revision, (start, end), offset_min),
            type=_type(word, errors),
            vendor_type=word,
            summary=dict(_figures(row, errors)),
        )
    )
    for error in errors:
        into.refused.add("", None, error)


def _ms(row: _Row, name: str) -> int:
    written = row.get(name, "").strip()
    spaced = _SPACED.fullmatch(written)
    if spaced is not None:
        written = "{}T{}{}:{}".format(*spaced.groups())
    return instant_of(written, name)[0]


def _type(word: str, errors: _Errors) -> str:
    plain = "_".join(word.lower().split())
    known = plain if plain in FITBIT_TYPES else _PLACES.sub("", plain)
    return type_of_word(FITBIT_TYPES, known, "activity_name", errors)


def _recorder(row: _Row) -> Source:
    # What a person typed has no heart rate of a tracker.
    measured = row.get("tracker_avg_heart_rate", "").strip("0.") != ""
    kind = row.get("log_type", "")
    if kind == _BY_HAND and not measured:
        return Source(vendor=_VENDOR, device_type=DeviceType.PERSON, method=Method.MANUAL)
    method = Method.BACKGROUND if kind == _BY_ITSELF else Method.WORKOUT
    return Source(vendor=_VENDOR, device_type=DeviceType.WATCH, method=method)


def _figures(row: _Row, errors: _Errors) -> Iterator[tuple[str, float]]:
    """Yield the stated figures with our names; 0 and nothing are no figures."""
    for columns, ours, factor, most in SESSION_FIGURES:
        for column in columns:
            value = kept_without(errors, 0.0, _figure, row, column, most)
            if value:
                yield ours, round(value * factor, 6)
                break


def _figure(row: _Row, column: str, most: float) -> float:
    written = row.get(column, "")
    try:
        value = float(written) if written else 0.0
    except ValueError as error:
        raise Unreadable(column, "not a number") from error
    return number_within(value, 0, most, column)
