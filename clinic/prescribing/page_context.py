"""What every page about prescriptions shows, and the way back to the list of them."""

from typing import Any
from urllib.parse import quote

from fastapi.responses import RedirectResponse

from clinic.request_scope import RequestScope
from model.words.roles import CareRole
from storage.reads.shown_values import PatientBrief
from web import csrf

UNUSABLE = 422


async def prescribing_context(scope: RequestScope, who: PatientBrief) -> dict[str, Any]:
    """Return what the templates need to know of the patient and of who looks."""
    clinician = scope.clinician
    return {
        "patient": who,
        "name": (await scope.names([who.pseudonym])).get(who.pseudonym, who.pseudonym),
        "zone": who.zone,
        "may_submit": scope.role is CareRole.PRESCRIBER,
        "may_write": scope.may_write,
        "clinician": clinician,
        "demo": scope.clinic.demo,
        "now_ms": scope.now_ms,
        "form_token": csrf.form_token(scope.clinic.form_keys()[0], clinician.subject, scope.now_ms),
    }


def back_to_list(pseudonym: str, done: str) -> RedirectResponse:
    """Lead to the list, which says what was done."""
    return RedirectResponse(f"/patients/{quote(pseudonym)}/prescriptions?done={done}", 303)
