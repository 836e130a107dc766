"""Explains one figure of a derivation: which session, day or week, and its chain to the payloads.

Pure. What an explanation says is read from the derivation and never decided here.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from kadens.derivation.derivation import Derivation
from kadens.derivation.explain_days import day_chain
from kadens.derivation.explain_session import session_chain
from kadens.derivation.explain_weeks import week_chain

SHORTEST_ID = 4  # digits of a session's id that are enough when only one session begins with them


class NothingToExplainError(ValueError):
    """Nothing of this kind and name is in the derivation; the text says what there is."""


def explanation(derivation: Derivation, kind: str, name: str) -> Iterator[str]:
    """Return the lines that explain a session (id), day (date) or week (date of its Monday).

    Raises `NothingToExplainError` for a kind that is not known, and for a name that is not there.
    """
    explain = _KINDS.get(kind)
    if explain is None:
        raise NothingToExplainError(f"--explain takes {', '.join(_KINDS)}, and an id or a date")
    return explain(derivation, name)


def _of_session(derivation: Derivation, name: str) -> Iterator[str]:
    sessions = derivation.conclusions.derived.sessions
    # An id is copied by hand at times, so its beginning is enough as long as it is unique.
    begun = [row for row in sessions if row.id.startswith(name)]
    if len(name) < SHORTEST_ID or len(begun) != 1:
        is_several = len(name) >= SHORTEST_ID and len(begun) > 1
        what = "several sessions begin with this id" if is_several else "no session has this id"
        ids = ", ".join(row.id for row in sessions) or "none"
        raise NothingToExplainError(f"{what}; the sessions are: {ids}")
    return session_chain(derivation, begun[0])


def _of_day(derivation: Derivation, name: str) -> Iterator[str]:
    day = _listed(derivation.conclusions.dates, name, "date")
    return day_chain(derivation, day)


def _of_week(derivation: Derivation, name: str) -> Iterator[str]:
    first = _listed(derivation.conclusions.mondays, name, "Monday")
    return week_chain(derivation, first)


def _listed(dates: tuple[date, ...], name: str, what: str) -> date:
    """Return the date of a name; raises `NothingToExplainError` for one that is not listed."""
    try:
        day = date.fromisoformat(name)
    except ValueError:
        day = None
    if day in dates:
        return day
    if not dates:
        raise NothingToExplainError(f"nothing is recorded, so there is no {what} to explain")
    extent = f"from {dates[0]} to {dates[-1]}"
    raise NothingToExplainError(f"name a {what}, such as {dates[0]}, of those {extent}")


_KINDS: Mapping[str, Callable[[Derivation, str], Iterator[str]]] = {
    "session": _of_session,
    "day": _of_day,
    "week": _of_week,
}
