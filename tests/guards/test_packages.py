"""What pyproject and the registries name is what lies in the folders."""

import tomllib
from itertools import chain

from model import activities, metrics, units
from tests.rooms import ROOMS, ROOT


def test_the_rooms_are_installed_and_are_all_there_is() -> None:
    find = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "setuptools"
    ]["packages"]["find"]
    assert sorted(find["include"]) == sorted(f"{room}*" for room in ROOMS)
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench"} == set(ROOMS)


def test_every_folder_with_modules_is_a_package() -> None:
    paths = chain.from_iterable((ROOT / room).rglob("*.py") for room in ROOMS)
    folders = {path.parent for path in paths}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_metric_ids_and_names_are_unique() -> None:
    assert (
        len({row.id for row in metrics.METRICS})
        == len({row.name for row in metrics.METRICS})
        == len(metrics.METRICS)
    )


def test_units_lead_to_units_of_metrics() -> None:
    assert {row.unit for row in units.UNITS} <= {row.unit for row in metrics.METRICS}


def test_a_unit_has_one_conversion() -> None:
    pairs = [(row.spelling, row.unit) for row in units.UNITS]
    assert len(pairs) == len(set(pairs))


def test_a_type_has_a_family() -> None:
    assert all(activities.TYPES.values())
