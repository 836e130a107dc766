"""One body and its parser: what was read, or why nothing could be. Pure but for time and memory; never raises."""

from typing import TypeAlias

from model.errors import BodyError
from model.facts import Parsed, Reject, RejectKind
from parsers import formats
from stream.faults import describe
from stream.readers.wire import Body, Refusal

Answer: TypeAlias = Parsed | Refusal

TOO_LARGE = Reject(
    where="body",
    why="reading it took more memory than a body of its size may take",
    kind=RejectKind.TOO_LARGE,
)
FAULT = Reject(
    where="body", why="an error of our own while reading it", kind=RejectKind.READER_FAULT
)


def answer(body: Body) -> Answer:
    """Return what a parser makes of a body, or why nothing could be read of it."""
    try:
        return formats.parse(body.connector, body.content, body.content_type)
    except BodyError as error:
        return Refusal(reject=error.reject)
    except MemoryError:
        return Refusal(reject=TOO_LARGE)
    except Exception as error:  # noqa: BLE001 - a fault of ours costs this body; the worker tells of it loudly
        return Refusal(reject=FAULT, fault=describe(error))
