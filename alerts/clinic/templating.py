"""Templates of the pages: strict about names, escaping everything, and static files by the hash of their content."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from . import words
from .worklist import ICONS, WORDS

HERE = Path(str(files("kadens.alerts.clinic")))
STATIC = HERE / "static"


@lru_cache(maxsize=1)
def plotly() -> Path:
    """Return plotly.js as the plotly wheel brings it; it is served from there and from nowhere else."""
    return Path(str(files("plotly"))) / "package_data" / "plotly.min.js"


@lru_cache(maxsize=64)
def asset(name: str) -> str:
    """Return the address of a static file, with the hash of its content, so that it may be cached for ever."""
    path = plotly() if name == "plotly.min.js" else STATIC / name
    return f"/static/{name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates' environment."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(words=words, asset=asset, need_words=WORDS, need_icons=ICONS)
    return made


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return a page. `request` gives the path, for the navigation."""
    text = environment().get_template(template).render(path=request.url.path, **context)
    return HTMLResponse(text, status, headers)
