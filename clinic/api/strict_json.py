"""Reads the JSON of a request so that no member stands twice in an object.

The answer names the member.
"""

from collections.abc import Callable, Coroutine
from json import JSONDecodeError
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from model.schemas.strict_json import DoubledMemberError, strict_json
from model.words.language import _
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
        try:
            return strict_json(await self.body())
        except DoubledMemberError as error:
            raise RequestRefused(422, _("%(member)s stands twice.", member=error.path)) from None
        except JSONDecodeError:
            raise
        except UnicodeDecodeError:
            raise RequestRefused(422, _("It is not text in UTF-8.")) from None
        except ValueError:
            raise RequestRefused(422, _("A number is not finite, or it is too deep.")) from None
