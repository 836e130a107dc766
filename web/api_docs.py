"""The API's documentation as a page that the door serves itself, made from its OpenAPI document.

Plain HTML and one style sheet: no script, nothing from another host, so that the strict content
policy holds. Pure but for the routes. It must never show more than `/openapi.json` does.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from web.headers import SECURITY_HEADERS

_Json: TypeAlias = Mapping[str, Any]

DOCS_PATH = "/docs"
METHODS = ("get", "post", "put", "delete", "head")
LONGEST_LIST = 12  # words of an enumeration that are shown in a table
_HERE = Path(str(files("web")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeRow:
    """A field, parameter or definition: its name, its type in words, and its description."""

    name: str
    type: str
    text: str
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation of the document as the page shows it."""

    anchor: str
    method: str
    path: str
    summary: str
    parameters: tuple[ShapeRow, ...]
    bodies: tuple[ShapeRow, ...]
    responses: tuple[ShapeRow, ...]
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A schema of the document: an object with its fields, or a plain type."""

    name: str
    text: str
    fields: tuple[ShapeRow, ...]


def install_docs(app: FastAPI, schemas: Mapping[str, Callable[[], dict[str, Any]]]) -> None:
    """Add the page, its style sheet and the JSON Schemas to a door.

    `schemas` gives for each name of a schema the function that builds it.
    """

    async def page() -> Response:
        text = docs_page(app.openapi(), tuple(schemas))
        return HTMLResponse(text, headers=SECURITY_HEADERS)

    async def style() -> Response:
        return FileResponse(_HERE / "static" / "docs.css", headers=SECURITY_HEADERS)

    async def schema(name: str) -> Response:
        if name not in schemas:
            raise HTTPException(404, "There is no such schema.")
        return JSONResponse(schemas[name](), headers=SECURITY_HEADERS)

    app.add_api_route(DOCS_PATH, page, include_in_schema=False)
    app.add_api_route(f"{DOCS_PATH}/style.css", style, include_in_schema=False)
    app.add_api_route(f"{DOCS_PATH}/schemas/{{name}}", schema, include_in_schema=False)


def docs_page(document: _Json, schema_names: tuple[str, ...]) -> str:
    """Return the page for an OpenAPI document; `schema_names` are linked as JSON Schemas."""
    definitions = document.get("components", {}).get("schemas", {})
    context = {
        "info": document["info"],
        "operations": list(operations(document)),
        "definitions": [_definition(name, definitions[name]) for name in sorted(definitions)],
        "schema_names": schema_names,
    }
    return _environment().get_template("api_docs.html").render(**context)


def operations(document: _Json) -> Iterator[Operation]:
    """Yield the operations of an OpenAPI document, in its order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(path, method, item[method])


def _definition(name: str, schema: _Json) -> Definition:
    """Return a named schema with its fields."""
    required = schema.get("required", ())
    rows = [
        _row(field, shape, is_required=field in required)
        for field, shape in schema.get("properties", {}).items()
    ]
    text = schema.get("description", "") or in_words(schema)
    return Definition(name=name, text=text, fields=tuple(rows))


def in_words(schema: _Json) -> str:
    """Return the type of a schema in words, with its bounds: `integer, 1 to 500, or null`."""
    # a reference is never followed: the shape has a section of its own on the page, and shapes that
    # refer to each other would not end
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(dict.fromkeys(in_words(row) for row in schema[word]))
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return _enumeration(schema["enum"])
    return ", ".join([_kind(schema), *_bounds(schema)])


def _operation(path: str, method: str, operation: _Json) -> Operation:
    body = operation.get("requestBody", {}).get("content", {})
    return Operation(
        anchor=f"{method}-{path.strip('/').replace('/', '-').translate(_NO_BRACES)}",
        method=method.upper(),
        path=path,
        summary=operation.get("description") or operation.get("summary", ""),
        parameters=tuple(_parameter(row) for row in operation.get("parameters", ())),
        bodies=tuple(_content_rows(body)),
        responses=tuple(_response_rows(operation["responses"])),
        examples=tuple(_examples(operation)),
    )


def _parameter(row: _Json) -> ShapeRow:
    text = row.get("description", "") or row["schema"].get("description", "")
    return ShapeRow(
        name=f"{row['name']} ({row['in']})",
        type=in_words(row["schema"]),
        text=text,
        is_required=row.get("required", False),
    )


def _content_rows(content: _Json) -> Iterator[ShapeRow]:
    for media_type, row in content.items():
        schema = row.get("schema", {})
        yield ShapeRow(name=media_type, type=in_words(schema), text=schema.get("description", ""))


def _response_rows(responses: _Json) -> Iterator[ShapeRow]:
    for status, response in responses.items():
        shapes = [in_words(row["schema"]) for row in response.get("content", {}).values()]
        yield ShapeRow(
            name=status, type=" or ".join(dict.fromkeys(shapes)), text=response["description"]
        )


def _examples(operation: _Json) -> Iterator[tuple[str, str]]:
    """Yield the examples of a request and of its responses, each with a heading."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if "example" in content:
            yield "Request", _pretty(content["example"])
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values():
            if "example" in content:
                yield f"Response {status}", _pretty(content["example"])


def _row(name: str, schema: _Json, *, is_required: bool) -> ShapeRow:
    text = schema.get("description", "")
    return ShapeRow(name=name, type=in_words(schema), text=text, is_required=is_required)


def _kind(schema: _Json) -> str:
    kind = str(schema.get("type", "any value"))
    if kind == "array" and isinstance(schema.get("items"), dict):
        return f"list of {in_words(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {in_words(schema['additionalProperties'])}"
    return str(schema.get("format", kind)) if kind == "string" else kind


_BOUND_WORDS = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "less than {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("maxItems", "at most {} items"),
)
_NO_BRACES = str.maketrans("", "", "{}")


def _bounds(schema: _Json) -> Iterator[str]:
    for keyword, words in _BOUND_WORDS:
        if keyword in schema:
            yield words.format(schema[keyword])


def _enumeration(values: list[Any]) -> str:
    shown = [json.dumps(value) for value in values[:LONGEST_LIST]]
    rest = len(values) - len(shown)
    return " | ".join(shown) + (f" and {rest} more" if rest else "")


def _pretty(example: object) -> str:
    return json.dumps(example, indent=2, ensure_ascii=False)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,  # a missing name is an error, and no blank on the page
        trim_blocks=True,
        lstrip_blocks=True,
    )
