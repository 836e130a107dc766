"""Reads docs/access.md: who gets which answer at each route of a door.

The page is what people read and what the walks compare the doors with. This module decides nothing
about a cell; it must never fill one in.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.rooms import ROOT

AccessRoute: TypeAlias = tuple[str, str]
_PAGE = ROOT / "docs" / "access.md"
_NAMING = 2  # the columns that name the route


def access_table(door: str) -> dict[AccessRoute, dict[str, int]]:
    """Return the table below the heading `door`: for each route, the status of each caller."""
    heading, _rule, *lines = list(_lines(door))
    callers = heading[_NAMING:]
    table: dict[AccessRoute, dict[str, int]] = {}
    for method, route, *cells in lines:
        name = (method, route.strip("`"))
        # a second row of a route would hide what the first one promised
        assert name not in table, name
        table[name] = dict(zip(callers, map(int, cells), strict=True))
    return table


def routes_of(app: FastAPI) -> set[AccessRoute]:
    """Return method and path of each route that a door has."""
    routes: set[AccessRoute] = set()
    for route in iter_route_contexts(app.routes):
        routes |= {(method, str(route.path)) for method in set(route.methods or ()) - {"HEAD"}}
    return routes


def row_text(route: AccessRoute, cells: Mapping[str, int]) -> str:
    """Return a row of the page, so that a test that fails says what to write after judging it."""
    return f"| {route[0]} | `{route[1]}` | " + " | ".join(map(str, cells.values())) + " |"


def _lines(door: str) -> Iterator[list[str]]:
    section = _PAGE.read_text(encoding="utf-8").partition(f"\n## {door}\n")[2].partition("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]
