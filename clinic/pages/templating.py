"""Templates of the pages: strict about names, escaping everything, and static files by the hash of their content."""

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

from clinic.pages import heatmap, quality_flags, words
from clinic.pages.worklist import ICONS, WORDS

HERE = Path(str(files("clinic")))
STATIC = HERE / "static"


@lru_cache(maxsize=1)
def plotly() -> Path:
    """Return plotly.js as the plotly wheel brings it; it is served from there and from nowhere else."""
    return Path(str(files("plotly"))) / "package_data" / "plotly.min.js"


@lru_cache(maxsize=1)
def map_style() -> str:
    """Return the id of the style element that plotly.js would insert for its maps, which we do not draw.

    It leaves that when an element has the id already; an inserted one would break the content policy.
    """
    matches = re.search(rb'getElementById\("([0-9a-f]{64})"\)', plotly().read_bytes())
    return matches[1].decode() if matches else "plotly-map-style"


@lru_cache(maxsize=4)
def packed(path: Path) -> bytes:
    """Return a file of ours gzipped, packed once a process: it holds nothing of anybody."""
    return gzip.compress(path.read_bytes(), mtime=0)


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
    made.globals.update(
        words=words, asset=asset, need_words=WORDS, need_icons=ICONS, map_style=map_style()
    )
    made.globals.update(
        look_signs=heatmap.SIGNS, look_words=heatmap.WORDS, quality_flags=quality_flags
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
    """Return a page. `request` gives the path, for the navigation, and whether there is a sign-in to leave."""
    own = {"path": request.url.path, "leaves": hasattr(request.app.state, "sign_in")}
    text = environment().get_template(template).render(**own, **context)
    return HTMLResponse(text, status, headers)
