"""Lets a person of another unit in as a guest, or says that the patient has blocked it.

A guest reads within the patient's own unit, and writes nothing. Of a patient whom the unit does not
share nobody learns anything here: the request goes on, and finds no such patient.
"""

from starlette.requests import Request

from model.privacy.blocks import BlockState, guest_standing
from model.words.language import N_
from storage.pg.pool import Connection
from storage.pg.row_security import set_guest
from storage.rights.unit_blocks import facts_of_guest
from web.csrf import SAFE_METHODS
from web.problems import RequestRefused
from web.sign_in.identity import Identity

# That something is blocked, and never what.
BLOCKED_TEXT = N_(
    "The patient has blocked this from other units. On the page of other units you can open it "
    "with the patient's consent, or in an emergency."
)
READ_ONLY_TEXT = N_("You read this as another unit, and can change nothing.")


async def enter_as_guest(
    request: Request, conn: Connection, clinician: Identity, now_ms: int
) -> str:
    """Make a guest of who asks for a patient of another unit; return that unit, else "".

    Raises `RequestRefused` (403) for what the patient has blocked, and for a guest's write.
    """
    named = request.path_params.get("pseudonym")
    if not named:
        return ""
    subject, unit = clinician.subject, clinician.care_unit
    facts = await facts_of_guest(conn, named, unit, subject, now_ms)
    standing = guest_standing(facts)
    if facts is None or standing is BlockState.NOTHING:
        return ""
    if standing is BlockState.BLOCKED:
        raise RequestRefused(403, BLOCKED_TEXT)
    if request.method not in SAFE_METHODS:
        raise RequestRefused(403, READ_ONLY_TEXT)
    await set_guest(conn, facts.home, unit, subject, now_ms)
    return facts.home
