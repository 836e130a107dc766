"""Bugs that a reader may have, planted behind a word in the payload.

They are never part of the product: only `entry` plants them.
"""

import ctypes
import itertools
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from model.received import Context, ReaderItems
from parsers import formats
from parsers.lazy_readers import ReadItems

_WORD = b"planted:"
_HEAD = b"\x0e\x10\x00\x00\x00\x00\x00\x00.FIT\x00\x00"  # what is read after it is never reached
GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """A bug: what it does, and how often the worker may be started anew for it."""

    do: Callable[[], object]
    restarts: int = 0


def _raise() -> None:
    raise RuntimeError("planted")


def _recurse() -> None:
    _recurse()


def _loop() -> None:
    while True:
        pass


def _stubborn_loop() -> None:
    """Loop for ever and swallow whatever tries to end it."""
    while True:
        with suppress(BaseException):
            _loop()


def _deaf_loop() -> None:
    """Loop for ever outside of Python code, where no signal handler runs."""
    sum(itertools.repeat(0))


def _allocate() -> None:
    held = [bytearray(GIB // 4) for _ in range(16)]
    for block in held:
        block[::4096] = b"\1" * len(block[::4096])


def _leave(error: BaseException) -> None:
    raise error


PLANTS: Mapping[str, Plant] = {
    "raise": Plant(do=_raise),
    "recursion": Plant(do=_recurse),
    "SystemExit": Plant(do=lambda: _leave(SystemExit(3))),
    "KeyboardInterrupt": Plant(do=lambda: _leave(KeyboardInterrupt())),
    "endless-loop": Plant(do=_loop),
    "stubborn-loop": Plant(do=_stubborn_loop),
    "deaf-loop": Plant(do=_deaf_loop),
    "sleep": Plant(do=lambda: time.sleep(10**6)),
    "4-GB": Plant(do=_allocate),
    "os._exit": Plant(do=lambda: os._exit(3), restarts=1),
    "segfault": Plant(do=lambda: ctypes.string_at(0), restarts=1),
    "stopped": Plant(do=lambda: os.kill(os.getpid(), signal.SIGSTOP), restarts=1),
}


def body(name: str) -> bytes:
    """Return a body that sets off a bug where it is read as a file."""
    return _HEAD + _WORD + name.encode() + b";"


def plant() -> None:
    """Put all bugs into this process's table of parsers.

    Bodies without the word are read as before.
    """
    formats.FORMATS = tuple(replace(row, read=_planted(row.read)) for row in formats.FORMATS)


def _planted(reader: ReadItems) -> ReadItems:
    def read(content: bytes, context: Context) -> ReaderItems:
        _, word, rest = content[:200].partition(_WORD)
        if word:
            PLANTS[rest.partition(b";")[0].decode()].do()
        return reader(content, context)

    return read
