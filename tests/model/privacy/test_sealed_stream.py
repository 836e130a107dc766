"""A sealed stream opens whole, in its own place, with its own key, or not at all."""

import io
from collections.abc import Iterator

import pytest

from model.privacy.sealed_stream import (
    FRAME,
    FrameError,
    StreamSealer,
    opened_stream,
    public_half,
    sealing_file,
)

_PRIVATE, _OTHER = b"p" * 32, b"q" * 32
_PUBLIC = public_half(_PRIVATE)
_HEAD, _SEALED_FRAME = 56, FRAME + 16
_MARK = b"marker of a patient"


def _sealed(plain: bytes, belongs_to: str = "raw:p:1") -> bytes:
    numbers = iter(range(1, 9))
    file = sealing_file(
        io.BytesIO(plain),
        lambda: StreamSealer(_PUBLIC, bytes([next(numbers)]) * 32, belongs_to),
    )
    return file.read()


def _opened(sealed: bytes, private: bytes = _PRIVATE, belongs_to: str = "raw:p:1") -> bytes:
    return b"".join(opened_stream(private, io.BytesIO(sealed).read, belongs_to))


@pytest.mark.parametrize(
    ("size", "frames"),
    [(0, 1), (1, 1), (FRAME, 1), (FRAME + 1, 2), (2 * FRAME, 2), (40 * FRAME + 7, 41)],
)
def test_any_length_comes_back(size: int, frames: int) -> None:
    plain = (_MARK * (size // len(_MARK) + 1))[:size]
    sealed = _sealed(plain)
    assert len(sealed) == _HEAD + size + 16 * frames
    assert _MARK not in sealed
    assert _opened(sealed) == plain


def _damaged(sealed: bytes) -> Iterator[tuple[str, bytes]]:
    first = _HEAD + _SEALED_FRAME
    second = first + _SEALED_FRAME
    yield "nothing", b""
    yield "head alone", sealed[:_HEAD]
    yield "cut in the head", sealed[:40]
    yield "cut between frames", sealed[:second]
    yield "cut in a frame", sealed[: second + 100]
    yield "cut in a tag", sealed[:-1]
    yield "without its first frame", sealed[:_HEAD] + sealed[first:]
    yield "swapped", sealed[:_HEAD] + sealed[first:second] + sealed[_HEAD:first] + sealed[second:]
    yield "twice the end", sealed + sealed[second:]
    yield "more", sealed + b"x"
    yield "changed", sealed[:first] + bytes([sealed[first] ^ 1]) + sealed[first + 1 :]
    yield "another head", StreamSealer(_PUBLIC, b"z" * 32).head + sealed[_HEAD:]
    yield "in clear", _MARK * 1000


def test_nothing_but_the_stream_itself_opens() -> None:
    sealed = _sealed(bytes(2 * FRAME + 500))
    opened = []
    for name, damaged in _damaged(sealed):
        try:
            _opened(damaged)
        except FrameError:
            continue
        opened.append(name)
    assert opened == []


@pytest.mark.parametrize(
    ("private", "belongs_to"), [(_OTHER, "raw:p:1"), (_PRIVATE, "raw:p:2"), (_PRIVATE, "")]
)
def test_another_key_and_another_place_open_nothing(private: bytes, belongs_to: str) -> None:
    with pytest.raises(FrameError):
        _opened(_sealed(_MARK), private, belongs_to)


def test_a_second_reading_is_another_stream() -> None:
    numbers = iter(range(1, 9))
    file = sealing_file(
        io.BytesIO(bytes(3 * 1024 * 1024)),
        lambda: StreamSealer(_PUBLIC, bytes([next(numbers)]) * 32, "raw:p:1"),
    )
    half = file.read(2 * 1024 * 1024)
    file.seek(0)
    again = file.read()
    assert half[:_HEAD] != again[:_HEAD]
    assert _opened(again) == bytes(3 * 1024 * 1024)
    with pytest.raises(io.UnsupportedOperation):
        file.seek(0, io.SEEK_END)
