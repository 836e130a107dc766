"""The page of a link that connects an account, one for each outcome, as HTML. Pure.

A page never names the patient, so that a link in wrong hands tells nobody's name.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment

from patient.linking.steps import LinkOutcome
from web.languages import LANGUAGE_NAMES, page_languages

_HERE = Path(str(files("patient")))
LINK_TEMPLATES, LINK_LOCALE, LINK_STATIC = _HERE / "templates", _HERE / "locale", _HERE / "static"
ASSETS: Mapping[str, str] = {
    "link.css": "text/css",
    "own.css": "text/css",
    "mark.svg": "image/svg+xml",
}
STATIC_PATH = "/static"
# Each outcome with the status of its page; 200 where it is not here.
STATUS: Mapping[LinkOutcome, HTTPStatus] = {
    LinkOutcome.UNKNOWN: HTTPStatus.NOT_FOUND,
    LinkOutcome.EXPIRED: HTTPStatus.GONE,
    LinkOutcome.STRANGE: HTTPStatus.BAD_REQUEST,
    LinkOutcome.BROWSER: HTTPStatus.FORBIDDEN,
    LinkOutcome.LATE: HTTPStatus.BAD_REQUEST,
    LinkOutcome.REFUSED: HTTPStatus.BAD_GATEWAY,
    LinkOutcome.AWAY: HTTPStatus.SERVICE_UNAVAILABLE,
    LinkOutcome.UNSET: HTTPStatus.SERVICE_UNAVAILABLE,
    LinkOutcome.TAKEN: HTTPStatus.CONFLICT,
    LinkOutcome.CLOSED: HTTPStatus.SERVICE_UNAVAILABLE,
    LinkOutcome.FOREIGN: HTTPStatus.FORBIDDEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """What a page shows: `source` is the vendor's name, `link` its address at this door.

    `onward` is the address of the vendor's page. Each is "" where there is none. `here` is the
    address at which the page is shown in another language, "" for its own.
    """

    outcome: LinkOutcome
    language: str
    clinic: str
    source: str = ""
    link: str = ""
    onward: str = ""
    here: str = ""


def page_of(view: PageView) -> str:
    """Return the page of an outcome."""
    languages = link_languages()
    template = languages[view.language].get_template("link.html")
    return template.render(
        view=view,
        outcome=view.outcome.value,
        languages=[(code, LANGUAGE_NAMES.get(code, code)) for code in languages],
        asset=asset_address,
    )


@lru_cache(maxsize=1)
def link_languages() -> Mapping[str, Environment]:
    """Return the environment of the templates for each language of the pages."""
    return page_languages(LINK_TEMPLATES, LINK_LOCALE)


@lru_cache(maxsize=8)
def asset_address(name: str) -> str:
    """Return the address of a file of the pages, with the hash of its content."""
    digest = hashlib.sha256((LINK_STATIC / name).read_bytes()).hexdigest()
    return f"{STATIC_PATH}/{name}?v={digest[:12]}"
