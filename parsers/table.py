"""Every parser there is, and which one reads a body. Pure: bytes in, facts out; must never guess beyond the bytes."""

from collections.abc import Callable
from dataclasses import dataclass

from ..model.errors import BodyError
from ..model.facts import Parsed
from . import fit_facts, open_wearables, reports

FILES = "files"  # the connector whose bodies are files: what they are is read from their first bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """One row: its name, the formats it reads, the function, which raises BodyError, and its version.

    The version is raised by one whenever the same bytes would give other facts: `kadens replay` then reads kept
    bodies again, and what the older version told of a body counts no more.
    """

    name: str
    formats: tuple[str, ...]
    parse: Callable[[bytes], Parsed]
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Magic:
    """One row: a file format is known by these bytes at this place."""

    format: str
    at: int
    bytes: bytes


PARSERS: tuple[Parser, ...] = (
    Parser(name="open_wearables", formats=("json",), parse=open_wearables.parse),
    Parser(name="fit_facts", formats=("fit",), parse=fit_facts.parse),
    Parser(name="reports", formats=("json",), parse=reports.parse),
)
MAGIC: tuple[Magic, ...] = (Magic(format="fit", at=8, bytes=b".FIT"),)


def sniff(body: bytes) -> str | None:
    """Return the format of a file by its bytes (`fit`), None when it is none that is read."""
    return next((row.format for row in MAGIC if body[row.at : row.at + len(row.bytes)] == row.bytes), None)


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
    if connector == FILES:
        return _of_format(sniff(body))(body)
    return _of_connector(connector).parse(body)


def _of_connector(connector: str) -> Parser:
    row = next((row for row in PARSERS if row.name == connector), None)
    if row is None:
        raise LookupError(f"no parser for the connector {connector!r}")
    return row


def _of_format(found: str | None) -> Callable[[bytes], Parsed]:
    row = next((row for row in PARSERS if found in row.formats), None)
    if row is None or found is None:
        raise BodyError("@0", f"not a file format that is read: {', '.join(row.format for row in MAGIC)}")
    return row.parse
