"""Problem details (RFC 9457) of every HTTP door, and the faults of a request in plain words.

Pure but for the exception. A problem never repeats a value that was sent, and names no patient.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

PROBLEM_TYPE = "application/problem+json"
PROBLEM_REF = "#/components/schemas/ProblemDetails"
NOT_AS_DESCRIBED = "is not as described"
OWN_TEXT = "Value error, "  # pydantic puts it before the text of our own validators

# The fault in words, by the beginning of pydantic's name for the error. The longest match wins.
WRONG: dict[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not known",
    "json": "is not valid JSON",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "holds a character that is not allowed",
    "string": "must be text",
    "int": "must be a whole number",
    "float": "must be a number",
    "finite": "must be a finite number",
    "bool": "must be true or false",
    "date": "must be a date such as 2026-11-23",
    "uuid": "must be a UUID",
    "literal": "must be {expected}",
    "enum": "must be {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "union_tag": "must be an object whose {discriminator} is one of the described",
    "dict": "must be an object",
    "model": "must be an object",
    "dataclass": "must be an object",
    "list": "must be a list",
    "tuple": "must be a list",
}
_LONGEST_FIRST = sorted(WRONG, key=len, reverse=True)


class Violation(BaseModel):
    """One thing that is wrong with a request, and in which part of it."""

    where: Literal["path", "query", "header", "cookie", "body"]
    name: str = Field(description="the parameter, or the way to the field in the body")
    detail: str = Field(description="what is wrong, to be read after the name")

    def __str__(self) -> str:
        """Return it as a sentence."""
        if not self.name:
            return f"The {self.where} {self.detail}."
        kind = "field" if self.where == "body" else f"{self.where} parameter"
        return f"The {kind} `{self.name}` {self.detail}."


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


class Refused(HTTPException):
    """A request that is answered with a problem; its `detail` holds no value that was sent."""


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
    kind = str(error["type"])
    if kind.startswith("json"):
        way = []  # pydantic adds the offset of the fault, which names no field
    return Violation(where=where, name=".".join(map(str, way)), detail=_detail(kind, error))


def _detail(kind: str, error: Mapping[str, Any]) -> str:
    if kind == "value_error":
        return str(error["msg"]).removeprefix(OWN_TEXT)
    # pydantic's names share beginnings ("int_type", "int_parsing"), and so do their meanings
    for name in _LONGEST_FIRST:
        if kind.startswith(name):
            return _filled(WRONG[name], error.get("ctx", {}))
    return NOT_AS_DESCRIBED


def _filled(text: str, limits: Mapping[str, Any]) -> str:
    try:
        # pydantic's context may lack a bound that the text names, and need not be the same in every
        # release: a vague text is better than a failing error answer
        return text.format_map(limits)
    except KeyError:
        return NOT_AS_DESCRIBED
