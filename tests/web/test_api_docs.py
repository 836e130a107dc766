"""The documentation page: made from the document alone, without script, under the strict policy."""

import asyncio
import re

import httpx2
import pytest
from fastapi import FastAPI

from web.api_docs import docs_page, in_words, install_docs, operations
from web.headers import CONTENT_POLICY

_DOCUMENT = {
    "info": {"title": "Invented door", "version": "1", "summary": "Opens <b>once</b>."},
    "paths": {
        "/things/{id}": {
            "get": {
                "description": "Return one thing.",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {
                    "200": {
                        "description": "OK",
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Thing"},
                                "example": {"size": 3},
                            }
                        },
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "description": "A thing.",
                "required": ["size"],
                "properties": {"size": {"type": "integer", "minimum": 1}},
            }
        }
    },
}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 5}, "integer, at least 1, at most 5"),
        ({"type": "string", "format": "date"}, "date"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number or null"),
        ({"$ref": "#/components/schemas/Zones"}, "Zones"),
        ({"type": "array", "items": {"$ref": "#/x/Load"}}, "list of Load"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "object of number"),
        ({"enum": ["a", "b"]}, '"a" | "b"'),
        ({"enum": list(range(14))}, " | ".join(map(str, range(12))) + " and 2 more"),
        ({"const": "pain"}, '"pain"'),
        ({}, "any value"),
    ],
    ids=str,
)
def test_a_type_in_words(schema: dict[str, object], words: str) -> None:
    assert in_words(schema) == words


def test_an_operation_is_shown_whole() -> None:
    (operation,) = operations(_DOCUMENT)
    assert (operation.anchor, operation.method) == ("get-things-id", "GET")
    (parameter,) = operation.parameters
    assert (parameter.name, parameter.is_required) == ("id (path)", True)
    assert operation.examples == (("Response 200", '{\n  "size": 3\n}'),)
    text = docs_page(_DOCUMENT, ("report",))
    for part in ('id="get-things-id"', 'id="shape-Thing"', 'href="/docs/schemas/report"'):
        assert part in text
    assert "Opens &lt;b&gt;once&lt;/b&gt;." in text


def get(app: FastAPI, path: str) -> httpx2.Response:
    async def answer() -> httpx2.Response:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
            return await client.get(path)

    return asyncio.run(answer())


def test_a_door_serves_it_under_the_strict_policy() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, summary="")
    install_docs(app, {"report": lambda: {"title": "ReportBody"}})
    for path, kind in (
        ("/docs", "text/html"),
        ("/docs/style.css", "text/css"),
        ("/docs/schemas/report", "application/json"),
    ):
        answer = get(app, path)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, kind)
        assert answer.headers["content-security-policy"] == CONTENT_POLICY
    assert get(app, "/docs/schemas/other").status_code == 404
    text = get(app, "/docs").text
    assert re.findall(r"<script|style=|https?://|\son\w+=", text) == []
