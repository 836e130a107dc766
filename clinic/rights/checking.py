"""Spot checks of the log by a care unit: draw accesses to its patients' data, and judge each.

What is drawn, and that nobody judges their own access, is decided in `model.audit_log.sampling`.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clinic.request_scope import RequestScope
from model.audit_log.exported import ExportedRow
from model.audit_log.sampling import (
    AccessVerdict,
    AuditSample,
    SampledAccess,
    drawn_rows,
    may_judge,
    names_patient,
    sample_state,
)
from model.calendar import DAY_MS
from model.schemas.plain_text import text_problem
from model.words.language import N_
from storage import audit
from storage.audit_actions import AuditAction
from storage.people.errors import UnknownNameError
from storage.reads.audit_rows import audit_rows_of
from storage.rights import unit_samples
from storage.rights.audit_samples import JudgedAlreadyError, judge_access
from web.problems import RequestRefused

MOST_ON_A_PAGE = 100  # accesses of a sample, each with a form
MOST_DRAWN_DAYS = 366
SAMPLE_DUE_DAYS = 14  # as `kadens audit sample` has it
LONGEST_COMMENT = 500
VERDICT_WORDS: Mapping[str, str] = {
    AccessVerdict.JUSTIFIED: N_("Appropriate"),
    AccessVerdict.UNJUSTIFIED: N_("Not appropriate"),
    AccessVerdict.UNCLEAR: N_("The person must be asked"),
}
SAMPLE_STATES: Mapping[str, str] = {
    "done": N_("All judged"),
    "open": N_("Open"),
    "OVERDUE": N_("Overdue"),
}
_BAD_SIZE = N_("Write a number from 1 to 100.")
_BAD_DAYS = N_("Write a number of days from 1 to 366.")
_EMPTY = N_("Nobody looked at any patient's data in these days.")
_NO_VERDICT = N_("Choose what you find of it.")
_NO_COMMENT = N_("Write on what it rests, in at most 500 characters.")
_NAMED = N_("Write it without the patient's name: it stays when the patient is erased.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSample:
    """A sample on the page, and how far it is."""

    row: AuditSample
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSampled:
    """An access of a sample on the page: its row of the log, the patient's name, and whose it is.

    `is_own` says that who reads the page made it, and may not judge it.
    """

    row: SampledAccess
    access: ExportedRow
    name: str
    is_own: bool


def require_reviewer(scope: RequestScope) -> None:
    """Refuse (403) whoever may not look over the log of the unit."""
    if not scope.may_review:
        raise RequestRefused(403, "Your role does not look over who looked at patients' data.")


async def samples_of_unit(scope: RequestScope) -> list[ShownSample]:
    """Return the unit's samples, and note that somebody looked."""
    # no patient is on this page, and that somebody looks at samples is in the log all the same
    await _noted(scope, "list")
    rows = await unit_samples.unit_samples(scope.conn, scope.unit)
    return [ShownSample(row=row, state=sample_state(row, scope.now_ms)) for row in rows]


def draw_mistakes(size: str, days: str) -> dict[str, str]:
    """Return what is wrong with the form of a draw, by field."""
    wrong = {}
    if not _is_number(size, MOST_ON_A_PAGE):
        wrong["size"] = _BAD_SIZE
    if not _is_number(days, MOST_DRAWN_DAYS):
        wrong["days"] = _BAD_DAYS
    return wrong


async def draw_unit_sample(scope: RequestScope, size: int, days: int) -> int | None:
    """Draw accesses of some days back and return the sample's number, None where there are none.

    The seed is random and kept, so that anybody can draw it again.
    """
    # nobody can foresee it, and it is kept, so that nobody can draw until the sample suits them
    now_ms, seed = scope.now_ms, secrets.randbelow(2**62)
    since_ms = now_ms - days * DAY_MS
    numbers = await unit_samples.unit_access_numbers(scope.conn, scope.unit, since_ms, now_ms)
    drawn = drawn_rows(numbers, size, seed)
    if not drawn:
        return None
    made = AuditSample(
        number=0,
        drawn_ms=now_ms,
        drawn_by=scope.actor.subject,
        since_ms=since_ms,
        until_ms=now_ms,
        seed=seed,
        due_ms=now_ms + SAMPLE_DUE_DAYS * DAY_MS,
        size=len(drawn),
        judged=0,
    )
    number = await unit_samples.put_unit_sample(scope.conn, scope.unit, drawn, made)
    await _noted(scope, f"sample:{number}")
    return number


