"""Changes to a FIT file that respect definitions and messages; pure given the random source."""

import struct
from collections.abc import Callable
from random import Random

from simulate.fit_messages import fit_file

_HEAD = 14
BASES = (
    0x00,
    0x01,
    0x02,
    0x83,
    0x84,
    0x85,
    0x86,
    0x07,
    0x88,
    0x89,
    0x0A,
    0x8B,
    0x8C,
    0x0D,
    0x8E,
    0x8F,
    0x90,
    0x1F,
    0x48,
)
_SIZES = (0, 1, 2, 3, 4, 5, 8, 16, 24, 255)
MESSAGES = (0, 18, 20, 23, 34, 55, 206, 207, 19, 21, 132, 65535)
_FIELDS = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    13,
    14,
    16,
    26,
    29,
    53,
    73,
    78,
    136,
    192,
    193,
    200,
    253,
    254,
)
DOUBLES = (
    1e308,
    -1e308,
    1e306,
    float("inf"),
    float("-inf"),
    float("nan"),
    5e-324,
    2.0**32,
    2.0**63,
    -1.0,
    1.16e9,
)
FLOATS = (3e38, -3e38, float("inf"), float("nan"), 4.3e9, 1.16e9)
WHOLES = (
    0,
    1,
    2**31 - 1,
    2**32 - 1,
    2**32 - 2,
    0x10000000,
    0x0FFFFFFF,
    1_158_934_400,
    3_471_292_800,
    3_471_206_400,
)

Parts = list[bytes]


def change_fit(body: bytes, chance: Random) -> bytes:
    """Return the file with one to eight changes, mostly in a correct frame.

    Now and then a few raw bytes are changed as well.
    """
    parts = _split(body)
    for _ in range(chance.randint(1, 8)):
        if not parts:
            break
        parts = chance.choice(_CHANGES)(parts, chance)[:4_000]
    written = fit_file(parts)
    if chance.random() < 0.1:
        written += fit_file(parts[: chance.randint(0, len(parts))])
    return change_bytes(written, chance) if chance.random() < 0.15 else written


def _split(body: bytes) -> Parts:
    """Return the definition and data messages of the first file in a payload.

    Splitting goes as far as the messages can be recognised.
    """
    parts: Parts = []
    sizes: dict[int, int] = {}
    at, end = _HEAD, len(body) - 2
    while at < end:
        size = (
            _definition_size(body, at)
            if body[at] & 0xC0 == 0x40
            else 1 + sizes.get(_local(body[at]), end)
        )
        if at + size > end:
            break
        parts.append(body[at : at + size])
        if body[at] & 0xC0 == 0x40:
            sizes[body[at] & 0x0F] = message_size(parts[-1])
        at += size
    return parts


def message_size(definition: bytes) -> int:
    """Return the bytes of a message of a definition, without its header."""
    end = 6 + 3 * definition[5]
    return sum(definition[7:end:3]) + sum(definition[end + 2 :: 3])


def _local(header: int) -> int:
    return (header >> 5) & 3 if header & 0x80 else header & 0x0F


def _definition_size(body: bytes, at: int) -> int:
    size = 6 + 3 * body[at + 5] if at + 5 < len(body) else len(body)
    if body[at] & 0x20:
        size += 1 + 3 * body[at + size] if at + size < len(body) else len(body)
    return size


def _is_definition(part: bytes) -> bool:
    return part[0] & 0xC0 == 0x40


def _pick(parts: Parts, chance: Random, *, definition: bool) -> int | None:
    places = [
        n for n, part in enumerate(parts) if _is_definition(part) is definition and len(part) > 1
    ]
    return chance.choice(places) if places else None


def _field(parts: Parts, chance: Random) -> Parts:
    """Change the number, size or type of one field of a definition.

    The messages that follow it are resized as well.
    """
    position = _pick(parts, chance, definition=True)
    if position is None or not parts[position][5]:
        return parts
    old = bytearray(parts[position])
    at = 6 + 3 * chance.randrange(old[5])
    what = chance.randrange(4)
    old[at] = chance.choice(_FIELDS) if what == 0 else old[at]
    old[at + 1] = chance.choice(_SIZES) if what in (1, 3) else old[at + 1]
    old[at + 2] = chance.choice(BASES) if what in (2, 3) else old[at + 2]
    return _fitted(parts, position, bytes(old), chance)


