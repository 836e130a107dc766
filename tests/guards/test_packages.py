"""What pyproject and the registries name is what lies in the folders."""

import tomllib
from itertools import chain

from model import metrics
from model.words import activities, units
from tests.rooms import ROOMS, ROOT
from tests.rows import values_of


def test_the_rooms_are_installed_and_are_all_there_is() -> None:
    find = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "setuptools"
    ]["packages"]["find"]
    assert sorted(find["include"]) == sorted(f"{room}*" for room in ROOMS)
    assert set(values_of(ROOT.glob("*/__init__.py"), "parent.name")) - {"bench"} == set(ROOMS)


def test_every_folder_with_modules_is_a_package() -> None:
    paths = chain.from_iterable((ROOT / room).rglob("*.py") for room in ROOMS)
    folders = set(values_of(paths, "parent"))
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_metric_ids_and_names_are_unique() -> None:
    assert (
        len(set(values_of(metrics.METRICS, "id")))
        == len(set(values_of(metrics.METRICS, "name")))
        == len(metrics.METRICS)
    )


def test_units_lead_to_units_of_metrics() -> None:
    assert set(values_of(units.UNITS, "unit")) <= set(values_of(metrics.METRICS, "unit"))


def test_a_unit_has_one_conversion() -> None:
    pairs = values_of(units.UNITS, "spelling", "unit")
    assert len(pairs) == len(set(pairs))


def test_a_type_has_a_family() -> None:
    assert all(activities.TYPES.values())
