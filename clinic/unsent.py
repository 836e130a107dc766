"""What a refused form held, for the page that says why, and the page that the form was on.

What took ten minutes to write must not be lost because a session has ended or a colleague was
faster: it goes back to the browser that sent it. Nothing is stored, and no program gets it.
"""

import re
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from web.csrf import SAFE_METHODS

# The fields that a person writes; all others are chosen, or carried along by the page.
_WRITTEN = (
    "text",
    "why",
    "reason",
    "comment",
    "about",
    "answer",
    "identified",
    "activity",
    "function",
    "balance",
)
# Where `why` and `reason` are one of a list.
_CHOSEN = re.compile(r"/alerts/.*|.*/marks|.*/pauses")
# The pages on which forms are, by the address to which a form is sent; the first that fits.
_PAGES = (
    r"/alerts/[^/]+",
    r"/patients/[^/]+/sessions/[^/]+",
    r"/patients/[^/]+/prescription",
    r"/patients/[^/]+/corrections",
    r"/patients/[^/]+/support",
    r"/patients/[^/]+",
    r"/(?:duty|rules|requests|support|checks|accounts|shared)(?=/|$)",
)
_PRESCRIPTION = "/prescription"  # drafts are sent beside the list that shows them


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsentForm:
    """A refused form: the address that it was for, its fields, and what of them was written."""

    action: str
    fields: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]


def way_back(path: str) -> str:
    """Return the page that has the form that is sent to `path`, "/" where none is known."""
    for pattern in _PAGES:
        match = re.match(pattern, path)
        if match:
            return f"{match[0]}s" if match[0].endswith(_PRESCRIPTION) else match[0]
    return "/"


async def unsent_form(request: Request) -> UnsentForm | None:
    """Return the form that a request brought, None where it brought none that can be read."""
    if request.method in SAFE_METHODS:
        return None
    try:
        sent = await request.form()
    # a body that is no form, was given up or has been read in another way
    except (HTTPException, ClientDisconnect, RuntimeError, ValueError):
        return None
    fields = tuple((name, value) for name, value in sent.multi_items() if isinstance(value, str))
    if not fields:
        return None
    return UnsentForm(
        action=request.url.path, fields=fields, texts=_written(request.url.path, fields)
    )


def _written(path: str, fields: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    chosen = {"why", "reason"} if _CHOSEN.fullmatch(path) else set[str]()
    names = set(_WRITTEN) - chosen
    return tuple(value for name, value in fields if name in names and value.strip())
