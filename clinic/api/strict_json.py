"""Reads the JSON of a request so that no member stands twice in an object.

Of two members with one name a reader of JSON takes the last, and the sender may have meant the
first: of a prescription nobody may guess.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from web.problems import RequestRefused


class StrictJsonRoute(APIRoute):
    """A route that refuses (422) JSON with a member twice."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of the route, which reads its body strictly."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly


class _StrictRequest(Request):
    async def json(self) -> Any:  # noqa: ANN401 - as it is in Starlette
        """Return the body; a mistake in it is an error of `json`."""
        return json.loads(await self.body(), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise RequestRefused(422, "A member stands twice in an object of the body.")
    return made
