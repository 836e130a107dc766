"""Dead letters as people and programs see them: plain values, lines and tables."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from kadens.output.console import list_table
from model.calendar import rfc3339, rfc3339_if_known
from storage.bodies.dead_queries import Counted, Letter
from stream.dead.bury import unpack_headers


def plain_letter(letter: Letter) -> dict[str, Any]:
    """Return a letter as JSON shows it in a list."""
    where, why = letter.rejects[0] if letter.rejects else ("", "")
    return {
        "offset": letter.letter,
        "state": letter.state,
        "written": rfc3339(letter.written_ms),
        "received": rfc3339_if_known(letter.received_ms),
        "class": letter.kind,
        "connector": letter.connector,
        "size": letter.size,
        "where": where,
        "why": why,
        "rejected": letter.rejected,
        "sha256": letter.sha256,
        "origin": f"{letter.origin.topic}/{letter.origin.partition}/{letter.origin.offset}",
        "body": _where_body_is(letter),
    }


def lines_of_field(value: object) -> list[str]:
    """Return a field of a letter as lines: one for each reason and each header."""
    if isinstance(value, dict):
        return [f"{name}: {text}" for name, text in value.items()] or ["none"]
    if isinstance(value, (list, tuple)):
        return [": ".join(map(str, pair)) for pair in value] or ["none"]
    return ["none" if value is None or not str(value) else str(value)]


def _where_body_is(letter: Letter) -> str:
    """Return where the body is: sealed with the letter, kept with its patient, or nowhere."""
    if letter.body_bytes:
        return "here"
    return "kept" if letter.kept else "none"


def headers_of_letter(letter: Letter) -> dict[str, str]:
    """Return the headers of the message that could not be read, by name."""
    headers = {}
    for name, value in unpack_headers(letter.origin.headers):
        headers[name] = value.decode(errors="replace")
    return headers


def table_of_counts(counts: Sequence[Counted]) -> Table:
    """Return the table of how many letters wait, by class and connector."""
    letters = sum(count.letters for count in counts)
    heads = ("class", "connector", "letters", "counted only")
    table = list_table(*heads, title=f"{letters:,} dead letters")
    for count in counts:
        beyond = f"{count.beyond:,} more" if count.beyond else ""
        table.add_row(count.kind, count.connector, f"{count.letters:,}", beyond)
    return table


def table_of_letters(letters: Sequence[Letter]) -> Table:
    """Return the table of the newest letters, in the order given."""
    heads = ("offset", "received", "class", "connector", "bytes", "where", "why")
    table = list_table(*heads, title="the newest")
    for letter in letters:
        plain = plain_letter(letter)
        table.add_row(
            str(letter.letter),
            plain["received"] or "",
            letter.kind,
            letter.connector,
            f"{letter.size:,}",
            plain["where"],
            plain["why"],
        )
    return table
