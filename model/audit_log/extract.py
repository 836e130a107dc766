"""The audit log of a patient as plain sentences: who, what, when, and why where a reason was given.

Rows of the log become lines, folded by person and local day, and a line becomes a sentence in
Swedish or English. The patient is addressed as "you". No id of a stored object is shown. Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, groupby

from model.audit_log.kinds_read import KINDS_READ, OTHER_DATA
from model.audit_log.plain_words import (
    ADDRESS_WORDS,
    AND,
    ANY_PERSON,
    CAME_FROM,
    CATEGORY_WORDS,
    DATA_SEEN,
    DEEDS,
    DOOR_WORDS,
    OTHER_DEED,
    REASON_GIVEN,
    ROLE_WORDS,
    TECHNICIAN,
    TIMES,
    YOU,
)
from model.audit_log.service_words import SERVICE_DEEDS
from model.calendar import local_date, local_time

_READ = "data.read"
# Of these the patient is given the reason: access that the patient, or the rule, had ruled out.
_EXPLAINED = frozenset({"block", "emergency", "support", "operator"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAccess:
    """A row of the log about a patient. `name` is "" where it is not known, `reason` where none.

    A row from before they were noted has no categories, no door and no class of address.
    """

    at_ms: int
    actor: str
    name: str
    role: str
    care_unit: str
    action: str
    object: str
    reason: str
    categories: Sequence[str] = ()
    door: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractLine:
    """What a person did on a local day, from the time `first` to `last` (HH:MM), in words.

    `data` are the categories of data, and `origins` from where it was done.
    """

    day: date
    first: str
    last: str
    who: str
    what: tuple[str, ...]
    times: int
    reasons: tuple[str, ...]
    data: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


def extract_lines(
    accesses: Iterable[LoggedAccess], zone: str, language: str = "sv"
) -> tuple[ExtractLine, ...]:
    """Return a line for each person and day, the latest day first and its persons in order."""
    ordered = sorted(accesses, key=lambda row: (local_date(row.at_ms, zone), *_person(row)))
    grouped = groupby(ordered, key=lambda row: (local_date(row.at_ms, zone), _person(row)))
    lines = [_line(day, list(rows), zone, language) for (day, _who), rows in grouped]
    return tuple(sorted(lines, key=lambda line: (-line.day.toordinal(), line.first, line.who)))


def extract_sentence(line: ExtractLine, language: str = "sv") -> str:
    """Return a line as a sentence: day, times, who, what, how often, why, what data, from where."""
    at = line.first if line.first == line.last else f"{line.first}\u2013{line.last}"
    times = f" ({TIMES.worded(language) % line.times})" if line.times > 1 else ""
    what = _joined(line.what, language)
    text = f"{line.day.isoformat()} {at}: {line.who} {what}{times}."
    if line.reasons:
        text += f" {REASON_GIVEN.worded(language)}: {'; '.join(line.reasons)}."
    for name, parts in ((DATA_SEEN, line.data), (CAME_FROM, line.origins)):
        if parts:
            text += f" {name.worded(language)}: {'; '.join(parts)}."
    return text


def category_words(categories: Iterable[str], language: str) -> tuple[str, ...]:
    """Return categories of data in words, each once; one without words stands as it is."""
    known = dict.fromkeys(categories)
    return tuple(
        CATEGORY_WORDS[name].worded(language) if name in CATEGORY_WORDS else name for name in known
    )


def origin_words(door: str, address: str, language: str) -> str:
    """Return from where something was done in words, "" where the row does not say."""
    if not door:
        return ""
    words = DOOR_WORDS[door].worded(language) if door in DOOR_WORDS else door
    known = ADDRESS_WORDS.get(address)
    return f"{words}, {known.worded(language)}" if known else words


def deed_words(action: str, about: str, language: str) -> str:
    """Return what an action on an object is in words, as it follows a person's name."""
    deed = (DEEDS.get(action) or SERVICE_DEEDS.get(action, OTHER_DEED)).worded(language)
    if action != _READ:
        return deed
    kind = about.partition(":")[0]
    return f"{deed} {KINDS_READ.get(kind, OTHER_DATA).worded(language)}"


def _person(row: LoggedAccess) -> tuple[str, str, str]:
    return row.actor, row.role, row.care_unit


def _line(day: date, rows: Sequence[LoggedAccess], zone: str, language: str) -> ExtractLine:
    times = [row.at_ms for row in rows]
    return ExtractLine(
        day=day,
        first=local_time(min(times), zone),
        last=local_time(max(times), zone),
        who=_who(rows[0], language),
        what=tuple(_deeds(rows, language)),
        times=len(rows),
        reasons=tuple(dict.fromkeys(row.reason for row in rows if _is_explained(row))),
        data=category_words(chain.from_iterable(row.categories for row in rows), language),
        origins=tuple(filter(None, dict.fromkeys(_origin_of(row, language) for row in rows))),
    )


def _origin_of(row: LoggedAccess, language: str) -> str:
    return origin_words(row.door, row.address, language)


def _deeds(rows: Sequence[LoggedAccess], language: str) -> Iterator[str]:
    """Yield each deed once, in the order in which it was first done."""
    ordered = sorted(rows, key=lambda row: row.at_ms)
    read = dict.fromkeys(_kind_words(row, language) for row in ordered if row.action == _READ)
    if read:
        yield f"{DEEDS[_READ].worded(language)} {_joined(tuple(read), language)}"
    others = [row for row in ordered if row.action != _READ]
    yield from dict.fromkeys(deed_words(row.action, row.object, language) for row in others)


def _kind_words(row: LoggedAccess, language: str) -> str:
    return KINDS_READ.get(row.object.partition(":")[0], OTHER_DATA).worded(language)


def _who(row: LoggedAccess, language: str) -> str:
    if row.role == "patient":
        return YOU.worded(language)
    if row.role == "operator":
        # the name of a computer's account tells a patient nothing
        return TECHNICIAN.worded(language)
    known = ROLE_WORDS.get(row.role)
    role = known.worded(language) if known else row.role
    more = ", ".join(filter(None, (role, row.care_unit)))
    return f"{row.name or ANY_PERSON.worded(language)} ({more})"


def _is_explained(row: LoggedAccess) -> bool:
    return bool(row.reason) and bool(
        row.action.partition(".")[0] in _EXPLAINED or row.role in _EXPLAINED
    )


def _joined(parts: Sequence[str], language: str) -> str:
    if len(parts) < 2:  # noqa: PLR2004 - a list of two has an "and"
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {AND.worded(language)} {parts[-1]}"
