"""What a correction would change: sessions, weeks and alerts, worked out and then rolled back.

The correction is made by the same functions as the real one, what rests on it is derived by the
same functions as in the worker, and nothing of it stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from operator import attrgetter
from typing import Any, TypeVar

from alerts import lifecycle, registry
from clinic.answers.briefs import session_brief
from clinic.language.rewording import reworded_steps
from clinic.request_scope import RequestScope
from model.alert import RuleInput
from model.alerting.steps import Step
from model.calendar import DAY_MS, monday
from model.derived.days import Day, Week
from model.derived.sessions import Session
from model.privacy.rectification import RightValues, with_right_values
from model.spans import Span
from storage.alerts import rule_inputs
from storage.derived import derived_tables
from storage.people.patients import patient_id
from storage.rights.corrections import CorrectedRecord, correct_record
from storage.rights.stated import StatedRecord
from stream.compute import row_changes
from stream.compute.derive import derive

_Row = TypeVar("_Row")
_Key = TypeVar("_Key", str, date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A session or a week before and after; None where there is none."""

    before: Session | Week | None
    after: Session | Week | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionPreview:
    """What a correction would change: sessions, weeks, and the steps of alerts that follow."""

    sessions: tuple[Changed, ...]
    weeks: tuple[Changed, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Derived:
    """The rows that differ from those stored, by key without the patient; and what is dropped."""

    sessions: dict[str, Session | None]
    days: dict[date, Day | None]
    weeks: dict[date, Week | None]
    old_sessions: dict[str, Session]
    old_weeks: dict[date, Week]


async def preview_correction(
    scope: RequestScope, patient: str, kept: StatedRecord, right: RightValues, why: str
) -> CorrectionPreview:
    """Return what a correction of a record would change; nothing is written."""
    conn = scope.conn
    usual = await _steps(scope, patient, None)
    async with conn.transaction(force_rollback=True):
        meant = CorrectedRecord(record=kept.record, vendor=kept.vendor)
        by, now_ms = scope.actor.subject, scope.now_ms
        await correct_record(conn, patient, meant, right, by=by, why=why, now_ms=now_ms)
        made = await _derived(scope, patient, _span(kept, right))
        steps = await _steps(scope, patient, made)
    # what would happen anyway is not because of the correction
    following = await reworded_steps(conn, [step for step in steps if step not in usual])
    if made is None:
        return CorrectionPreview(sessions=(), weeks=(), steps=following)
    return CorrectionPreview(
        sessions=_changed(made.old_sessions, made.sessions),
        weeks=_changed(made.old_weeks, made.weeks),
        steps=following,
    )


def _span(kept: StatedRecord, right: RightValues) -> Span:
    facts = [kept.stated]
    if kept.now is not None:
        facts.append(kept.now)
    if not right.void:
        facts.append(with_right_values(kept.stated, right))
    # a day on both sides: an answer may be about a session of the day before
    start = min(fact.head.start_ms for fact in facts) - DAY_MS
    return Span(start_ms=start, end_ms=max(fact.head.end_ms for fact in facts) + DAY_MS)


async def _derived(scope: RequestScope, patient: str, span: Span) -> _Derived | None:
    windows, conn = scope.clinic.windows, scope.conn
    if windows is None:
        return None
    number = await patient_id(conn, patient)
    window = await windows(conn, patient, [span])
    rows = {number: derive(window)}
    dates = list(product([number], window.dates))
    mondays = sorted({(number, monday(day)) for day in window.dates})
    old = await derived_tables.stored_sessions(conn, dates, row_changes.session_rows_by_key(rows))
    sessions = row_changes.session_changes(old, rows)
    days, all_days = row_changes.day_changes(
        await derived_tables.stored_days(conn, mondays), rows, dates
    )
    old_weeks = await derived_tables.stored_weeks(conn, mondays)
    weeks = row_changes.week_changes(old_weeks, all_days)
    return _Derived(
        sessions=_differing(sessions),
        days=_differing(days),
        weeks=_differing(weeks),
        old_sessions={key: row for (_, key), row in old.items()},
        old_weeks={key: row for (_, key), row in old_weeks.items()},
    )


def _differing(changes: row_changes.RowChanges[_Row]) -> dict[Any, _Row | None]:
    differing: dict[Any, _Row | None] = {key: row for (_, key), row in changes.put.items()}
    return differing | dict.fromkeys(key for _, key in changes.drop)


async def _steps(scope: RequestScope, patient: str, made: _Derived | None) -> tuple[Step, ...]:
    """Return what judging the patient now would do, on the derived rows where there are some."""
    on = (await rule_inputs.load_all(scope.conn, [patient], scope.now_ms))[patient]
    judgeable = on.judgeable if made is None else _judged_on(on.judgeable, made)
    findings = registry.of_alerts(judgeable, registry.judge(judgeable))
    return lifecycle.course_at(on.live, on.recent, findings, on.roster, scope.now_ms).steps


def _judged_on(judgeable: RuleInput, made: _Derived) -> RuleInput:
    briefs = {
        key: None if row is None else session_brief(row) for key, row in made.sessions.items()
    }
    sessions = _laid_over({row.id: row for row in judgeable.sessions}, briefs)
    first = min((week.monday for week in judgeable.weeks), default=date.max)
    weeks = {key: row for key, row in made.weeks.items() if key >= first}
    return replace(
        judgeable,
        sessions=tuple(sorted(sessions, key=attrgetter("start_ms", "id"))),
        days=_laid_over({row.local_date: row for row in judgeable.days}, made.days),
        weeks=_laid_over({row.monday: row for row in judgeable.weeks}, weeks),
    )


def _laid_over(stored: Mapping[_Key, _Row], made: Mapping[_Key, _Row | None]) -> tuple[_Row, ...]:
    """Return rows in the order of their keys, with those that were made instead of the stored."""
    rows: dict[_Key, _Row | None] = {**stored, **made}
    return tuple(row for _, row in sorted(rows.items()) if row is not None)


def _changed(old: Mapping[_Key, Any], made: Mapping[_Key, Any]) -> tuple[Changed, ...]:
    return tuple(Changed(before=old.get(key), after=made[key]) for key in sorted(made))
