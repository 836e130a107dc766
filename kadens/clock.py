"""Clocks: the instant in epoch ms, from the machine or from a file that a test or a player writes.

Only processes and commands read a clock. Everything below them takes `now` as an argument.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

_Clock: TypeAlias = Callable[[], int]
SYSTEM = "system"
_DIGITS = re.compile(r"[0-9]{1,13}")  # to the year 2286, which every table takes


def clock(text: str) -> _Clock:
    """Return the clock that KADENS_CLOCK names; it returns epoch ms.

    That is `system`, `fixed:EPOCH_MS`, or `file:PATH` of a file that holds EPOCH_MS. Raises
    ValueError for any other text; the clock of a file does so, and `OSError`, when it is read.
    """
    kind, _, rest = text.partition(":")
    if kind == SYSTEM and not rest:
        return lambda: time.time_ns() // 1_000_000
    if kind == "fixed":
        fixed = _epoch_ms(text, rest)
        return lambda: fixed
    if kind == "file" and rest:
        path = Path(rest)
        return lambda: _epoch_ms(text, path.read_text(encoding="ascii"))
    raise ValueError(f"the clock {text!r} must be system, fixed:EPOCH_MS or file:PATH")


def _epoch_ms(clock_text: str, digits: str) -> int:
    stripped = digits.strip()
    if not _DIGITS.fullmatch(stripped):
        raise ValueError(f"the clock {clock_text!r} has no epoch ms from 0 to 9999999999999")
    return int(stripped)
