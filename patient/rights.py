"""The page of a patient's rights: ask for each, see how far it has come, fetch a file that answers.

Asking is a line of the register of requests and nothing else: nothing is restricted, corrected or
erased before a person has decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from model.calendar import local_date
from model.privacy.requests import (
    LONGEST_WISH,
    RIGHTS_MOVES,
    RightKind,
    RightsRequest,
    RightsState,
    is_overdue,
)
from model.schemas.plain_text import text_problem, typed_text
from model.words.language import N_
from patient.config import patient_door_of
from patient.own_pages import door_page
from patient.visit import Visit, open_visit
from storage.audit_actions import AuditAction
from storage.reads.own_data import own_zone
from storage.rights.rights_files import ReadyFile, ready_files, rights_file
from storage.rights.rights_requests import list_requests, open_request
from web.problems import RequestRefused

RIGHTS_PATH = "/rights"
SIGNED_IN = "signed in at the patient door"
_MOST_SHOWN = 50
_MOST_DIGITS = 18  # of a number of the database


@dataclass(frozen=True, slots=True, kw_only=True)
class RightWords:
    """A right in plain words: its name, what it means, and what to write with it ("": nothing)."""

    name: str
    means: str
    asks: str = ""


# In the order of the page.
RIGHT_WORDS: Mapping[RightKind, RightWords] = {
    RightKind.ACCESS: RightWords(
        name=N_("See all that is stored about me"),
        means=N_("You get a file with everything, why it is kept, for how long, and who sees it."),
    ),
    RightKind.PORTABILITY: RightWords(
        name=N_("Take my data along"),
        means=N_("You get what you and your devices have sent, in formats other services read."),
    ),
    RightKind.RECTIFICATION: RightWords(
        name=N_("Correct something"),
        means=N_("What is wrong is corrected, and what rests on it is worked out again."),
        asks=N_("What is wrong, and what is right instead?"),
    ),
    RightKind.RESTRICTION: RightWords(
        name=N_("Restrict the use of something"),
        means=N_("It stays stored, and is not used until the matter is settled."),
        asks=N_("Which data, from which days, and why?"),
    ),
    RightKind.OBJECTION: RightWords(
        name=N_("Object to the use of my data"),
        means=N_("You say why you do not want your data used; the clinic weighs it and answers."),
        asks=N_("What do you object to, and why?"),
    ),
    RightKind.ERASURE: RightWords(
        name=N_("Erase my data"),
        means=N_("All is erased that the clinic need not keep by law. It cannot be undone."),
    ),
    RightKind.CLOSING: RightWords(
        name=N_("Close my account"),
        means=N_(
            "You cannot sign in any more, nothing more is fetched, and your data is erased later. "
            "It is done within 30 days; until then the clinic can stop it if you change your mind."
        ),
    ),
}
REQUEST_STATE_WORDS: Mapping[RightsState, str] = {
    RightsState.RECEIVED: N_("Received"),
    RightsState.TAKEN: N_("Somebody is working on it"),
    RightsState.ANSWERED: N_("Answered"),
    RightsState.REFUSED: N_("Refused"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRequest:
    """A request on the page; `file` is the address of the file that answers it, "" for none."""

    name: str
    state: str
    received: date
    due: date
    is_open: bool
    is_late: bool
    wish: str
    answer: str
    file: str
    why_longer: str


async def show_rights(request: Request) -> Response:
    """Show what may be asked for, and what was asked and how far it has come."""
    async with open_visit(request) as visit:
        requests, files, zone = await _mine(visit)
    # what is said about lateness is what the clinic's own list says
    shown = [_shown(row, visit.now_ms, zone, files) for row in requests]
    sent = {kind.value: words.name for kind, words in RIGHT_WORDS.items()}
    return door_page(
        request,
        "rights.html",
        visit,
        rights=RIGHT_WORDS,
        open_kinds={row.kind for row in requests if row.closed_ms is None},
        requests=shown,
        sent=sent.get(request.query_params.get("sent", ""), ""),
        most=LONGEST_WISH,
    )


async def ask_for_right(request: Request) -> Response:
    """Write down what the patient asks for; the same right again is the same request."""
    async with open_visit(request) as visit, request.form() as form:
        kind = _kind(str(form.get("kind", "")))
        wish = _wish(str(form.get("wish", "")))
        # signing in has shown who asks, so nobody has to identify them again
        made = await open_request(
            visit.conn, visit.pseudonym, kind, visit.now_ms, identified=SIGNED_IN, wish=wish
        )
        await visit.note(AuditAction.RIGHTS_OPEN, f"rights_request:{made.number}", kind=kind.value)
    return RedirectResponse(f"{RIGHTS_PATH}?sent={kind.value}", 303)


async def fetch_right_file(request: Request, number: str) -> Response:
    """Send the file that answers one of the patient's own requests; 404 for every other."""
    keys = patient_door_of(request).wrapping_key
    is_number = number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS
    wanted = int(number) if is_number else 0  # no request has this number
    async with open_visit(request) as visit:
        content = await rights_file(visit.conn, keys, visit.pseudonym, wanted, visit.now_ms)
    # the same answer for another's file as for none: that it exists is the other's own matter
    if content is None:
        raise RequestRefused(404, "There is no such file.")
    # the name has the request's number alone: a file's name stays in a list of downloads
    headers = {
        "content-disposition": f'attachment; filename="kadens-{wanted}.zip"',
        # a shared computer must not keep it
        "cache-control": "no-store",
    }
    return Response(content, media_type="application/zip", headers=headers)


async def _mine(visit: Visit) -> tuple[tuple[RightsRequest, ...], list[ReadyFile], str]:
    # closed ones too: an answer is read here, perhaps weeks later
    requests = await list_requests(
        visit.conn, patient=visit.pseudonym, closed=True, most=_MOST_SHOWN
    )
    files = await ready_files(visit.conn, visit.pseudonym, visit.now_ms)
    return requests, files, await own_zone(visit.conn, visit.patient)


def _shown(row: RightsRequest, now_ms: int, zone: str, files: list[ReadyFile]) -> OwnRequest:
    has_file = row.number in {file.request for file in files}
    return OwnRequest(
        name=RIGHT_WORDS[row.kind].name,
        state=REQUEST_STATE_WORDS[row.state],
        received=local_date(row.received_ms, zone),
        due=row.due,
        is_open=bool(RIGHTS_MOVES[row.state]),
        is_late=is_overdue(row, now_ms, zone),
        wish=row.wish,
        answer=row.answer,
        file=f"{RIGHTS_PATH}/files/{row.number}" if has_file else "",
        why_longer=row.extended_why,
    )


def _kind(text: str) -> RightKind:
    try:
        return RightKind(text)
    except ValueError:
        raise RequestRefused(422, "There is no such right.") from None


def _wish(text: str) -> str:
    # a form sends its line breaks as two characters
    plain = typed_text(text)
    if problem := text_problem(plain, LONGEST_WISH, allowed="\n"):
        raise RequestRefused(422, f"The text {problem}.")
    return plain
