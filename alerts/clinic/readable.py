"""Frozen evidence as tables for a reader. Pure: it lays out what is there, of any shape, and interprets nothing."""

from dataclasses import dataclass
from typing import Any

from . import words

EPOCH_ENDS = (
    "from_ms",
    "at_ms",
    "start_ms",
    "end_ms",
    "time_ms",
    "now_ms",
    "received_ms",
    "since_ms",
    "until_ms",
    "judged_ms",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One table: a title, column heads and rows of text. A grid of single values has no heads: name, value."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def grids(evidence: dict[str, Any], zone: str) -> tuple[Grid, ...]:
    """Return one table for each list of objects, then one for each nested object, then the single values."""
    listed = [_listed(key, said, zone) for key, said in evidence.items() if _is_table(said) and isinstance(said, list)]
    nested = [_named(words.label(key), said, zone) for key, said in evidence.items() if isinstance(said, dict) and said]
    single = {key: said for key, said in evidence.items() if not _is_table(said)}
    return (*listed, *nested, *([_named("", single, zone)] if single else []))


def text(key: str, said: object, zone: str) -> str:
    """Return one value: an instant in the zone where the key says so, a length for other `_ms`, else as it is."""
    if said is None or isinstance(said, bool):
        return {None: words.NOTHING, True: "yes", False: "no"}[said]
    if isinstance(said, int) and key.endswith("_ms"):
        return words.when(said, zone) if key.endswith(EPOCH_ENDS) else words.span(said)
    if isinstance(said, (list, tuple)):
        return ", ".join(text("", one, zone) for one in said) or "none"
    if isinstance(said, dict):
        return "; ".join(f"{words.label(_bare(name))} {text(name, one, zone)}" for name, one in said.items())
    return f"{said:.3f}".rstrip("0").rstrip(".") if isinstance(said, float) else str(said)


def _named(title: str, said: dict[str, Any], zone: str) -> Grid:
    rows = tuple((words.label(_bare(name)), text(name, one, zone)) for name, one in said.items())
    return Grid(title=title, heads=(), rows=rows)


def _listed(key: str, said: list[dict[str, Any]], zone: str) -> Grid:
    names = list(dict.fromkeys(name for one in said for name in one))
    rows = tuple(tuple(text(name, one.get(name), zone) for name in names) for one in said)
    return Grid(title=words.label(key), heads=tuple(words.label(_bare(name)) for name in names), rows=rows)


def _is_table(said: object) -> bool:
    listed = isinstance(said, list) and bool(said) and all(isinstance(one, dict) for one in said)
    return listed or (isinstance(said, dict) and bool(said))


def _bare(key: str) -> str:
    return key.removesuffix("_ms")
