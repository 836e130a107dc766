"""Renders the templates of the pages, and gives the addresses of static files.

Templates escape everything, and fail on a name that is not defined. The address of a static file
has the hash of its content.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from clinic.pages import audit_lines, heatmap, quality_flags, rule_overrides, words
from clinic.pages.worklist import NEED_ICONS, NEED_WORDS

HERE = Path(str(files("clinic")))
STATIC = HERE / "static"


@lru_cache(maxsize=1)
def plotly() -> Path:
    """Return the path of plotly.js in the plotly wheel, the only source that it is served from."""
    return Path(str(files("plotly"))) / "package_data" / "plotly.min.js"


@lru_cache(maxsize=1)
def map_style() -> str:
    """Return the id of the style element that plotly.js inserts for maps, which are never drawn.

    An inserted style breaks the content security policy. The pages have an element with this id, so
    that plotly.js inserts none.
    """
    # The id is a hash that changes with the release of plotly.js.
    matches = re.search(rb'getElementById\("([0-9a-f]{64})"\)', plotly().read_bytes())
    return matches[1].decode() if matches else "plotly-map-style"


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
    path = plotly() if name == "plotly.min.js" else STATIC / name
    return f"/static/{name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Return the environment of the templates, with the names that all of them share."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        # Names come from outside: a patient may be called anything.
        autoescape=True,
        # A misspelt name is an error, and no blank where a finding should be.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        words=words,
        asset=asset,
        need_words=NEED_WORDS,
        need_icons=NEED_ICONS,
        map_style=map_style(),
        overrides=rule_overrides.overrides,
        audit_lines=audit_lines,
        _=lambda text, **values: text % values if values else text,
    )
    made.globals.update(
        look_signs=heatmap.LOOK_SIGNS, look_words=heatmap.LOOK_WORDS, quality_flags=quality_flags
    )
    return made


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return a page.

    `request` gives the path for the navigation, and whether the door has a sign-in.
    """
    # Without a sign-in there is nothing to leave: the demo shows no button for it.
    own = {"path": request.url.path, "leaves": hasattr(request.app.state, "sign_in")}
    text = _environment().get_template(template).render(**own, **context)
    return HTMLResponse(text, status, headers)
