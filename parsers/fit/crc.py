"""CRC-16 of FIT (CRC-16/ARC: reflected 0x8005, start 0), at memory speed in numpy.

At most a block of 32,767 bytes is copied, and no C code of our own is needed.

The generator is P = (x + 1)(x^15 + x + 1) = (x + 1) Q, and Q is primitive. Two facts make it cheap:

- x^32767 = 1 modulo P, hence x^(8 * 32767) = 1 too: blocks of 32,767 bytes may be added (XOR) onto
  each other.
- x^(15 s) = x^s + 1 modulo Q for every s that is a power of two (Frobenius). So the leading bytes
  of the rest fold onto its other bytes with two shifts, and every fold halves the length. Modulo
  x + 1 only the parity counts: if the folds changed it, adding Q (which is 1 modulo x + 1 and 0
  modulo Q) corrects it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PERIOD = 32767  # the order of x modulo Q: 2**15 - 1
_POLYNOMIAL = 0xA001  # 0x8005 with its bits reversed
_SHORT = 32  # up to so many bytes go through a plain loop; every fold ends below this length


def _table() -> tuple[int, ...]:
    entries = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        entries.append(value)
    return tuple(entries)


_TABLE = _table()


def _bytewise(data: bytes, value: int = 0) -> int:
    for byte in data:
        value = (value >> 8) ^ _TABLE[(value ^ byte) & 0xFF]
    return value


# Q as a 16-bit message: x^15, x and 1 in reflected bytes (bit 0 of the first byte is the highest
# power).
_PARITY_FIX = _bytewise(bytes([0x01, 0xC0]))


def _period(data: memoryview) -> NDArray[np.uint8]:
    """Add all blocks of one period. The first may be short, since leading zeros change nothing."""
    head = len(data) % _PERIOD
    folded = np.zeros(_PERIOD, dtype=np.uint8)
    total = np.frombuffer(data, dtype=np.uint8, offset=head).reshape(-1, _PERIOD)
    np.bitwise_xor.reduce(total, axis=0, out=folded)
    folded[_PERIOD - head :] ^= np.frombuffer(data, dtype=np.uint8, count=head)
    return folded


def _fold(number: int, length: int) -> int:
    """Shorten a message of `length` bytes. The result equals it modulo Q, but not modulo x + 1."""
    step = 1 << (length // 15).bit_length()
    while step >= 1:
        shift = 8 * 15 * step
        while high := number >> shift:
            number = (number & ((1 << shift) - 1)) ^ high ^ (high << (8 * step))
        step >>= 1
    return number


def crc16(data: bytes | memoryview) -> int:
    """Return the CRC-16/ARC of the bytes, 0..65535. Data followed by its own CRC gives 0."""
    view = memoryview(data)
    if len(view) <= _SHORT:
        return _bytewise(bytes(view))
    block = bytes(view) if len(view) <= _PERIOD else _period(view).tobytes()
    number = int.from_bytes(block, "big")
    folded = _fold(number, len(block))
    value = _bytewise(folded.to_bytes(_SHORT, "big").lstrip(b"\0"))
    return value ^ (_PARITY_FIX if (number.bit_count() ^ folded.bit_count()) & 1 else 0)
