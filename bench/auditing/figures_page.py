"""Writes the figures of the audit log into docs/audit.md, from what `make bench` has written.

`make bench ARGS="audit"` measures; `python -m bench.auditing.figures_page` writes. Only what stands
between the two marks is changed.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

_ROOT = Path(__file__).parents[2]
PAGE = _ROOT / "docs" / "audit.md"
FIGURES_RESULT = _ROOT / "build" / "bench.json"
FIGURES_BEGIN, FIGURES_END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"
_OURS = "audit log of "
_HEAD = "| figure | value | ratio | baseline |\n| --- | --- | --- | --- |\n"
_THOUSAND = 1000


def figures_block(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the figures of the audit log as a table, "" where none was measured."""
    lines = [_line(row) for row in rows if row["name"].startswith(_OURS)]
    return _HEAD + "".join(lines) if lines else ""


def with_figures(page: str, block: str) -> str:
    """Return a page with another table between its marks; raises ValueError without them."""
    before, begin, rest = page.partition(FIGURES_BEGIN)
    _old, end, after = rest.partition(FIGURES_END)
    if not begin or not end:
        raise ValueError("the page has no marks for its figures")
    return f"{before}{FIGURES_BEGIN}{block}{FIGURES_END}{after}"


def _line(row: Mapping[str, Any]) -> str:
    value, ratio = row["value"], row["ratio"]
    number = f"{value:,.0f}" if value >= _THOUSAND else f"{value:.3g}"
    cells = (row["name"], f"{number} {row['unit']}", "" if ratio is None else f"{ratio:.3g}")
    return f"| {' | '.join((*cells, row['baseline']))} |\n"


def _write() -> int:
    block = figures_block(orjson.loads(FIGURES_RESULT.read_bytes()))
    if not block:
        sys.stderr.write(f"{FIGURES_RESULT} has no figures of the audit log\n")
        return 1
    PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8"), block), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(_write())
