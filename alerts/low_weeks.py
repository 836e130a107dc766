"""What the evidence of rule A1 says of a low week, and in which words. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any

from alerts.adherence import (
    Credited,
    Standing,
    credited,
    credited_apart,
    measure,
    standings_apart,
    unseen_days,
)
from alerts.due import Due, PrescriptionDue
from alerts.known_by import count_by_reason, dates_by_reason
from alerts.wording import short_number
from model.derived.days import Day, Week
from model.words.language import N_, _, ngettext

# Reasons for which a day is known that are not its wear.
_NOT_WORN = (
    ("answered_days", N_("%(days)s more answered")),
    ("recalled_days", N_("%(days)s more covered by the answer about the week")),
    ("carried_days", N_("a phone was carried on %(days)s more")),
)


def low_week_evidence(
    week: Week, due: Due, rows: Sequence[Day], thresholds: Mapping[str, float]
) -> dict[str, Any]:
    """Return the evidence of a low week; `rows` has the rows of its dates."""
    done, ratios = credited(week, due), measure(week, due)
    are_low = [item is Standing.LOW for item in standings_apart(week, due, thresholds)]
    return {
        "monday": week.monday.isoformat(),
        "sessions": done.sessions,
        "recalled_sessions": done.recalled_sessions,
        "sessions_due": due.sessions,
        "minutes": done.minutes,
        "minutes_due": due.minutes,
        "frequency": ratios.frequency,
        "time": ratios.time,
        # of a prescription that is not low nothing need be known
        **_known(week, rows, compress(due.parts, are_low)),
        "unseen_days": unseen_days(week, due),
        "paused_days": due.paused_days,
        "prescriptions": list(map(_part_evidence, due.parts, credited_apart(week, due), are_low)),
    }


def _known(week: Week, rows: Sequence[Day], parts: Iterable[PrescriptionDue]) -> dict[str, int]:
    """Return the known days by reason, for the prescription of which the fewest are known."""
    by_reason = [count_by_reason(dates_by_reason(week, rows, part)) for part in parts]
    fewest = min(by_reason, key=_sum)
    return {"known_days": _sum(fewest), **fewest}


def _sum(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _part_evidence(
    part: PrescriptionDue,
    done: Credited,
    is_low: bool,  # noqa: FBT001 - one of the columns that are mapped
) -> dict[str, Any]:
    return {
        "id": part.last.id,
        "version": part.last.version,
        "sha256": part.last.sha256,
        "low": is_low,
        "sessions": done.sessions,
        "recalled_sessions": done.recalled_sessions,
        "sessions_due": part.sessions,
        "minutes": done.minutes,
        "minutes_due": part.minutes,
    }


def low_week_words(week: Mapping[str, Any]) -> str:
    """Return the evidence of a low week in words, each known day by one reason."""
    of_each = week.get("prescriptions", ())
    # The sum may look like enough where one of them is low, and of another nothing may be known.
    if len(of_each) > 1:
        low = [part for part in of_each if part["low"]]
        texts = [_low_words(week, low)]
    else:
        low = [week]
        texts = [_done_words(week)]
    texts += _known_words(week)
    # a session that the patient told of counts for each prescription
    count = max(part["recalled_sessions"] for part in low)
    if count:
        texts.append(_("%(count)s of the sessions told by the patient", count=count))
    if week["unseen_days"]:
        days = _days(week["unseen_days"])
        texts.append(_("and off for as long as a session on %(days)s", days=days))
    return ", ".join(texts)


def _known_words(week: Mapping[str, Any]) -> Iterator[str]:
    """Yield what made days known on which nothing was worn."""
    for name, text in _NOT_WORN:
        if week[name]:
            yield _(text, days=_days(week[name]))


def _done_words(week: Mapping[str, Any]) -> str:
    return _(
        "Week of %(monday)s: %(sessions)s of %(sessions_due)s sessions, %(minutes)s of "
        "%(minutes_due)s minutes; the watch was worn on %(worn)s",
        monday=week["monday"],
        sessions=week["sessions"],
        sessions_due=short_number(week["sessions_due"]),
        minutes=short_number(week["minutes"]),
        minutes_due=short_number(week["minutes_due"]),
        worn=_days(week["valid_days"]),
    )


def _low_words(week: Mapping[str, Any], low: Iterable[Mapping[str, Any]]) -> str:
    return _(
        "Week of %(monday)s: low for prescription %(parts)s; the watch was worn on %(worn)s",
        monday=week["monday"],
        parts=", ".join(map(_part_words, low)),
        worn=_days(week["valid_days"]),
    )


def _part_words(part: Mapping[str, Any]) -> str:
    return _(
        "%(id)s: %(sessions)s of %(sessions_due)s sessions and %(minutes)s of %(minutes_due)s "
        "minutes",
        id=part["id"],
        sessions=part["sessions"],
        sessions_due=part["sessions_due"],
        minutes=short_number(part["minutes"]),
        minutes_due=short_number(part["minutes_due"]),
    )


def _days(count: int) -> str:
    return ngettext("%(num)s day", "%(num)s days", count)
