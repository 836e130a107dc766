"""What pyproject and the registries name is what lies in the folders."""

import tomllib
from pathlib import Path

from kadens.model import activities, metrics, units

ROOT = Path(__file__).parents[2]
FOLDERS = ("alerts", "ingest", "kadens", "parsers", "storage", "stream", "web")


def test_packages_are_those_on_disk() -> None:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = set()
    for folder in FOLDERS:
        for init in (ROOT / folder).rglob("__init__.py"):
            parts = init.parent.relative_to(ROOT).parts
            found.add(".".join(parts if parts[0] == "kadens" else ("kadens", *parts)))
    storage_has_no_init = {"kadens.storage"} - found
    assert sorted(said) == sorted(found | storage_has_no_init)


def test_metric_ids_and_names_are_unique() -> None:
    assert (
        len({row.id for row in metrics.METRICS}) == len({row.name for row in metrics.METRICS}) == len(metrics.METRICS)
    )


def test_units_lead_to_units_of_metrics() -> None:
    assert {row.unit for row in units.UNITS} <= {row.unit for row in metrics.METRICS}


def test_a_unit_has_one_conversion() -> None:
    pairs = [(row.said, row.unit) for row in units.UNITS]
    assert len(pairs) == len(set(pairs))


def test_a_type_has_a_family() -> None:
    assert all(activities.TYPES.values())
