"""Reads made-up exports of phones, and takes what a test looks at from what is read."""

from collections.abc import Mapping
from typing import Any

from model.codec import dumps
from model.facts import Reject, SampleBlock
from model.received import Context, Part
from parsers.formats import read_items
from tests.rows import of_type

EXPORT = "health_auto_export"
MORNING_TEXT = "2026-10-05 07:57:00 +1000"
MORNING_MS = 1_791_151_020_000


def read_pushed(body: object, headers: Mapping[str, str] | None = None) -> Part:
    """Return what is read of an export of Health Auto Export."""
    context = Context(connector=EXPORT, headers=headers or {})
    (part,) = of_type(Part, read_items(EXPORT, dumps({"data": body}), context))
    return part


def metric(name: str, units: str, *data: object) -> dict[str, Any]:
    """Return a body with one metric."""
    return {"metrics": [{"name": name, "units": units, "data": list(data)}]}


def points(part: Part, name: str) -> list[tuple[int, int | None, float]]:
    """Return (t, until, v) of all samples of a metric, in the order of the blocks."""
    rows: list[tuple[int, int | None, float]] = []
    for block in of_type(SampleBlock, part.facts):
        if block.metric == name:
            ends = [None] * len(block.t) if block.until is None else block.until.tolist()
            rows += zip(block.t.tolist(), ends, block.v.tolist(), strict=True)
    return rows


def rejected(rejects: tuple[Reject, ...]) -> list[tuple[str, str, int]]:
    """Return where, why and count of each reject."""
    return [(reject.where, reject.why, reject.count) for reject in rejects]