def draw_refusal() -> dict[str, str]:
    """Return what is wrong where there was nothing to draw from."""
    return {"days": _EMPTY}


async def sample_of_unit(
    scope: RequestScope, number: int
) -> tuple[ShownSample, list[ShownSampled]]:
    """Return a sample with its accesses, open ones first, and note whose they are; else 404."""
    sample, sampled = await _sample(scope, number)
    numbers = [item.row for item in sampled]
    rows = {row.number: row for row in await audit_rows_of(scope.conn, numbers)}
    people = sorted({row.patient for row in rows.values()})
    # each patient of the sample can see that the log about them was looked at
    await scope.listed("sample", people)
    names, me = await scope.names(people), scope.actor.subject
    kept = [item for item in sampled if item.row in rows]
    shown = [_shown(item, rows[item.row], names, me) for item in kept]
    # what this reader can judge comes first, then what another must
    shown.sort(key=lambda item: (item.row.verdict is not None, item.is_own))
    return ShownSample(row=sample, state=sample_state(sample, scope.now_ms)), shown


async def judge_in_sample(
    scope: RequestScope, number: int, row: int, verdict: str, comment: str
) -> dict[str, str]:
    """Store a verdict with its audit row; else return what is wrong, by field, and do nothing.

    404 for an access that no sample of the unit has; 409 for one's own, and for one that somebody
    has judged.
    """
    _, sampled = await _sample(scope, number)
    if all(item.row != row for item in sampled):
        raise RequestRefused(404, "The sample has no such access.")
    # there is exactly one: a sample of the unit has only rows that the unit sees
    (access,) = await audit_rows_of(scope.conn, [row])
    me = scope.actor.subject
    if not may_judge(access.actor, me):
        raise RequestRefused(409, "This is your own access: another person judges it.")
    names = await scope.names([access.patient])
    if wrong := verdict_mistakes(verdict, comment, (access.patient, *names.values())):
        return wrong
    try:
        await judge_access(scope.conn, number, row, verdict, comment, by=me, now_ms=scope.now_ms)
    # a colleague was quicker: the first verdict stands
    except JudgedAlreadyError:
        raise RequestRefused(409, "Somebody has judged this access; that verdict stays.") from None
    await scope.wrote(AuditAction.LOG_REVIEW, access.patient, f"sample:{number}")
    return {}


def verdict_mistakes(verdict: str, comment: str, named: Sequence[str]) -> dict[str, str]:
    """Return what is wrong with a verdict, by field; `named` are the words for the patient."""
    wrong = {}
    if verdict not in VERDICT_WORDS:
        wrong["verdict"] = _NO_VERDICT
    if not comment or text_problem(comment, LONGEST_COMMENT):
        wrong["comment"] = _NO_COMMENT
    elif names_patient(comment, named):
        wrong["comment"] = _NAMED
    return wrong


async def _sample(scope: RequestScope, number: int) -> tuple[AuditSample, list[SampledAccess]]:
    try:
        return await unit_samples.unit_sample(scope.conn, scope.unit, min(number, 2**31 - 1))
    except UnknownNameError:
        raise RequestRefused(404, "This care unit has no such sample.") from None


async def _noted(scope: RequestScope, what: str) -> None:
    """Write a row about the log itself: no patient is in it."""
    entry = audit.AuditEntry(
        at_ms=scope.now_ms, actor=scope.actor, action=AuditAction.LOG_SAMPLE, object=what
    )
    await audit.write_entry(scope.conn, entry)


def _shown(
    item: SampledAccess, access: ExportedRow, names: Mapping[str, str], me: str
) -> ShownSampled:
    name = names.get(access.patient, access.patient)
    is_own = not may_judge(access.actor, me)
    return ShownSampled(row=item, access=access, name=name, is_own=is_own)


def _is_number(text: str, most: int) -> bool:
    # int() would read digits of other scripts too, and very long ones slowly
    return (
        text.isascii()
        and text.isdecimal()
        and len(text) <= len(str(most))
        and 1 <= int(text) <= most
    )
