"""What a payload of a connector gives, as `kadens inspect --facts` prints it, and as facts."""

from pathlib import Path
from typing import Any

from kadens.fact_lines import lines_of
from kadens.payload_formats import items_of
from model.facts import Fact
from model.received import Context, Part

_Line = dict[str, Any]


def inspected(
    connector: str, payload: bytes, content_type: str = "application/json"
) -> list[_Line]:
    """Return the lines of a payload that nobody asked for."""
    context = Context(connector=connector, content_type=content_type)
    return list(lines_of(items_of(payload, context)))


def inspected_file(connector: str, path: Path) -> list[_Line]:
    """Return the lines of a file, typed by its ending."""
    kind = "application/json" if path.suffix == ".json" else "text/plain"
    return inspected(connector, path.read_bytes(), kind)


def facts_of_payload(connector: str, payload: bytes) -> list[Fact]:
    """Return the facts of a payload."""
    facts: list[Fact] = []
    for item in items_of(payload, Context(connector=connector)):
        if isinstance(item, Part):
            facts += item.facts
    return facts
