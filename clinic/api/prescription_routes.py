"""The JSON API for writing prescriptions: drafts, their submission, renewals, pauses and ends.

Dates are local to the patient. Of two clinicians at once the second gets 409: every change names
the version or the revision that its client knows.
"""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request

from clinic import reads
from clinic.answers.shape import Shape
from clinic.answers.weeks import PrescriptionShape
from clinic.api import patient_queries
from clinic.api.api_routes import Pseudonym
from clinic.api.data_routes import PrescriptionKey
from clinic.api.strict_json import StrictJsonRoute
from clinic.prescribing import known, writing
from clinic.prescribing.bodies import EndBody, PauseBody, PrescriptionContent, RenewalBody
from clinic.prescribing.confirming import NoteShape, notes_of
from clinic.request_scope import RequestScope, open_scope
from clinic.sign_in import csrf_guard
from fhir_r4.care_plan import bundled_prescriptions, prescription_bundle
from fhir_r4.extensions import FhirInputError
from model.calendar import local_date, rfc3339
from model.prescribing.renewal import current_versions
from model.prescription import Prescription
from storage.prescribing import drafts, versions
from storage.prescribing.drafts import PrescriptionDraft
from web.problems import RequestRefused, Violation, documented

Revision = Annotated[int, Query(ge=1, le=1_000_000, description="the revision that you know")]
Confirmed = Annotated[
    list[Annotated[str, Query(max_length=100)]],
    Query(
        default_factory=list,
        max_length=100,
        description="the keys of the notes, each of them",
    ),
]

prescription_router = APIRouter(
    route_class=StrictJsonRoute,
    prefix="/api/v1/patients/{pseudonym}",
    tags=["prescriptions"],
    responses=documented(401, 404, 422),
)
_WRITES = documented(400, 401, 403, 404, 409, 422)


class DraftShape(Shape):
    """A prescription that is being written and holds for nobody yet."""

    id: str
    revision: int
    """Counts the changes of the draft."""
    based_on: int
    """The newest version of the prescription when the draft was begun, 0 for a new one."""
    written_by: str
    written_at: str
    prescription: Prescription
    """The version that it becomes when it is submitted."""
    notes: tuple[NoteShape, ...]
    """What the prescriber should know, and confirms by submitting it."""


class PrescriptionDetail(Shape):
    """A prescription with all its versions, newest first, and with its drafts."""

    prescription: PrescriptionShape
    drafts: tuple[DraftShape, ...]


@prescription_router.get("/prescriptions/{prescription}", name="prescription")
async def answer_prescription(
    request: Request, pseudonym: Pseudonym, prescription: PrescriptionKey
) -> PrescriptionDetail:
    """Return a prescription, in force or not, with all its versions and its drafts."""
    async with open_scope(request) as scope:
        who = await reads.read_brief(scope, pseudonym)
        await scope.read(f"prescription:{prescription}", pseudonym)
        shapes = await patient_queries.patient_prescriptions(scope.conn, who, scope.now_ms)
        waiting = await drafts.drafts_of(scope.conn, pseudonym)
        own = [draft for draft in waiting if draft.prescription.id == prescription]
        drafted = await _shapes(scope, own)
    for shape in shapes:
        if shape.id == prescription:
            return PrescriptionDetail(prescription=shape, drafts=drafted)
    raise RequestRefused(404, "This patient has no such prescription.")


@prescription_router.get("/prescription-drafts", name="prescription_drafts")
async def answer_drafts(request: Request, pseudonym: Pseudonym) -> tuple[DraftShape, ...]:
    """Return the drafts of a patient, oldest first."""
    async with open_scope(request) as scope:
        await reads.read_brief(scope, pseudonym)
        await scope.read("prescription-drafts", pseudonym)
        return await _shapes(scope, await drafts.drafts_of(scope.conn, pseudonym))


@prescription_router.get("/prescription-drafts/{draft}", name="prescription_draft")
async def answer_draft(request: Request, pseudonym: Pseudonym, draft: UUID) -> DraftShape:
    """Return a draft."""
    async with open_scope(request) as scope:
        await reads.read_brief(scope, pseudonym)
        await scope.read("prescription-drafts", pseudonym)
        return await _shape(scope, await known.draft_of(scope, pseudonym, str(draft)))


@prescription_router.post("/prescription-drafts", name="add_prescription_draft", responses=_WRITES)
async def answer_new_draft(
    request: Request, pseudonym: Pseudonym, content: PrescriptionContent
) -> DraftShape:
    """Begin a draft. With the id of a prescription it is to be its next version."""
    async with open_scope(request) as scope:
        shape = await _shape(scope, await writing.add_draft(scope, pseudonym, content))
    csrf_guard.count_action(request, "draft")
    return shape


@prescription_router.put(
    "/prescription-drafts/{draft}", name="change_prescription_draft", responses=_WRITES
)
async def answer_changed_draft(
    request: Request,
    pseudonym: Pseudonym,
    draft: UUID,
    revision: Revision,
    content: PrescriptionContent,
) -> DraftShape:
    """Replace the content of a draft; 409 when its revision is another one by now."""
    async with open_scope(request) as scope:
        shape = await _shape(
            scope, await writing.change_draft(scope, pseudonym, str(draft), revision, content)
        )
    csrf_guard.count_action(request, "draft")
    return shape


