"""The rows that are derived together, and the changes to them that are published."""

from dataclasses import dataclass

from model.derived.algorithm import ALGORITHM
from model.derived.days import Day
from model.derived.sessions import Session, SourceSelection


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """The rows derived for some dates of a patient."""

    sessions: tuple[Session, ...]
    days: tuple[Day, ...]
    source_selections: tuple[SourceSelection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedChange:
    """A change to a derived row, as it is published on `kadens.derived`.

    `what` is session.created, session.revised, session.retracted, day.revised or week.revised.
    `key` is the session id, the date or the Monday. `reason` says why the row changed, and
    `algorithm` is the version that derived it.
    """

    what: str
    key: str
    reason: str
    algorithm: str = ALGORITHM
