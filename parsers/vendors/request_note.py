"""What an answer was asked for, written into the answer that is kept. Pure.

A replay knows no request (`model.received.Context`). Where the request decides what an answer
means, its resource and key stand in the kept answer, and the answer is read by them again. What is
pushed must never be read so: each reader looks for the vendor's own members of a push first.
"""

from model.calendar import HOUR_MS
from model.codec import dumps
from model.received import Fetch
from parsers.fields import JsonObject

REQUEST_MEMBER = "kadens"  # the member of a kept answer that says what was asked for


def noted_answer(payload: bytes, requested: Fetch) -> bytes:
    """Return an answer, which is an object, with what it was asked for; the rest as it came.

    One that has the note stays as it is.
    """
    note = dumps({"resource": requested.resource, "key": requested.key})
    start = b'{"' + REQUEST_MEMBER.encode() + b'":' + note
    if payload.startswith(start):
        return payload
    rest = payload[payload.index(b"{") + 1 :].lstrip()
    # an object without members has no comma
    return start + (rest if rest.startswith(b"}") else b"," + rest)


def dated_push(payload: bytes, body: JsonObject, mark: str) -> bytes | None:
    """Return a pushed object with a mark of when it was made; None for one that has a mark.

    Bodies with the same bytes are one that came again. A vendor may say twice in the same words
    that something is gone, or is there again: the mark makes two bodies of them.
    """
    if REQUEST_MEMBER in body:
        return None
    rest = payload[payload.index(b"{") + 1 :]
    return b'{"%s":"%s",%s' % (REQUEST_MEMBER.encode(), mark.encode(), rest)


def hour_mark(received_ms: int) -> str:
    """Return the mark of what has no time of its own: what came within an hour came once."""
    return str(received_ms // HOUR_MS)


def noted_request(body: JsonObject, name: str) -> Fetch | None:
    """Return the request that is noted in an answer of the format `name`, None without a note."""
    note = body.get(REQUEST_MEMBER)
    values = note if isinstance(note, dict) else {}
    resource, key = values.get("resource"), values.get("key")
    if not isinstance(resource, str) or not isinstance(key, str):
        return None
    # whose it is stands with the kept body, and nothing is asked for again
    return Fetch(account="", resource=resource, key=key, path="", format=name)
