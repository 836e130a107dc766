"""Marks a session as not exercise, or as exercise after all: for forms, API and command alike.

The session's own figures stay. Whether it counts is derived again by the worker, to which the mark
is handed; a page shows it a moment later.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from model.derived.sessions import Origin
from model.facts import Instrument
from model.marks import REASONS, MarkedSession, clinician_mark
from storage.audit import Actor
from storage.facts.marking import put_mark
from storage.pg.pool import Connection
from storage.reads import clinic_queries
from web.problems import RequestRefused

StatementName: TypeAlias = Literal["not_exercise", "exercise"]
WhyNot: TypeAlias = Literal[
    "everyday activity",
    "illness",
    "recorded by mistake",
    "device error",
    "worn by somebody else",
    "other",
]
WhyAfterAll: TypeAlias = Literal["marked by mistake", "confirmed by the patient", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRequest:
    """A statement about a session of a patient (pseudonym), with its reason.

    `unit` is the care unit to which the patient must belong.
    """

    unit: str
    pseudonym: str
    session: str
    statement: StatementName
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReceipt:
    """A mark that was taken: what was said of which session, and when (epoch ms)."""

    session: str
    statement: StatementName
    reason: str
    at_ms: int


async def mark_session(
    conn: Connection, wish: MarkRequest, actor: Actor, now_ms: int, command: str = ""
) -> MarkReceipt:
    """Take a mark in the caller's transaction, with its audit row.

    Raises `RequestRefused`: 404 when the care unit has no such session, 422 for a reason that does
    not fit the statement.
    """
    statement = Instrument(wish.statement)
    if wish.reason not in REASONS[statement]:
        raise RequestRefused(422, "A mark takes one of its reasons.")
    sessions = await clinic_queries.sessions_of(
        conn, wish.unit, wish.pseudonym, limit=1, session=wish.session
    )
    if not sessions:
        raise RequestRefused(404, "This care unit has no such session.")
    session = sessions[0]
    meant = MarkedSession(
        start_ms=session.start_ms,
        end_ms=session.end_ms,
        # The record of a detected session is made of its start, which late data move.
        record="" if session.origin is Origin.DETECTED else session.record,
    )
    mark = clinician_mark(wish.pseudonym, meant, statement, wish.reason, now_ms)
    await put_mark(conn, mark, actor, session.id, command)
    return MarkReceipt(
        session=session.id, statement=wish.statement, reason=wish.reason, at_ms=now_ms
    )
