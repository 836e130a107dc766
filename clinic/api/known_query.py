"""Refuses a parameter in the query that a route of the API does not know.

A misspelt parameter would otherwise be ignored, and another question be answered.
"""

from collections.abc import Iterator
from inspect import isclass

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel


def refuse_unknown_query(request: Request) -> None:
    """Refuse (422) a query with parameters that the route does not know, each by its name."""
    route = request.scope["route"]
    known = set(_names(route.dependant)) if isinstance(route, APIRoute) else set()
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise RequestValidationError(
            [{"type": "extra_forbidden", "loc": ("query", name)} for name in unknown]
        )


def _names(dependant: Dependant) -> Iterator[str]:
    """Yield the names of the parameters of a route, also of those that a class describes."""
    for parameter in dependant.query_params:
        described = parameter.field_info.annotation
        if isclass(described) and issubclass(described, BaseModel):
            for name, field in described.model_fields.items():
                yield field.alias or name
        else:
            yield parameter.alias
    for inner in dependant.dependencies:
        yield from _names(inner)
