"""The page of a patient's link: files are dragged onto it, and it shows what becomes of them.

The link token is in the fragment of the address, which a browser sends to nobody, so it is in no
log. The page itself is the same for everybody. It shows no health value.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

from ingest.uploads.routes import UPLOADS_PATH
from ingest.uploads.upload import PAGE_PATH
from web.headers import SECURITY_HEADERS
from web.languages import LANGUAGE_NAMES, language_for, page_languages

_HERE = Path(str(files("ingest"))) / "uploads"
LOCALE, TEMPLATES = _HERE / "locale", _HERE / "templates"
_ASSETS = {"send.css": "text/css", "send.js": "text/javascript", "mark.svg": "image/svg+xml"}
# its address changes with its content
_FOREVER = "public, max-age=31536000, immutable"
_HEADERS = {**SECURITY_HEADERS, "cache-control": "no-store", "vary": "accept-language"}


def install_page(app: FastAPI, clinic: str) -> None:
    """Add the page and its files to a door; `clinic` is the name that it shows, "" for none."""

    async def page(request: Request) -> Response:
        languages = read_languages()
        wanted = request.query_params.get("lang", "")
        accepted = request.headers.get("accept-language", "")
        text = upload_page(language_for(languages, wanted, accepted), clinic)
        return HTMLResponse(text, headers=_HEADERS)

    async def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise HTTPException(404, "There is no such file.")
        headers = {**SECURITY_HEADERS, "cache-control": _FOREVER}
        path = _HERE / "static" / name
        return FileResponse(path, media_type=_ASSETS[name], headers=headers)

    app.add_api_route(PAGE_PATH, page, include_in_schema=False)
    app.add_api_route(f"{PAGE_PATH}/{{name}}", asset, include_in_schema=False)


@lru_cache(maxsize=1)
def read_languages() -> Mapping[str, Environment]:
    """Return the environment of the templates for each language of the page."""
    return page_languages(TEMPLATES, LOCALE)


def upload_page(language: str, clinic: str) -> str:
    """Return the page in a language."""
    languages = read_languages()
    return (
        languages[language]
        .get_template("send.html")
        .render(
            language=language,
            languages=[(code, LANGUAGE_NAMES.get(code, code)) for code in languages],
            clinic=clinic,
            uploads_path=UPLOADS_PATH,
            asset=_address,
        )
    )


@lru_cache(maxsize=8)
def _address(name: str) -> str:
    """Return the address of a file of the page, with the hash of its content."""
    digest = hashlib.sha256((_HERE / "static" / name).read_bytes()).hexdigest()
    return f"{PAGE_PATH}/{name}?v={digest[:12]}"
