"""What a row of the table of formats says. Pure; it knows no format."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from parsers.bounds import MOST_FACTS
from parsers.lazy_readers import Named, ReadItems

MEBIBYTE = 1024 * 1024

Sniff: TypeAlias = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One row of the table.

    `read` yields what a payload holds, lazily, and raises BodyError where it cannot go on. `sniff`
    recognises a file of this format by its first `SNIFFED` bytes; it is None for formats that only
    a vendor's body has. Where bytes alone do not tell, `names` is a pattern that the whole base
    name of the file must match as well, in lower case; such a row stands before rows that its bytes
    would also match. A `Named` function is imported when it is first called. `suffixes` are the
    usual endings of such files. `json`: whether the width of the document is bounded before it is
    parsed.

    `cut` is set for a format whose files may be gigabytes: from an open file it yields pieces of at
    most `LARGEST_PIECE` bytes, in constant memory. Each piece is a document of this format, which
    `sniff` recognises and `read` reads. `seeks`: the cutter must seek in the file, so a packed one
    is unpacked first; on a desk the file then has a `name`, by which it can be opened again.

    A payload has at most `most_bytes`. A part of it has at most `most_facts` facts on at most
    `most_days` days, because each of these days is derived anew. A part with more is refused
    entirely, as TOO_MUCH.

    `grows` names what only grows by nature, in the sender's words: totals of a day, partial slots.
    There the longer version counts, and of equally long ones the greater: its size is its revision.
    Where the sender states a revision or a time of modification of its own, that counts first, as
    it does for everything: a vendor corrects a day down when a device is taken away. Of everything
    else the version that was stated last counts, shorter or lower as it may be.

    Raise `version` by one whenever the same bytes would give other facts. A kept body stores its
    format and the version that read it. `kadens replay` reads it again once the version of that
    format is greater.
    """

    name: str
    version: int
    read: ReadItems
    sniff: Sniff | None = None
    names: str = ""
    cut: Named | None = None
    seeks: bool = False
    suffixes: tuple[str, ...] = ()
    json: bool = False
    most_bytes: int = MEBIBYTE
    most_days: int = 62
    most_facts: int = MOST_FACTS
    grows: tuple[str, ...] = ()

    def is_file(self, head: bytes, filename: str) -> bool:
        """Return whether a file is of this format, by its first bytes and its base name."""
        if self.sniff is None or not self.sniff(head):
            return False
        return not self.names or re.fullmatch(self.names, filename.lower()) is not None
