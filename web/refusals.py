"""Refusals that the server itself answers, before any application, as ready bytes. Pure."""

from dataclasses import dataclass
from http import HTTPStatus

import orjson

from web.problems import PROBLEM_TYPE

CROWDED_RETRY_S = 5
TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRefusal:
    """A row of the table; a row without a status answers nothing.

    `reason` is the stable word that metrics use, and `retry_s` is the Retry-After in seconds.
    """

    reason: str
    status: int = 0
    detail: str = ""
    retry_s: int = 0


REFUSALS: tuple[ServerRefusal, ...] = (
    ServerRefusal(reason="bad_request", status=400, detail="This is not an HTTP/1.1 request."),
    ServerRefusal(
        reason="bad_framing", status=400, detail="The body's chunks hold more framing than content."
    ),
    ServerRefusal(reason="slow_head", status=408, detail="The head of the request took too long."),
    ServerRefusal(reason="slow", status=408, detail="The body took too long."),
    ServerRefusal(
        reason="too_large", status=413, detail="The body is larger than this door takes."
    ),
    ServerRefusal(
        reason="head_too_large", status=431, detail="The head of the request is too large."
    ),
    ServerRefusal(
        reason="crowded",
        status=503,
        detail="Too many connections. Try again.",
        retry_s=CROWDED_RETRY_S,
    ),
    ServerRefusal(reason="pipelined"),
    ServerRefusal(reason="drained"),
)
REFUSAL = {row.reason: row for row in REFUSALS}


def problem_json(status: int, detail: str, reason: str) -> bytes:
    """Return an RFC 9457 problem as JSON."""
    return orjson.dumps(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "reason": reason,
        }
    )


def _http_answer(refusal: ServerRefusal) -> bytes:
    """Return the HTTP answer, after which the connection ends, b"" for a row without a status."""
    if not refusal.status:
        return b""
    body = problem_json(refusal.status, refusal.detail, refusal.reason)
    retry = f"retry-after: {refusal.retry_s}\r\n" if refusal.retry_s else ""
    head = (
        f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n"
        f"content-type: {PROBLEM_TYPE}\r\n"
        f"content-length: {len(body)}\r\n{retry}connection: close\r\n\r\n"
    )
    return head.encode() + body


ANSWERS: dict[str, bytes] = {row.reason: _http_answer(row) for row in REFUSALS}