def _fitted(parts: Parts, number: int, new: bytes, chance: Random) -> Parts:
    """Replace a definition; its messages are cut or filled up to their new size."""
    size, local = message_size(new), new[0] & 0x0F
    done = [*parts[:number], new]
    mine = True
    for part in parts[number + 1 :]:
        mine = mine and not (_is_definition(part) and part[0] & 0x0F == local)
        if mine and not _is_definition(part) and _local(part[0]) == local:
            fill = bytes([chance.choice((0, 0x7F, 0xFF, 1))]) * size
            done.append((part + fill)[: size + 1])
        else:
            done.append(part)
    return done


def _typed(parts: Parts, chance: Random) -> Parts:
    """Make a field a number of 64 bits, and put an odd value into each of its messages."""
    position = _pick(parts, chance, definition=True)
    if position is None or not parts[position][5]:
        return parts
    old = bytearray(parts[position])
    number = chance.randrange(old[5])
    at = 6 + 3 * number
    form, base, values = chance.choice(
        (("d", 0x89, DOUBLES), ("f", 0x88, FLOATS), ("Q", 0x8F, WHOLES))
    )
    old[at + 1], old[at + 2] = struct.calcsize(form), base
    fitted = _fitted(parts, position, bytes(old), chance)
    start = 1 + sum(old[7 : at + 1 : 3])
    local = old[0] & 0x0F
    for n in range(position + 1, len(fitted)):
        part = fitted[n]
        if _is_definition(part) and part[0] & 0x0F == local:
            break
        if not _is_definition(part) and _local(part[0]) == local:
            stored = struct.pack((">" if old[2] else "<") + form, chance.choice(values))
            fitted[n] = part[:start] + stored + part[start + len(stored) :]
    return fitted


def _odd_number(parts: Parts, chance: Random) -> Parts:
    """Put an odd number of 32 bits somewhere into a message."""
    position = _pick(parts, chance, definition=False)
    if position is None:
        return parts
    part = parts[position]
    at = chance.randrange(1, len(part))
    stored = struct.pack("<I", chance.choice(WHOLES))[: len(part) - at]
    return [
        *parts[:position],
        part[:at] + stored + part[at + len(stored) :],
        *parts[position + 1 :],
    ]


def _again(parts: Parts, chance: Random) -> Parts:
    """Define a message again, with a field less or more, before some of its messages."""
    position = _pick(parts, chance, definition=True)
    if position is None or not parts[position][5] or parts[position][0] & 0x20:
        return parts
    old = parts[position]
    more = bytes([chance.choice(_FIELDS), chance.choice(_SIZES), chance.choice(BASES)])
    fields = old[6:] + more if chance.random() < 0.5 and old[5] < 255 else old[6:-3]
    new = old[:5] + bytes([len(fields) // 3]) + fields
    at = chance.randint(position, len(parts))
    return _fitted([*parts[:at], old, *parts[at:]], at, new, chance)


def _message(parts: Parts, chance: Random) -> Parts:
    position = _pick(parts, chance, definition=True)
    if position is None:
        return parts
    old = bytearray(parts[position])
    if chance.random() < 0.3:
        old[2] ^= 1
    else:
        old[3:5] = chance.choice(MESSAGES).to_bytes(2, "big" if old[2] else "little")
    return [*parts[:position], bytes(old), *parts[position + 1 :]]


def _header(parts: Parts, chance: Random) -> Parts:
    position = chance.randrange(len(parts))
    header = parts[position][0]
    new = chance.choice(
        (
            0x80 | header & 0x60 | chance.randrange(32),
            header ^ 0x20,
            header & 0xF0 | chance.randrange(4),
        )
    )
    return [*parts[:position], bytes([new]) + parts[position][1:], *parts[position + 1 :]]


def _many(parts: Parts, chance: Random) -> Parts:
    position, times = chance.randrange(len(parts)), chance.choice((2, 20, 300, 3_000))
    return [*parts[:position], *[parts[position]] * times, *parts[position + 1 :]]


def _mixed(parts: Parts, chance: Random) -> Parts:
    item, other = sorted((chance.randrange(len(parts)), chance.randint(0, len(parts))))
    return [*parts[:item], *parts[other:], *parts[item:other]]


def change_bytes(body: bytes, chance: Random) -> bytes:
    """Return a payload with one to six other bytes, now and then cut."""
    changed = bytearray(body)
    for _ in range(chance.randint(1, 6)):
        changed[chance.randrange(len(changed))] = chance.choice(
            (0, 1, 0x40, 0x7F, 0x80, 0xFF, chance.randrange(256))
        )
    return bytes(changed[: chance.randint(1, len(changed))] if chance.random() < 0.3 else changed)


_CHANGES: tuple[Callable[[Parts, Random], Parts], ...] = (
    *(
        _field,
        _field,
        _typed,
        _typed,
        _odd_number,
        _odd_number,
        _again,
        _message,
        _header,
        _many,
        _mixed,
    ),
)
