"""The page on which a patient reports, and the way of the answers to Kafka.

Thin: what a form becomes is in `report_form`. The patient is thanked only once Kafka has the
answers; until then the form keeps everything that was filled in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from http import HTTPStatus

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from model.calendar import local_date
from model.derived.sessions import Session
from model.privacy.sealed_box import box_public
from model.words.language import N_
from model.words.red_flags import IF_RED_FLAG
from patient.config import patient_door_of
from patient.linking.binding import random_text
from patient.own_pages import door_page
from patient.report.report_form import (
    MANUAL_DAYS,
    SHOWN_PHASES,
    Answers,
    Given,
    UnfitAnswerError,
    answers_of,
    first_phases,
    has_sign,
)
from patient.report.report_log import AnswersNotTakenError
from patient.report.week_question import (
    WEEK_QUESTIONS,
    times_a_week,
    week_numbers,
    week_of_question,
)
from patient.shown_text import report_text
from patient.today import prescriptions_now
from patient.visit import TOKEN_FIELD, Visit, open_visit
from patient.words import (
    ACTIVITY_WORDS,
    EQUIPMENT_WORDS,
    FORM_WORDS,
    PAIN_QUESTIONS,
    SIGN_QUESTIONS,
    SITE_WORDS,
    activity_words,
)
from storage.audit_actions import AuditAction
from storage.people.consents import consented, give_consent
from storage.people.data_keys import data_key
from storage.reads.own_data import own_sessions, own_zone
from storage.rights.consent_texts import keep_text

REPORT_SOURCE = "reports"  # the connector whose payloads the answers are, and its consent
_RATED_DAYS, _MOST_RATED = 3, 5
NOT_AGREED = N_("Nothing was sent, because you have not agreed to it. You can agree below.")
_AWAY = "away"  # no text of the catalogue: the template words it


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionToRate:
    """A session that answers may be about: `record` names it, "" where it has no name."""

    record: str
    day: date
    minutes: int
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What the page asks a patient, who has agreed to it already or not.

    `prescribed` is how many sessions a week are prescribed, 0 where nothing is.
    """

    zone: str
    sessions: Sequence[Session]
    prescribed: int
    agreed: bool


async def show_report(request: Request) -> Response:
    """Show the questions, about the newest session where there is one."""
    async with open_visit(request) as visit:
        questions = await _questions(visit)
    # a key for each page that is shown: two reports of the same answers are two reports
    given = {"key": [random_text()], "asked": [str(visit.now_ms)]}
    return _form_page(request, visit, questions, given)


async def take_report(request: Request) -> Response:
    """Take the answers of a form: note them, send them to the log, and only then say thanks."""
    # closed at the end, with the files that somebody sent in place of texts
    async with open_visit(request) as visit, request.form() as form:
        questions = await _questions(visit)
        given = _given(form)
        try:
            answers = answers_of(given, visit.pseudonym, questions.zone, visit.now_ms)
        except UnfitAnswerError as error:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return _form_page(request, visit, questions, given, str(error), status)
        if not questions.agreed and given.get("agree") != ["yes"]:
            return _form_page(request, visit, questions, given, NOT_AGREED, HTTPStatus.CONFLICT)
        # the row commits before the answers are sent: a report without a row must not exist
        await _noted(visit, questions, answers)
        data = await data_key(visit.conn, patient_door_of(request).wrapping_key, visit.pseudonym)
    # outside of the transaction: a log that hangs must not hold the door's few connections
    log = patient_door_of(request).config.log
    try:
        await log.send(visit.pseudonym, box_public(data), answers.body, answers.key, visit.now_ms)
    except AnswersNotTakenError:
        # the consent is committed by now, and is not asked for again
        agreed = replace(questions, agreed=True)
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return _form_page(request, visit, agreed, given, _AWAY, status)
    # the text is shown at once and does not wait for a rule or for a person
    urgent = IF_RED_FLAG[visit.language] if answers.has_sign else ""
    return door_page(request, "reported.html", visit, urgent=urgent)


async def _noted(visit: Visit, questions: Questions, answers: Answers) -> None:
    """Note who reports before the log has it: what cannot be noted is not sent."""
    # in the transaction of the note: a consent without its line in the log cannot be
    if not questions.agreed:
        shown = report_text(visit.language, visit.now_ms)
        await keep_text(visit.conn, shown)
        await give_consent(
            visit.conn,
            visit.pseudonym,
            REPORT_SOURCE,
            from_ms=visit.now_ms,
            now_ms=visit.now_ms,
            text_version=shown.version,
            text_name=shown.name,
        )
        await visit.note(
            AuditAction.CONSENT_GIVE, REPORT_SOURCE, text=shown.version, language=visit.language
        )
    await visit.note(AuditAction.REPORT_SEND, answers.key)


async def _questions(visit: Visit) -> Questions:
    zone = await own_zone(visit.conn, visit.patient)
    today = local_date(visit.now_ms, zone)
    since = today - timedelta(days=_RATED_DAYS)
    return Questions(
        zone=zone,
        sessions=await own_sessions(visit.conn, visit.patient, since, _MOST_RATED),
        prescribed=times_a_week(await prescriptions_now(visit, today)),
        agreed=await consented(visit.conn, visit.pseudonym, REPORT_SOURCE, visit.now_ms),
    )


def _given(form: FormData) -> Mapping[str, Sequence[str]]:
    """Return the fields of a form, without its token and without files."""
    given: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        # a file in this form is nothing that the page offers
        if isinstance(value, str) and name != TOKEN_FIELD:
            given.setdefault(name, []).append(value)
    return given


def _form_page(
    request: Request,
    visit: Visit,
    questions: Questions,
    given: Given,
    problem: str = "",
    status: int = 200,
) -> Response:
    today = local_date(visit.now_ms, questions.zone)
    newest = questions.sessions[0].local_date if questions.sessions else None
    first = first_phases(newest, today)
    week = week_of_question(today)
    return door_page(
        request,
        "report.html",
        visit,
        status=status,
        given=given,
        problem=problem,
        agreed=questions.agreed,
        sessions=[_to_rate(row) for row in questions.sessions],
        first=[(phase.value, PAIN_QUESTIONS[phase.value]) for phase in first],
        more=[(row.value, PAIN_QUESTIONS[row.value]) for row in SHOWN_PHASES if row not in first],
        sites=SITE_WORDS.items(),
        forms=FORM_WORDS.items(),
        # a recorded session makes its week known by itself, so the question waits further down
        week_first=not questions.sessions,
        week=(week.value, WEEK_QUESTIONS[week]),
        prescribed=questions.prescribed,
        numbers=week_numbers(questions.prescribed),
        signs=SIGN_QUESTIONS.items(),
        equipment=EQUIPMENT_WORDS.items(),
        activities=ACTIVITY_WORDS.items(),
        days=[today - timedelta(days=back) for back in range(MANUAL_DAYS)],
        urgent=IF_RED_FLAG[visit.language],
        # a form that comes back with a problem still shows what a warning sign asks for
        urgent_now=has_sign(given),
    )


def _to_rate(row: Session) -> SessionToRate:
    return SessionToRate(
        record=row.record,
        day=row.local_date,
        minutes=row.timer_ms // 60_000,
        type=activity_words(row.type),
    )
