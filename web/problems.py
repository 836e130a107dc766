"""Problem details (RFC 9457) of every HTTP door, and what is wrong with a request.

Pure but for the exception. A problem never repeats a value that was sent, and names no patient.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from model.words.language import N_, _
from web.mistakes import mistake_text, path_of

PROBLEM_TYPE = "application/problem+json"
PROBLEM_REF = "#/components/schemas/ProblemDetails"


# One text a part of the request: other languages bend the words.
_PARTS: Mapping[str, str] = {
    "path": N_("The path parameter `%(field)s` %(text)s."),
    "query": N_("The query parameter `%(field)s` %(text)s."),
    "header": N_("The header parameter `%(field)s` %(text)s."),
    "cookie": N_("The cookie parameter `%(field)s` %(text)s."),
    "body": N_("The field `%(field)s` %(text)s."),
}
_ALL_OF: Mapping[str, str] = {
    "path": N_("The path %(text)s."),
    "query": N_("The query %(text)s."),
    "header": N_("The header %(text)s."),
    "cookie": N_("The cookie %(text)s."),
    "body": N_("The body %(text)s."),
}


class Violation(BaseModel):
    """One thing that is wrong with a request, and in which part of it."""

    where: Literal["path", "query", "header", "cookie", "body"]
    name: str = Field(description="the parameter, or the way to the field in the body")
    detail: str = Field(description="what is wrong, to be read after the name")

    def __str__(self) -> str:
        """Return it as a sentence."""
        sentence = _PARTS[self.where] if self.name else _ALL_OF[self.where]
        return _(sentence, field=self.name, text=self.detail)


class ProblemDetails(BaseModel):
    """RFC 9457 problem details, with a stable word for programs."""

    type: str = Field(
        default="about:blank", description="always about:blank: the status names the problem"
    )
    title: str = Field(description="the status in words")
    status: int = Field(ge=400, le=599)
    detail: str = ""
    reason: str = Field(default="", description="a stable word for programs")
    errors: list[Violation] = Field(
        default_factory=list,
        description="what is wrong with a request, one parameter or field each",
    )


class RequestRefused(HTTPException):
    """A request that is answered with a problem; its `detail` holds no value that was sent.

    `errors` names the fields that are wrong, where the refusal is about fields.
    """

    def __init__(self, status: int, detail: str, errors: Sequence[Violation] = ()) -> None:
        super().__init__(status, detail)
        self.errors = tuple(errors)


def problem_details(status: int, detail: str, errors: Sequence[Violation] = ()) -> ProblemDetails:
    """Return a problem whose title and reason are the words of its status."""
    title = HTTPStatus(status).phrase
    return ProblemDetails(
        title=title,
        status=status,
        detail="" if detail == title else detail,
        reason=title.lower().replace(" ", "_").replace("-", "_"),
        errors=list(errors),
    )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a route: each status as problem details."""
    content = {PROBLEM_TYPE: {"schema": {"$ref": PROBLEM_REF}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def add_problem_schema(document: dict[str, Any]) -> dict[str, Any]:
    """Add to an OpenAPI document the schema that `PROBLEM_REF` points at, and return it."""
    schema = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas |= schema.pop("$defs", {})
    schemas["ProblemDetails"] = schema
    return document


def violation_of(error: Mapping[str, Any]) -> Violation:
    """Return an error of pydantic's as a violation; `error` is a row of its `errors()`."""
    where, *way = error["loc"]
    if str(error["type"]).startswith("json"):
        way = []  # pydantic adds the offset of the fault, which names no field
    return Violation(where=where, name=path_of(tuple(way)), detail=mistake_text(error))