@prescription_router.delete(
    "/prescription-drafts/{draft}",
    name="discard_prescription_draft",
    responses=_WRITES,
)
async def answer_discarded_draft(
    request: Request, pseudonym: Pseudonym, draft: UUID, revision: Revision
) -> DraftShape:
    """Throw a draft away, and return what it was."""
    async with open_scope(request) as scope:
        shape = await _shape(
            scope, await writing.discard_draft(scope, pseudonym, str(draft), revision)
        )
    csrf_guard.count_action(request, "discard")
    return shape


@prescription_router.post(
    "/prescription-drafts/{draft}/submission", name="submit_prescription", responses=_WRITES
)
async def answer_submission(
    request: Request, pseudonym: Pseudonym, draft: UUID, revision: Revision, confirm: Confirmed
) -> Prescription:
    """Submit a draft as a licensed prescriber: it becomes the newest version.

    409 when the draft or its prescription has changed meanwhile. 422 while a note of the draft,
    such as an overlap, is not confirmed; then nothing is written.
    """
    async with open_scope(request) as scope:
        written = await writing.submit_draft(scope, pseudonym, str(draft), revision, confirm)
    csrf_guard.count_action(request, "submit")
    return written


@prescription_router.post(
    "/prescriptions/{prescription}/renewals", name="renew_prescription", responses=_WRITES
)
async def answer_renewal(
    request: Request, pseudonym: Pseudonym, prescription: PrescriptionKey, wish: RenewalBody
) -> DraftShape:
    """Begin the renewal of a prescription: a draft that names what it renews."""
    async with open_scope(request) as scope:
        shape = await _shape(scope, await writing.renew(scope, pseudonym, prescription, wish))
    csrf_guard.count_action(request, "renew")
    return shape


@prescription_router.post(
    "/prescriptions/{prescription}/pauses", name="pause_prescription", responses=_WRITES
)
async def answer_pause(
    request: Request,
    pseudonym: Pseudonym,
    prescription: PrescriptionKey,
    wish: PauseBody,
    confirm: Confirmed,
) -> Prescription:
    """Pause a prescription, for illness, a holiday or by the clinician's decision.

    Nothing is due on its dates. They may be past: then a week that was missed is missed no more,
    and the answer is 422 until that is confirmed.
    """
    async with open_scope(request) as scope:
        written = await writing.pause(scope, pseudonym, prescription, wish, confirm)
    csrf_guard.count_action(request, "pause")
    return written


@prescription_router.post(
    "/prescriptions/{prescription}/end", name="end_prescription", responses=_WRITES
)
async def answer_end(
    request: Request, pseudonym: Pseudonym, prescription: PrescriptionKey, wish: EndBody
) -> Prescription:
    """End a prescription with a date, today at the earliest. It stays readable."""
    async with open_scope(request) as scope:
        written = await writing.end(scope, pseudonym, prescription, wish)
    csrf_guard.count_action(request, "end")
    return written


@prescription_router.get("/prescription-bundle", name="prescription_bundle")
async def answer_bundle(request: Request, pseudonym: Pseudonym) -> dict[str, Any]:
    """Return what holds or is to come of each prescription as a FHIR R4 bundle.

    It has a `CarePlan` for each referral form, with a `ServiceRequest` for each prescription.
    """
    async with open_scope(request) as scope:
        who = await reads.read_brief(scope, pseudonym)
        await scope.read("prescription-bundle", pseudonym)
        stored = (await versions.prescriptions_of(scope.conn, [pseudonym])).get(pseudonym, ())
    today = local_date(scope.now_ms, who.zone)
    return prescription_bundle(current_versions(stored, today), pseudonym, today)


@prescription_router.post(
    "/prescription-bundle", name="import_prescription_bundle", responses=_WRITES
)
async def answer_imported(
    request: Request, pseudonym: Pseudonym, bundle: dict[str, Any]
) -> tuple[DraftShape, ...]:
    """Take a FHIR R4 bundle, or a `ServiceRequest` alone, as drafts.

    What is not understood completely is refused with its path, and nothing of it is kept.
    """
    async with open_scope(request) as scope:
        await reads.read_brief(scope, pseudonym)
        kept = await writing.add_imported(scope, pseudonym, _bundled(bundle, pseudonym))
        shapes = await _shapes(scope, kept)
    csrf_guard.count_action(request, "draft")
    return shapes


def _bundled(bundle: dict[str, Any], pseudonym: str) -> tuple[Prescription, ...]:
    try:
        return bundled_prescriptions(bundle, {pseudonym})
    except FhirInputError as error:
        wrong = Violation(where="body", name=error.path, detail=error.reason)
        raise RequestRefused(422, writing.CONTRADICTION, [wrong]) from error


async def _shapes(scope: RequestScope, rows: Iterable[PrescriptionDraft]) -> tuple[DraftShape, ...]:
    return tuple([await _shape(scope, draft) for draft in rows])


async def _shape(scope: RequestScope, draft: PrescriptionDraft) -> DraftShape:
    notes = await notes_of(scope, draft.pseudonym, draft.prescription)
    return DraftShape(
        id=draft.id,
        revision=draft.revision,
        based_on=draft.based_on,
        written_by=draft.written_by,
        written_at=rfc3339(draft.written_ms),
        prescription=draft.prescription,
        notes=tuple(NoteShape(key=note.key, text=note.text) for note in notes),
    )
