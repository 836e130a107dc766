"""Makes commands to a terminal or a spreadsheet visible as text. Pure: text in, text out.

Names, types and ids come from outside. An escape sequence in them could rewrite what an operator
sees, and a spreadsheet runs a cell that begins like a formula.
"""

import unicodedata
from typing import Any

# Cf includes the characters that change the direction of writing.
CONTROL = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
LAYOUT = "\n"
REPLACED = "\N{REPLACEMENT CHARACTER}"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
C1 = {number: f"\\u{number:04x}" for number in (0x7F, *range(0x80, 0xA0))}


def visible(text: str) -> str:
    """Return text with every control and format character replaced; line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(item if item in LAYOUT or _is_plain(item) else REPLACED for item in text)


def quiet_json(text: str) -> str:
    """Return the same JSON with those control characters escaped that JSON need not escape."""
    return text.translate(C1)


def cell(value: Any) -> Any:  # noqa: ANN401 - one cell of any column
    """Return a cell of a CSV file; text that a spreadsheet would run gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _is_plain(text: str) -> bool:
    return unicodedata.category(text) not in CONTROL
