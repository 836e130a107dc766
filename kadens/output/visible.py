"""What a terminal or a spreadsheet would obey is shown as text. Pure: text in, text out.

Names, types and ids come from outside: an escape sequence in one could rewrite what an operator sees, and a cell that
begins as a formula does is run by whoever opens the file.
"""

import unicodedata
from typing import Any

CONTROL = frozenset(
    {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
)  # Cf: also what turns the direction of writing
LAYOUT = "\n"
REPLACED = "\N{REPLACEMENT CHARACTER}"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
C1 = {number: f"\\u{number:04x}" for number in (0x7F, *range(0x80, 0xA0))}


def visible(text: str) -> str:
    """Return text with every control and format character replaced; a line's end stays."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(item if item in LAYOUT or _is_plain(item) else REPLACED for item in text)


def quiet_json(text: str) -> str:
    """Return JSON in which the control characters that JSON leaves alone are escaped too; it says the same."""
    return text.translate(C1)


def cell(value: Any) -> Any:  # noqa: ANN401 - one cell of any column
    """Return a cell of a CSV file: text that a spreadsheet would run begins with an apostrophe; a number stays."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _is_plain(text: str) -> bool:
    return unicodedata.category(text) not in CONTROL
