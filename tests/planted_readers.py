"""Bugs that can be put into the readers of this process and of those forked from it.

They are never part of the product. A payload that begins with the name of a bug in angle brackets
triggers it, whatever connector it comes from.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from model.received import ReaderItem
from stream.readers import answers
from stream.readers.wire import BodyToRead

read_body = answers.read_body


def fail() -> None:
    raise ZeroDivisionError("a value that nobody may log")


def loop() -> None:
    while True:
        pass


def swallow() -> None:
    while True:
        with suppress(BaseException):  # code that swallows the alarm
            loop()


def hoard() -> None:
    bytearray(4 << 30)


def leave() -> None:
    os._exit(3)


def hang() -> None:
    time.sleep(3600)


_BUGS: Mapping[bytes, Callable[[], None]] = {
    b"<raise>": fail,
    b"<loop>": loop,
    b"<swallow>": swallow,
    b"<hoard>": hoard,
    b"<exit>": leave,
    b"<hang>": hang,
}


def planted(body: BodyToRead) -> tuple[str, Iterator[ReaderItem]]:
    """Meet the bug that the body names, else read it."""
    for mark, bug in _BUGS.items():
        if body.content.startswith(mark):
            bug()
    return read_body(body)


def plant_readers() -> None:
    """Put the bugs into the readers of this process."""
    answers.read_body = planted
