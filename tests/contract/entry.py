"""A worker with bugs: `python -m tests.contract.entry BUG…` is a changed `kadens worker`.

With `readers`, readers meet the bugs that payloads name (`tests.planted_readers`). With `settle`
and `derive`, the worker itself raises, or ends, at a payload or a fact whose bytes hold the mark.
It is never part of the product.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kadens.commands.console import process_settings
from kadens.wiring.working import run_worker
from storage.pg.pool import Connection
from stream import normalise
from stream.collaborators import Collaborators
from stream.deriving import derive_batch
from stream.log.messages import Message
from stream.reading import Read
from tests.planted_readers import plant_readers
from tests.rows import values_of

RAISE, END = b"<fault>", b"<end>"
_settle, _decode = normalise._settle, derive_batch._decode


def _meet(values: Sequence[bytes]) -> None:
    if any(END in value for value in values):
        os._exit(9)
    if any(RAISE in value for value in values):
        raise IndexError("a value that nobody may log")


async def _settle_planted(conn: Connection, reads: Sequence[Read], parts: Collaborators) -> bool:
    _meet([read.body for read in reads if read.parsed])
    return await _settle(conn, reads, parts)


def _decode_planted(messages: Sequence[Message]) -> Any:  # noqa: ANN401 - passed on
    _meet(values_of(messages, "value"))
    return _decode(messages)


def plant_settle() -> None:
    normalise._settle = _settle_planted


def plant_derive() -> None:
    derive_batch._decode = _decode_planted


_BUGS: Mapping[str, Callable[[], None]] = {
    "readers": plant_readers,
    "settle": plant_settle,
    "derive": plant_derive,
}

if __name__ == "__main__":
    for name in sys.argv[1:]:
        _BUGS[name]()
    sys.exit(run_worker(process_settings(None)))
