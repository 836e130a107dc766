"""How many dates of a week are known, and why each of them is. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from alerts.due import Due
from alerts.known_by import count_by_reason, dates_by_reason
from model.derived.days import Day, Week

_WORN = "valid_days"
_WORDS: Mapping[str, str] = {
    _WORN: "worn",
    "answered_days": "answered",
    "recalled_days": "covered by the answer about the week",
    "carried_days": "with a phone carried",
}
_CARRIED = "a phone that is carried for as long makes a date known for walks, hikes and runs"


def known_lines(week: Week, rows: Iterable[Day], due: Due | None) -> Iterator[str]:
    """Yield how many dates of a week are known, and by what; `due` is what was prescribed."""
    days = list(rows)
    parts = () if due is None else due.parts
    apart = [dates_by_reason(week, days, part) for part in parts or (None,)]
    counts = [count_by_reason(dates) for dates in apart]
    of_all = " for every prescription" if len(parts) > 1 else ""
    fewest = min(counts, key=_sum)
    yield f"{_sum(fewest)} dates are known{of_all}: {_counts_text(fewest)}"
    if len(parts) > 1:
        of_each = [f"{part.last.id} {_sum(row)}" for part, row in zip(parts, counts, strict=True)]
        yield f"of each prescription: {', '.join(of_each)}"
    # of several prescriptions, the dates of which something is known for at least one
    yield from _dates_text(max(apart, key=lambda dates: _sum(count_by_reason(dates))))


def _sum(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _counts_text(counts: Mapping[str, int]) -> str:
    """Return the number of dates of each reason; the first reason is named where it has none."""
    more = [f"{counts[name]} more {text}" for name, text in _WORDS.items() if name != _WORN]
    known = [text for text in more if not text.startswith("0 ")]
    return ", ".join([f"{counts[_WORN]} {_WORDS[_WORN]}", *known])


def _dates_text(dates: Mapping[str, tuple[date, ...]]) -> Iterator[str]:
    for name, text in _WORDS.items():
        if dates[name]:
            yield f"{text}: {', '.join(map(str, dates[name]))}"
    if dates["carried_days"]:
        yield _CARRIED
