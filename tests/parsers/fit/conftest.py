"""Real FIT files beside the repository; tests that need them skip with a reason without them."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import pytest

from tests.rooms import SHARED

_DATA = SHARED
_FIT = _DATA / "fit"
_ORACLE = _DATA / "oracles" / "fit_time_in_zone.tsv"


def _oracle() -> list[tuple[Path, list[dict[str, str]]]]:
    """Give the rows of time in zone that an independent program computed, by file."""
    lines = [line for line in _ORACLE.read_text().splitlines() if not line.startswith("#")]
    names = lines[0].split("\t")
    rows = [dict(zip(names, line.split("\t"), strict=True)) for line in lines[1:]]
    return [
        (_FIT / name, list(group)) for name, group in groupby(rows, key=lambda row: row["file"])
    ]


def _cases(values: Iterable[object], ids: Iterable[str], where: Path) -> Sequence[object]:
    params = [pytest.param(value, id=name) for value, name in zip(values, ids, strict=True)]
    return params or [
        pytest.param(
            None, marks=pytest.mark.skip(reason=f"no real FIT files at {where}"), id="absent"
        )
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "real_fit" in metafunc.fixturenames:
        files = sorted(_FIT.glob("*/*.fit")) if _FIT.is_dir() else []
        metafunc.parametrize(
            "real_fit", _cases(files, [f"{f.parent.name}/{f.name}" for f in files], _FIT)
        )
    if "zone_rows" in metafunc.fixturenames:
        rows = _oracle() if _ORACLE.exists() and _FIT.is_dir() else []
        metafunc.parametrize("zone_rows", _cases(rows, [path.name for path, _ in rows], _ORACLE))
