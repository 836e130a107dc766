"""The format of a payload by its connector, and the items of its reader. Needs no server."""

from collections.abc import Iterator

from model.errors import BodyError
from model.received import Context, ReaderItem
from parsers.formats import BY_BYTES, FILES_CONNECTOR, format_of, read_items, sniff


class UnknownConnectorError(ValueError):
    """No connector has this name; the text lists the names of all."""


def format_name(payload: bytes, context: Context) -> str | None:
    """Return the name of a payload's format, None for a file of an unknown format.

    Raises UnknownConnectorError.
    """
    name = _by_connector(context)
    return sniff(payload, context.filename) if name in BY_BYTES else name


def items_of(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what a payload holds; raises UnknownConnectorError, but nothing for bad content."""
    name = _by_connector(context)
    try:
        name = format_of(name, payload, context.filename)
    except BodyError as error:
        yield error.reject
        return
    yield from read_items(name, payload, context)


def _by_connector(context: Context) -> str:
    if context.requested is not None and context.requested.format:
        return context.requested.format
    if context.connector == FILES_CONNECTOR:
        return FILES_CONNECTOR
    # Connectors bring cryptography with them, which a file does not need.
    from ingest.vendors import CONNECTORS  # noqa: PLC0415 - see above

    for connector in CONNECTORS:
        if connector.name == context.connector:
            return connector.format(context)
    names = ", ".join(connector.name for connector in CONNECTORS)
    raise UnknownConnectorError(f"the connector must be one of {names}")
