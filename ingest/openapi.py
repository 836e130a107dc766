"""The vendor door's OpenAPI 3.1 document: request bodies, responses and signatures. Data only."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field

from ingest.problems import PROBLEM
from model.schemas.documents import published
from model.schemas.report_body import EXAMPLE, report_body_schema
from model.words.red_flags import IF_RED_FLAG
from web.problems import PROBLEM_REF, PROBLEM_TYPE, add_problem_schema

Described = dict[str, Any]

INTAKE = (
    "early_end",
    "empty",
    "slow",
    "length_required",
    "too_large",
    "token_rate",
    "connector_rate",
    "busy",
    "log",
)
_SIGNED = ("missing", "stale", "forged")

_SIGNATURES: Described = {
    "signatureId": {"type": "apiKey", "in": "header", "name": "webhook-id"},
    "signatureTime": {"type": "apiKey", "in": "header", "name": "webhook-timestamp"},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks: `v1,` and base64(HMAC-SHA256(`id.timestamp.body`)). "
        "The header names may begin with `svix-` as well.",
    },
    "link": {"type": "http", "scheme": "bearer", "description": "A patient's link token."},
}
BY_SIGNATURE: list[Described] = [{"signatureId": [], "signatureTime": [], "signature": []}]


class ReceivedBody(BaseModel):
    """The payload is kept and will be read; `received` is its SHA-256.

    Reports of patients are answered with `if_red_flag` too: what the app shows at once, by
    language, where an answer to a warning sign is yes.
    """

    received: str = Field(pattern="^[0-9a-f]{64}$", examples=["9f86d081884c7d65" * 4])
    if_red_flag: dict[str, str] | None = Field(default=None, examples=[dict(IF_RED_FLAG)])


def problems(*reasons: str) -> dict[int | str, Described]:
    """Return the `responses` of these problems, by status.

    `default` is what the server itself answers.
    """
    texts: dict[int | str, str] = {}
    for row in map(PROBLEM.__getitem__, reasons):
        # several problems may share a status, which a document describes once
        before = texts.get(row.status)
        texts[row.status] = f"{before} {row.detail}" if before else row.detail
    texts["default"] = "Problem"
    content = {PROBLEM_TYPE: {"schema": {"$ref": PROBLEM_REF}}}
    return {status: {"description": text, "content": content} for status, text in texts.items()}


def _operation(
    reasons: tuple[str, ...], security: list[Described], content: Described
) -> Described:
    body = {"required": True, "content": content}
    return {
        "status_code": 202,
        "tags": ["intake"],
        "response_model": ReceivedBody,
        "response_description": "Kept; the same body may be sent again without harm.",
        "responses": problems(*reasons, *INTAKE),
        "openapi_extra": {"requestBody": body, "security": security},
    }


_JSON: Described = {"application/json": {"schema": {"type": "object"}}}
_ANY: Described = {
    **_JSON,
    "application/octet-stream": {"schema": {"type": "string", "format": "binary", "minLength": 1}},
}
_FILE: Described = {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary", "minLength": 1}}
}

_REPORT: Described = {
    "application/json": {
        "schema": {"$ref": "#/components/schemas/ReportBody"},
        "example": EXAMPLE,
    }
}

# the answers of these hooks are what each vendor expects, so their schema is open
VENDORS_OWN: Described = {
    "description": "Kept, or a handshake answered; "
    "in the words that the connector's vendor expects.",
    "content": {"application/json": {"schema": {}}},
}

# `{}` because the vendors of some hooks prove their bodies by other means than these headers
HOOK = _operation((*_SIGNED, "link", "unknown_connector"), [*BY_SIGNATURE, {}], _ANY)
HOOK["responses"] |= {200: VENDORS_OWN, 204: {"description": VENDORS_OWN["description"]}}
UPLOAD = _operation(("link",), [{"link": []}], _FILE)
REPORT = _operation((*_SIGNED, "unknown_connector"), BY_SIGNATURE, _REPORT)


# what an app that sends reports needs; the other schemas concern readers of the log
REPORT_SCHEMA = {"report": lambda: published("report")}


def described(app: FastAPI) -> Callable[[], Described]:
    """Return the function that builds the document once.

    It completes FastAPI's own document by the signatures and the schemas of a problem and a report.
    """

    def openapi() -> Described:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, summary=app.summary, routes=app.routes
            )
            components = document.setdefault("components", {})
            components.setdefault("schemas", {})["ReportBody"] = report_body_schema()
            components["securitySchemes"] = _SIGNATURES
            app.openapi_schema = add_problem_schema(document)
        return app.openapi_schema

    return openapi
