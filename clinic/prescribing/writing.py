"""Writes prescriptions for forms and API alike, in the scope's transaction and with audit rows.

Every function locks the patient first, so of two clinicians at once the second one gets 409 where
the first has changed what both had seen. A function raises `RequestRefused`: 403, 404 and 409 as in
`known`, and 422 with the fields that are wrong. Then nothing is changed.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from uuid import uuid4

from alerts.prescribing import prescribing_problems
from clinic.prescribing.bodies import EndBody, PauseBody, PrescriptionContent, RenewalBody
from clinic.prescribing.confirming import check_confirmed, need_confirmed
from clinic.prescribing.known import (
    CHANGED_MEANWHILE,
    PRESCRIBERS,
    PRESCRIPTION_WRITERS,
    begin_writing,
    known_draft,
    known_version,
    known_versions,
    stored_versions,
)
from clinic.request_scope import RequestScope
from model.calendar import local_date, midnight
from model.prescribing.canonical import with_hash
from model.prescribing.changes import (
    end_problems,
    ended_version,
    pause_problems,
    paused_versions,
    renewal_problems,
    renewed,
)
from model.prescribing.notes import pause_notes
from model.prescription import Pause, Prescription
from model.words.language import N_
from storage.alerts import to_judge
from storage.audit_actions import AuditAction
from storage.prescribing import drafts, stale, versions
from storage.prescribing.drafts import PrescriptionDraft
from storage.reads.shown_values import PatientBrief
from web.problems import RequestRefused, Violation

CONTRADICTION = N_("This cannot be prescribed.")
_SENTENCE = re.compile(r"`([^`]+)` (.*)", re.DOTALL)


async def add_draft(
    scope: RequestScope, pseudonym: str, content: PrescriptionContent
) -> PrescriptionDraft:
    """Store a new draft, and return it."""
    who = await begin_writing(scope, pseudonym, PRESCRIPTION_WRITERS)
    stored = await stored_versions(scope, pseudonym)
    key = content.id or _free_id(stored, await drafts.drafts_of(scope.conn, pseudonym))
    draft = _draft(scope, who, key, content, _newest_version(stored, key))
    await _put(scope, draft, AuditAction.PRESCRIPTION_DRAFT)
    return draft


async def change_draft(
    scope: RequestScope, pseudonym: str, draft: str, revision: int, content: PrescriptionContent
) -> PrescriptionDraft:
    """Replace the content of a draft that the client knows in its present revision."""
    who = await begin_writing(scope, pseudonym, PRESCRIPTION_WRITERS)
    before = await known_draft(scope, pseudonym, draft, revision)
    key = content.id or before.prescription.id
    based_on = before.based_on
    if key != before.prescription.id:
        based_on = _newest_version(await stored_versions(scope, pseudonym), key)
    after = replace(
        _draft(scope, who, key, content, based_on), id=before.id, revision=before.revision + 1
    )
    await _put(scope, after, AuditAction.PRESCRIPTION_DRAFT)
    return after


async def add_imported(
    scope: RequestScope, pseudonym: str, results: Sequence[Prescription]
) -> tuple[PrescriptionDraft, ...]:
    """Store a draft of each prescription that came from elsewhere, and return the drafts.

    A prescription keeps its id: with the id of a stored one it is to be its next version.
    """
    await begin_writing(scope, pseudonym, PRESCRIPTION_WRITERS)
    stored = await stored_versions(scope, pseudonym)
    kept: list[PrescriptionDraft] = []
    for result in results:
        waiting = await drafts.drafts_of(scope.conn, pseudonym)
        key = result.id or _free_id(stored, waiting)
        based_on = _newest_version(stored, key)
        named = replace(
            result,
            id=key,
            version=based_on + 1,
            prescriber=scope.clinician.name,
            renews="" if result.renews == f"{key}/{based_on + 1}" else result.renews,
            sha256="",
        )
        _check(prescribing_problems(named))
        draft = _new_draft(scope, pseudonym, based_on, named)
        await _put(scope, draft, AuditAction.PRESCRIPTION_DRAFT)
        kept.append(draft)
    return tuple(kept)


async def take_written(
    scope: RequestScope,
    pseudonym: str,
    content: PrescriptionContent,
    draft: str,
    known: int,
    *,
    submits: bool,
    confirmed: Collection[str],
) -> None:
    """Take what a form says as a draft, in place of `draft` where that is given, or submit it.

    `known` is what the form began with: the revision of the draft, or else the newest version.
    """
    if draft:
        kept = await change_draft(scope, pseudonym, draft, known, content)
    else:
        kept = await add_draft(scope, pseudonym, content)
        if content.id and kept.based_on != known:
            raise RequestRefused(409, CHANGED_MEANWHILE)
    if submits:
        await submit_draft(scope, pseudonym, kept.id, kept.revision, confirmed)


async def discard_draft(
    scope: RequestScope, pseudonym: str, draft: str, revision: int
) -> PrescriptionDraft:
    """Throw a draft away, and return what it was."""
    await begin_writing(scope, pseudonym, PRESCRIPTION_WRITERS)
    before = await known_draft(scope, pseudonym, draft, revision)
    await drafts.drop_draft(scope.conn, pseudonym, before.id)
    what = _named(before.prescription)
    await scope.wrote(AuditAction.PRESCRIPTION_DISCARD, pseudonym, what)
    return before


async def submit_draft(
    scope: RequestScope, pseudonym: str, draft: str, revision: int, confirmed: Collection[str]
) -> Prescription:
    """Make a draft the newest version of its prescription; only a licensed prescriber may.

    422 unless `confirmed` has the key of everything that the prescriber should know.
    """
    who = await begin_writing(scope, pseudonym, PRESCRIBERS)
    before = await known_draft(scope, pseudonym, draft, revision)
    stored = await stored_versions(scope, pseudonym)
    written = before.prescription
    if _newest_version(stored, written.id) != before.based_on:
        raise RequestRefused(409, CHANGED_MEANWHILE)
    await check_confirmed(scope, pseudonym, written, confirmed)
    await drafts.drop_draft(scope.conn, pseudonym, before.id)
    return await _write(scope, who, written, AuditAction.PRESCRIPTION_SUBMIT)


async def renew(
    scope: RequestScope, pseudonym: str, prescription: str, wish: RenewalBody
) -> PrescriptionDraft:
    """Make a draft that renews a prescription, and return it."""
    who = await begin_writing(scope, pseudonym, PRESCRIPTION_WRITERS)
    newest = await known_version(scope, pseudonym, prescription, wish.version)
    _check(renewal_problems(newest, wish.valid_from))
    result = renewed(newest, wish.valid_from, wish.valid_to)
    _check(prescribing_problems(result))
    draft = _new_draft(scope, who.pseudonym, newest.version, result)
    await _put(scope, draft, AuditAction.PRESCRIPTION_RENEW)
    return draft


async def pause(
    scope: RequestScope,
    pseudonym: str,
    prescription: str,
    wish: PauseBody,
    confirmed: Collection[str],
) -> Prescription:
    """Write what a prescription is with one pause more, and return its newest version.

    422 for a pause that begins in the past, unless `confirmed` has the key of that note.
    """
    who = await begin_writing(scope, pseudonym, PRESCRIPTION_WRITERS)
    own = await known_versions(scope, pseudonym, prescription, wish.version)
    stop = Pause(first=wish.first, last=wish.last, why=wish.why)
    _check(pause_problems(own, stop))
    need_confirmed(pause_notes(stop.first, _today(scope, who)), confirmed)
    newest = own[-1]
    for result in paused_versions(own, stop, _today(scope, who)):
        newest = await _write(scope, who, result, AuditAction.PRESCRIPTION_PAUSE)
    return newest


async def end(
    scope: RequestScope, pseudonym: str, prescription: str, wish: EndBody
) -> Prescription:
    """Write a version that ends on a date, today at the earliest, and return it."""
    who = await begin_writing(scope, pseudonym, PRESCRIBERS)
    own = await known_versions(scope, pseudonym, prescription, wish.version)
    _check(end_problems(own, wish.last, _today(scope, who)))
    result = ended_version(own, wish.last, _today(scope, who))
    return await _write(scope, who, result, AuditAction.PRESCRIPTION_END)


def _draft(
    scope: RequestScope, who: PatientBrief, key: str, content: PrescriptionContent, based_on: int
) -> PrescriptionDraft:
    """Return a draft of a content that has no problem; 422 otherwise."""
    result = replace(content.prescription(key, based_on + 1), prescriber=scope.clinician.name)
    _check(prescribing_problems(result))
    return _new_draft(scope, who.pseudonym, based_on, result)


def _new_draft(
    scope: RequestScope, pseudonym: str, based_on: int, result: Prescription
) -> PrescriptionDraft:
    return PrescriptionDraft(
        pseudonym=pseudonym,
        id=str(uuid4()),
        revision=1,
        based_on=based_on,
        prescription=result,
        written_by=scope.clinician.name,
        written_ms=scope.now_ms,
    )


async def _put(scope: RequestScope, draft: PrescriptionDraft, action: AuditAction) -> None:
    await drafts.put_draft(scope.conn, draft)
    detail = {"draft": draft.id, "revision": draft.revision}
    await scope.wrote(action, draft.pseudonym, _named(draft.prescription), detail)


async def _write(
    scope: RequestScope, who: PatientBrief, result: Prescription, action: AuditAction
) -> Prescription:
    """Store a version, and let the worker derive and judge anew from where it begins."""
    written = with_hash(replace(result, prescriber=scope.clinician.name))
    _check(prescribing_problems(written))
    await versions.put_prescription(scope.conn, who.pseudonym, written, scope.now_ms)
    await stale.request_derivation(
        scope.conn, who.pseudonym, midnight(written.valid_from, who.zone)
    )
    await to_judge.mark_due(scope.conn, who.pseudonym, scope.now_ms, "prescription")
    detail = {"version": written.version, "sha256": written.sha256}
    await scope.wrote(action, who.pseudonym, _named(written), detail)
    return written


def _check(problems: Sequence[str]) -> None:
    """Raise 422 with a violation for each problem, unless there are none."""
    if problems:
        raise RequestRefused(422, CONTRADICTION, list(map(violation, problems)))


def violation(problem: str) -> Violation:
    """Return a sentence that begins with its field as a violation."""
    named = _SENTENCE.fullmatch(problem)
    name, text = named.groups() if named else ("", problem)
    return Violation(where="body", name=name, detail=text)


def _newest_version(stored: Iterable[Prescription], key: str) -> int:
    return max((row.version for row in stored if row.id == key), default=0)


def _free_id(stored: Iterable[Prescription], waiting: Iterable[PrescriptionDraft]) -> str:
    """Return the first of rx-1, rx-2, ... that the patient has not used."""
    used = {row.id for row in stored} | {draft.prescription.id for draft in waiting}
    number = 1
    while f"rx-{number}" in used:
        number += 1
    return f"rx-{number}"


def _named(prescription: Prescription) -> str:
    return f"prescription:{prescription.id}"


def _today(scope: RequestScope, who: PatientBrief) -> date:
    return local_date(scope.now_ms, who.zone)
