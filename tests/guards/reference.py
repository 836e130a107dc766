"""Writes docs/reference.md from the tables that the code itself walks.

Run it with `python -m tests.guards.reference`; `test_reference.py` compares. It must never hold a
fact of its own: what is wrong on the page is wrong in a table, or in a sentence of `_PAGE`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from alerts.registry import RULES
from clinic.metrics import ClinicMetrics
from fetcher.metrics import make_fetcher_metrics
from ingest.metrics import Metrics as DoorMetrics
from ingest.vendors import CONNECTORS
from model.calendar import DAY_MS
from model.metrics import METRICS
from model.topics import TOPICS, Topic
from model.words.units import UNITS
from parsers.formats import FORMATS
from patient.metrics import PatientMetrics
from stream.metrics import make_metrics
from tests.rooms import ROOT
from tests.rows import matching, values_of

TARGET = ROOT / "docs" / "reference.md"
RECORDED = ROOT / "tests" / "data"
MIB = 1024 * 1024
_PAGE = """\
# Reference: what comes in, what is measured, what is on the log

Made from the code's own tables by `python -m tests.guards.reference`; a test compares. Do not edit.

## Connectors

A connector is one way in at the vendor door (`ingest/vendors/`). The proof is what shows who sent a
payload; without it nothing is read. The last column lists what its recorded payloads in
`tests/data/` hold.

{connectors}
## Formats

A format is a row of the table of readers in `parsers/`. Raise its version whenever the same bytes
would give other facts: `kadens replay` then reads the kept payloads again.

{formats}
## Measured quantities

`model/metrics.py`. A value outside of the range is rejected as unreadable; whether a value is
plausible is judged where it is used. The unit is a UCUM code; `model/words/units.py` converts the
spellings of the last column.

{metrics}
## Topics

`model/topics.py`. Kafka keeps a topic for its retention; a compacted topic keeps the newest value
of each key for good.

{topics}
## Rules

`alerts/registry.py`. The thresholds are defaults of ours to argue with, no clinical facts; a
prescription may override them.

{rules}
## Prometheus metrics

Each process serves `/metrics`. Labels never name a patient, an account or a value.

{prometheus}"""


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; `|` in a cell is escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    text = ""
    for line in lines:
        cells = [str(cell).replace("|", "\\|") for cell in line]
        text += f"| {' | '.join(cells)} |\n"
    return text


def code(words: Iterable[str]) -> str:
    """Return words as code, with commas between them."""
    return ", ".join(f"`{word}`" for word in words)


def bytes_in_words(size: int) -> str:
    """Return a size in MiB, or in KiB where it is no multiple of one.

    >>> bytes_in_words(4 * 1024 * 1024), bytes_in_words(64 * 1024)
    ('4 MiB', '64 KiB')
    """
    mebibytes, rest = divmod(size, MIB)
    return f"{size // 1024} KiB" if rest else f"{mebibytes} MiB"


def connectors() -> str:
    """Return the table of connectors with their proofs."""
    rows = [
        (
            f"`{row.name}`",
            row.title,
            row.proof.words,
            bytes_in_words(row.max_body),
            recorded(row.name),
        )
        for row in CONNECTORS
    ]
    return table(("name", "title", "proof", "largest payload", "recorded payloads hold"), rows)


def recorded(connector: str) -> str:
    """Return the kinds of facts, and of samples the metrics, in a connector's recorded cases."""
    kinds: set[str] = set()
    # cases with a door.json expect an answer and no facts
    for path in sorted((RECORDED / connector).glob("*/request.json")):
        for line in json.loads(path.with_name("expected.json").read_text(encoding="utf-8")):
            kinds |= {line["kind"]} if "kind" in line else line.keys() - {"reject"}
    return ", ".join(sorted(kinds)) or "no recorded case: tests make the files"


def formats() -> str:
    """Return the table of formats with their versions and limits."""
    rows = [
        (
            f"`{row.name}`",
            row.version,
            f"{row.most_bytes // MIB} MiB",
            row.most_days,
            row.most_facts,
        )
        for row in FORMATS
    ]
    heads = ("name", "version", "largest payload", "days at most", "facts at most")
    return table(heads, rows)


def measured() -> str:
    """Return the table of measured quantities."""
    rows = []
    for row in METRICS:
        spellings = values_of(matching(UNITS, unit=row.unit), "spelling")
        limits = f"{row.floor:g} to {row.ceiling:g}"
        rows.append((row.id, f"`{row.name}`", f"`{row.unit}`", limits, code(spellings)))
    return table(("id", "name", "unit", "range", "spellings of the unit"), rows)


def topics() -> str:
    """Return the table of topics."""
    rows = [(f"`{row.name}`", row.key, row.value, row.partitions, retention(row)) for row in TOPICS]
    return table(("name", "key", "value", "partitions", "kept"), rows)


def retention(topic: Topic) -> str:
    """Return how long a topic is kept, in words."""
    if topic.cleanup == "compact":
        return "compacted"
    hours = topic.retention_ms * 24 // DAY_MS
    return f"{hours // 24} days" if hours >= 24 else f"{hours} h"


def rules() -> str:
    """Return the table of rules with their thresholds."""
    rows = []
    for row in RULES:
        thresholds = [f"{name} {value:g}" for name, value in row.thresholds.items()]
        rows.append((row.id, row.version, row.title, code(thresholds), row.cooldown_days))
    heads = ("id", "version", "title", "thresholds", "cooldown, days")
    return table(heads, rows)


def prometheus() -> str:
    """Return the table of the metrics of all processes."""
    rows: list[Sequence[object]] = []
    for process, registry in (
        ("vendor door", DoorMetrics().registry),
        ("worker", make_metrics().registry),
        ("fetcher", make_fetcher_metrics().registry),
        ("clinician door", ClinicMetrics().registry),
        ("patient door", PatientMetrics().registry),
    ):
        for collector in collectors(registry):
            family = next(iter(collector.collect()))
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels = code(collector._labelnames)
            rows.append((f"`{name}`", family.type, family.documentation, labels, process))
    return table(("name", "type", "what it counts", "labels", "process"), rows)


def collectors(registry: CollectorRegistry) -> Iterator[Any]:
    """Yield the collectors of a registry; the client has no public way to their labels."""
    yield from registry._collector_to_names


def page() -> str:
    """Return the complete page."""
    return _PAGE.format(
        connectors=connectors(),
        formats=formats(),
        metrics=measured(),
        topics=topics(),
        rules=rules(),
        prometheus=prometheus(),
    )


def _main(target: Path = TARGET) -> None:
    """Write the page."""
    target.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    _main()
