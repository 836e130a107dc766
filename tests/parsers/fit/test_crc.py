"""The folded checksum against the definition, bit by bit."""

import random

import pytest

from parsers.fit.crc import crc16


def by_definition(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0xA001 if value & 1 else 0)
    return value


def test_published_check_value() -> None:
    assert crc16(b"123456789") == 0xBB3D
    assert crc16(b"") == 0


@pytest.mark.parametrize(
    "length",
    [
        *range(1, 70),
        119,
        120,
        121,
        240,
        255,
        256,
        480,
        481,
        1000,
        4095,
        32766,
        32767,
        32768,
        65534,
        65535,
        98304,
    ],
)
def test_any_length(length: int) -> None:
    data = random.Random(length).randbytes(length)  # noqa: S311 - any bytes will do
    assert crc16(data) == by_definition(data)
    assert crc16(data + crc16(data).to_bytes(2, "little")) == 0


def test_long_runs_of_zeros_and_ones() -> None:
    for data in (bytes(40_000), b"\xff" * 40_000, b"\x01" + bytes(40_000), bytes(40_000) + b"\x80"):
        assert crc16(memoryview(data)) == by_definition(data)
