"""Renders the templates of the pages, and gives the addresses of static files.

Templates escape everything, because names come from outside, and fail on a name that is not
defined. The address of a static file has the hash of its content.
"""

import gzip
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse

from clinic.language.script_words import script_words
from clinic.pages import (
    audit_lines,
    heatmap,
    prescription_words,
    rule_overrides,
    rule_words,
    scheme_words,
    session_words,
    words,
)
from clinic.unsent import way_back
from clinic.worklist.needs import NEED_ICONS, NEED_WORDS, NEEDS_OF_ALERTS
from model.words.language import Language, reading_language
from web.csrf import SAFE_METHODS
from web.languages import LANGUAGE_NAMES, known_languages, page_languages

HERE = Path(str(files("clinic")))
STATIC, CLINIC_TEMPLATES, CLINIC_LOCALE = HERE / "static", HERE / "templates", HERE / "locale"


@lru_cache(maxsize=4)
def packed(path: Path) -> bytes:
    """Return a static file gzipped; each process packs it once.

    It may stay in memory, because a static file holds no data of a patient.
    """
    # Without a time of packing all processes serve the same bytes.
    return gzip.compress(path.read_bytes(), mtime=0)


@lru_cache(maxsize=64)
def asset(name: str) -> str:
    """Return the address of a static file, with the hash of its content.

    Browsers may cache it for ever, because new content has a new address.
    """
    path = STATIC / name
    return f"/static/{name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


@lru_cache(maxsize=1)
def clinic_languages() -> Mapping[str, Language]:
    """Return the languages of the pages."""
    return known_languages(CLINIC_LOCALE)


@lru_cache(maxsize=1)
def _environments() -> Mapping[str, Environment]:
    """Return the environment of the templates by language, with the names that they share."""
    shared = {
        "words": words,
        "asset": asset,
        "need_words": NEED_WORDS,
        "need_icons": NEED_ICONS,
        "needs_of_alerts": NEEDS_OF_ALERTS,
        "overrides": rule_overrides.overrides,
        "rule_words": rule_words,
        "set_figures": rule_overrides.set_figures,
        "look_signs": heatmap.LOOK_SIGNS,
        "look_words": heatmap.LOOK_WORDS,
        "session_words": session_words,
        "scheme_words": scheme_words,
        "script_words": script_words,
        "audit_lines": audit_lines,
        "weekday_words": prescription_words.weekday_words,
        "step_words": prescription_words.step_words,
        "validity_words": prescription_words.validity_words,
        "languages": tuple(LANGUAGE_NAMES.items()),
    }
    made = page_languages(CLINIC_TEMPLATES, CLINIC_LOCALE, shared)
    for environment in made.values():
        environment.filters["label_of"] = words.label
    return made


_SIGN_IN = "/sign-in/"


def address_within(request: Request) -> str:
    """Return the address of a page within this door, the first page where that is a sign-in.

    The query of a sign-in has words and codes of the identity provider, which no page repeats. The
    answer to a form is at no page's address: there it is that of the page with the form.
    """
    if request.method not in SAFE_METHODS:
        return way_back(request.url.path)
    if request.url.path.startswith(_SIGN_IN):
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return a page.

    It is in the reader's language. `request` gives the path for the navigation, and whether the
    door has a sign-in.
    """
    language = reading_language().code
    # Without a sign-in there is nothing to leave: the demo shows no button for it.
    own: dict[str, Any] = {
        "path": request.url.path,
        "leaves": hasattr(request.app.state, "sign_in"),
    }
    own |= {"language": language, "here": address_within(request)}
    text = _environments()[language].get_template(template).render(**own, **context)
    return HTMLResponse(text, status, headers)
