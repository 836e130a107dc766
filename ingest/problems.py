"""Every refusal of the vendor door, as a table, and its form by RFC 9457.

A status is never 410, after which some vendors unsubscribe for good. A detail never holds a value
that was sent.
"""

from dataclasses import dataclass, replace

from starlette.responses import Response

from web.problems import PROBLEM_TYPE
from web.rates import retry_after
from web.refusals import problem_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A row of the table; `reason` is the stable word that programs and metrics use."""

    reason: str
    status: int
    detail: str
    headers: tuple[tuple[str, str], ...] = ()


class Refused(Exception):  # noqa: N818 - reads as what happened
    """A request that is answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


SIGN = (("WWW-Authenticate", "Signature"),)
LINK = (("WWW-Authenticate", "Bearer"),)
# seconds; only a hint, because most vendors retry by a plan of their own
_AGAIN = (("Retry-After", "5"),)

PROBLEMS: tuple[Problem, ...] = (
    Problem(reason="early_end", status=400, detail="The body ended before its length."),
    Problem(reason="empty", status=400, detail="The body is empty."),
    Problem(reason="missing", status=401, detail="The body carries no proof.", headers=SIGN),
    Problem(
        reason="stale", status=401, detail="The signed time is outside of the window.", headers=SIGN
    ),
    Problem(
        reason="forged",
        status=401,
        detail="No key of this connector made this proof.",
        headers=SIGN,
    ),
    Problem(
        reason="link", status=401, detail="No valid link token came with the body.", headers=LINK
    ),
    Problem(reason="unknown_connector", status=404, detail="There is no such connector."),
    Problem(
        reason="method_not_allowed",
        status=405,
        detail="This connector takes POST only.",
        headers=(("Allow", "POST"),),
    ),
    # answered by the server itself (`web.refusals`), and here for the API's documentation
    Problem(reason="slow", status=408, detail="The body took too long."),
    Problem(
        reason="length_required", status=411, detail="Content-Length or chunked transfer is needed."
    ),
    Problem(reason="too_large", status=413, detail="The body is larger than this door takes."),
    Problem(
        reason="token_rate",
        status=429,
        detail="Too many bodies with this link token. Send it later.",
    ),
    Problem(
        reason="connector_rate",
        status=429,
        detail="Too many bodies of this connector. Send it later.",
    ),
    # of uploads in parts
    Problem(
        reason="upload_length",
        status=400,
        detail="Upload-Length must state the bytes of the complete file.",
    ),
    Problem(
        reason="upload_offset", status=400, detail="Upload-Offset must state where the part begins."
    ),
    Problem(
        reason="upload_metadata",
        status=400,
        detail="Upload-Metadata must hold pairs of a key and a value in base64.",
    ),
    Problem(
        reason="unknown_upload", status=404, detail="There is no such upload, or it has expired."
    ),
    Problem(
        reason="upload_offset_differs",
        status=409,
        detail="The upload has another offset; HEAD tells it.",
    ),
    Problem(
        reason="tus_version",
        status=412,
        detail="Tus-Resumable must be 1.0.0.",
        headers=(("Tus-Version", "1.0.0"),),
    ),
    Problem(
        reason="upload_type",
        status=415,
        detail="A part has the type application/offset+octet-stream.",
    ),
    Problem(
        reason="upload_locked",
        status=423,
        detail="The upload is in use. Try again.",
        headers=(("Retry-After", "2"),),
    ),
    Problem(
        reason="upload_share",
        status=429,
        detail="This link has too many uploads under way. Finish or end them first.",
        headers=(("Retry-After", "60"),),
    ),
    Problem(
        reason="upload_room",
        status=507,
        detail="The door has no room for the upload now. Try again later.",
        headers=(("Retry-After", "60"),),
    ),
    Problem(
        reason="busy",
        status=503,
        detail="Too many bodies are on their way. Send it again.",
        headers=_AGAIN,
    ),
    Problem(
        reason="log",
        status=503,
        detail="The body could not be kept. Send it again.",
        headers=_AGAIN,
    ),
    Problem(reason="not_ready", status=503, detail="The log does not answer.", headers=_AGAIN),
    Problem(
        reason="clock",
        status=503,
        detail="The clock of this door and that of the log differ by more than a minute.",
        headers=_AGAIN,
    ),
)
# looked up by reason: a reason that is not in the table fails at once
PROBLEM = {row.reason: row for row in PROBLEMS}


def refused(reason: str) -> Refused:
    """Return the exception for the problem with this reason."""
    return Refused(PROBLEM[reason])


def too_often(reason: str, wait_s: float) -> Refused:
    """Return the exception for a rate that is used up, with the seconds to wait as Retry-After."""
    return Refused(replace(PROBLEM[reason], headers=(("Retry-After", retry_after(wait_s)),)))


def problem_answer(problem: Problem) -> Response:
    """Return the HTTP answer of a problem."""
    body = problem_json(problem.status, problem.detail, problem.reason)
    return Response(body, problem.status, dict(problem.headers), PROBLEM_TYPE)
