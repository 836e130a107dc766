"""Rows of a table of separated values, each of a bounded length. Pure."""

import csv
import io
from collections.abc import Iterator

from model.errors import BodyError
from model.facts import RejectKind

_LONGEST_ROW = 1024 * 1024  # characters; descriptions that people write have a few thousand


def table_rows(text: str) -> Iterator[list[str]]:
    """Yield the rows of a table, empty ones too.

    Raises csv.Error for what is no row, and BodyError for a row of more than a MiB: of commas
    alone, it would take thirty times as much memory.
    """
    length = 0

    def lines() -> Iterator[str]:
        nonlocal length
        for line in io.StringIO(text, newline=""):
            length += len(line)
            if length > _LONGEST_ROW:
                why = f"a row of more than {_LONGEST_ROW} letters"
                raise BodyError("body", why, RejectKind.TOO_MUCH)
            yield line

    for row in csv.reader(lines()):
        length = 0
        yield row
