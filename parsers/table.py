"""Every parser there is, which one reads a body, and how much a body may hold. Pure: bytes in, facts out.

Must never guess beyond the bytes, nor give a fact that cannot be stored.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from model.calendar import DAY_MS
from model.errors import BodyError
from model.facts import Fact, Parsed, Reject, RejectKind
from model.storable import refusal, span_of
from parsers import fit_facts, open_wearables, reports
from parsers.bounds import MOST_FACTS
from parsers.fields import check_width, grouped

MEBIBYTE = 1024 * 1024
FILES = (
    "files"  # the connector whose bodies are files: what they are is read from their first bytes
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """One row: its name, the formats it reads, the function, which raises BodyError, its version, and its caps.

    A body has at most `most_bytes`, gives at most `most_facts` facts, and touches at most `most_days` days: each of
    them is derived anew. What is more is refused whole, as TOO_MUCH.

    The version is raised by one whenever the same bytes would give other facts: `kadens replay` then reads kept
    bodies again, and what the older version told of a body counts no more.
    """

    name: str
    formats: tuple[str, ...]
    parse: Callable[[bytes], Parsed]
    most_bytes: int = MEBIBYTE
    most_days: int = 62
    most_facts: int = MOST_FACTS
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Magic:
    """One row: a file format is known by these bytes at this place."""

    format: str
    at: int
    bytes: bytes


PARSERS: tuple[Parser, ...] = (
    # 80,000 samples with all their words; the largest sender known packs 2,500. Ten years of a reading a day.
    Parser(
        name="open_wearables",
        formats=("json",),
        parse=open_wearables.parse,
        most_bytes=16 * MEBIBYTE,
        most_days=3_660,
        version=2,
    ),
    # a day of each second with every sensor has 3 MiB, an expedition of seven days 20
    Parser(
        name="fit_facts",
        formats=("fit",),
        parse=fit_facts.parse,
        most_bytes=64 * MEBIBYTE,
        most_days=62,
        version=2,
    ),
    # a thousand answers with all their words have half of it
    Parser(
        name="reports",
        formats=("json",),
        parse=reports.parse,
        most_bytes=MEBIBYTE,
        most_days=3_660,
        version=2,
    ),
)
MAGIC: tuple[Magic, ...] = (Magic(format="fit", at=8, bytes=b".FIT"),)


def sniff(body: bytes) -> str | None:
    """Return the format of a file by its bytes (`fit`), None when it is none that is read."""
    return next(
        (row.format for row in MAGIC if body[row.at : row.at + len(row.bytes)] == row.bytes), None
    )


def version(connector: str) -> int:
    """Return the version of what reads a connector's bodies: of `files` the sum over all formats, so that it grows.

    Raises LookupError for a connector without a parser.
    """
    if connector == FILES:
        formats = {row.format for row in MAGIC}
        return sum(row.version for row in PARSERS if formats & set(row.formats))
    return _of_connector(connector).version


def parse(connector: str, body: bytes, content_type: str = "") -> Parsed:  # noqa: ARG001 - later connectors need it
    """Return what a body from `connector` holds; BodyError when it cannot be read at all.

    `files` takes any file format that is read, whatever its name or content type says. Raises LookupError for a
    connector without a parser: that is our own bug.
    """
    row = _of_format(sniff(body)) if connector == FILES else _of_connector(connector)
    if len(body) > row.most_bytes:
        raise BodyError("body", f"more than {row.most_bytes} bytes", RejectKind.TOO_MUCH)
    if "json" in row.formats:
        check_width(body)
    return _checked(row, row.parse(body))


def _checked(row: Parser, parsed: Parsed) -> Parsed:
    """Return what was read without what cannot be stored; BodyError when it is more than a body may hold."""
    if len(parsed.facts) > row.most_facts:
        raise BodyError("body", f"more than {row.most_facts} facts", RejectKind.TOO_MUCH)
    reasons = [refusal(fact) for fact in parsed.facts]
    facts = tuple(fact for fact, why in zip(parsed.facts, reasons, strict=True) if not why)
    if _days(facts) > row.most_days:
        raise BodyError("body", f"facts of more than {row.most_days} days", RejectKind.TOO_MUCH)
    refused = [
        Reject(where=f"facts[{position}]", why=why, kind=RejectKind.UNWRITABLE)
        for position, why in enumerate(reasons)
        if why
    ]
    return (
        replace(parsed, facts=facts, rejects=(*parsed.rejects, *grouped(refused)))
        if refused
        else parsed
    )


def _days(facts: Iterable[Fact]) -> int:
    """Return how many days of UTC the facts touch, each day once."""
    days, reached = 0, -1
    for start, end in sorted(
        (start // DAY_MS, end // DAY_MS) for start, end in map(span_of, facts)
    ):
        days += max(0, end - max(start, reached + 1) + 1)
        reached = max(reached, end)
    return days


def _of_connector(connector: str) -> Parser:
    row = next((row for row in PARSERS if row.name == connector), None)
    if row is None:
        raise LookupError(f"no parser for the connector {connector!r}")
    return row


def _of_format(text: str | None) -> Parser:
    row = next((row for row in PARSERS if text in row.formats), None)
    if row is None or text is None:
        why = f"not a file format that is read: {', '.join(row.format for row in MAGIC)}"
        raise BodyError("@0", why, RejectKind.UNKNOWN)
    return row
