"""What the server itself answers, before any application: a table of refusals as ready-made bytes. Pure."""

from dataclasses import dataclass
from http import HTTPStatus

import orjson

PROBLEM_TYPE = "application/problem+json"
RETRY_S = 5
TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One row: `reason` is the stable word that metrics use. A row without a status is closed without a word."""

    reason: str
    status: int = 0
    detail: str = ""
    retry_s: int = 0


REFUSALS: tuple[Refusal, ...] = (
    Refusal(reason="bad_request", status=400, detail="This is no HTTP/1.1 request."),
    Refusal(
        reason="bad_framing", status=400, detail="The body's chunks hold more framing than content."
    ),
    Refusal(reason="slow_head", status=408, detail="The head of the request took too long."),
    Refusal(reason="slow", status=408, detail="The body took too long."),
    Refusal(reason="too_large", status=413, detail="The body is larger than this door takes."),
    Refusal(reason="head_too_large", status=431, detail="The head of the request is too large."),
    Refusal(
        reason="crowded", status=503, detail="Too many connections. Try again.", retry_s=RETRY_S
    ),
    Refusal(reason="pipelined"),
    Refusal(reason="drained"),
)
REFUSAL = {row.reason: row for row in REFUSALS}


def problem(status: int, detail: str, reason: str) -> bytes:
    """Return an RFC 9457 problem as JSON."""
    title = HTTPStatus(status).phrase
    return orjson.dumps(
        {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "reason": reason,
        }
    )


def answer(refusal: Refusal) -> bytes:
    """Return the whole HTTP answer of a refusal, after which the connection ends; b"" for one without a status."""
    if not refusal.status:
        return b""
    body = problem(refusal.status, refusal.detail, refusal.reason)
    retry = f"retry-after: {refusal.retry_s}\r\n" if refusal.retry_s else ""
    head = (
        f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\ncontent-type: {PROBLEM_TYPE}\r\n"
        f"content-length: {len(body)}\r\n{retry}connection: close\r\n\r\n"
    )
    return head.encode() + body


ANSWERS: dict[str, bytes] = {row.reason: answer(row) for row in REFUSALS}
