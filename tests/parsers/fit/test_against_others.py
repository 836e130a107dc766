"""Every value of `record` and `session` in real files, against fitdecode and fitparse.

All known differences are intended. `hr` beats are not compared, because both others lose or shift
the reference. The others give dates where Kadens gives seconds. fitparse 1.2.0 keeps the developer
field names of files read before, and knows fewer fields.

Files over 60 kB are compared over their first 40 kB, unless KADENS_TEST_FIT=whole.
"""
# ruff: noqa: ANN401 - values of two untyped packages

import io
import math
import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fitdecode
import fitparse
import numpy as np
import pytest

from parsers.fit import FIT_EPOCH, FitFile, Group, decode

pytestmark = pytest.mark.slow

_NAMES = ("record", "session")
UNCUT, PREFIX = 60_000, 40_000
_Row = dict[str, list[Any]]


def content(path: Path) -> bytes:
    data = path.read_bytes()
    return (
        data
        if len(data) <= UNCUT or os.environ.get("KADENS_TEST_FIT") == "whole"
        else data[:PREFIX]
    )


def _plain(value: Any, raw: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).timestamp() - FIT_EPOCH
    return raw if isinstance(value, str) and not isinstance(raw, str) else value


def by_fitdecode(data: bytes) -> Iterator[tuple[str, _Row]]:
    reader = fitdecode.FitReader(
        data, check_crc=fitdecode.CrcCheck.DISABLED, error_handling=fitdecode.ErrorHandling.IGNORE
    )
    try:
        for message in reader:
            if isinstance(message, fitdecode.FitDataMessage) and message.name in _NAMES:
                row: _Row = defaultdict(list)
                for field in message.fields:
                    dev = bool(field.field_def and field.field_def.is_dev)
                    row[_name(field, dev=dev)].append(_plain(field.value, field.raw_value))
                yield message.name, row
    except fitdecode.FitError:
        return  # damaged: what came before is compared


def by_fitparse(data: bytes) -> Iterator[tuple[str, _Row]]:
    try:
        for message in fitparse.FitFile(io.BytesIO(data), check_crc=False).get_messages(_NAMES):
            row: _Row = defaultdict(list)
            for field in message.fields:
                dev = field.field is not None and field.field.field_type == "devfield"
                row[_name(field, dev=dev)].append(_plain(field.value, field.raw_value))
            yield message.name, row
    except fitparse.FitParseError:
        return


def _name(value: Any, *, dev: bool) -> str:
    if dev:
        named = value.field is not None and value.field.name
        return (
            f"dev:{value.field.name}"
            if named
            else f"dev:{value.field_def.dev_data_index}:{value.field_def.def_num}"
        )
    if value.parent_field is not None:
        return str(value.parent_field.name)
    return f"unknown_{value.field_def.def_num}" if value.field is None else str(value.field.name)


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, np.ndarray) and ours.dtype == np.uint8:
        stored = (
            theirs
            if isinstance(theirs, tuple)
            else (0xFF if theirs is None else theirs,) * (theirs is not None)
        )
        return (
            tuple(ours[: len(stored)]) == tuple(stored)
            if theirs is not None
            else bool((ours == 0xFF).all())
        )
    if isinstance(ours, np.ndarray):
        values = theirs if isinstance(theirs, tuple) else (theirs,)
        wanted = [math.nan if v is None else float(v) for v in values]
        wanted += [math.nan] * (len(ours) - len(wanted))
        return bool(np.array_equal(ours, np.array(wanted), equal_nan=True))
    if isinstance(ours, str) or ours is None:
        return bool(ours == theirs)
    if theirs is None or (isinstance(theirs, float) and math.isnan(theirs)):
        return math.isnan(ours)
    return bool(float(ours) == theirs)


def _differences(fit: FitFile, rows: Iterator[tuple[str, _Row]]) -> tuple[int, list[str]]:
    seen = dict.fromkeys(_NAMES, 0)
    wrong, compared = [], 0
    groups: dict[str, Group] = {name: fit[name] for name in _NAMES}
    for name, row in rows:
        for column, values in row.items():
            if column in groups[name]:
                compared += 1
                ours = groups[name][column][seen[name]]
                # Only ours lets a developer field stand in where the field for it has no reading.
                is_filled = bool(groups[name].overridden) and not any(filter(None, values))
                if not is_filled and not any(same(ours, value) for value in values):
                    wrong.append(f"{name}[{seen[name]}].{column}: {ours} is none of {values}")
            elif not column.startswith(("dev:", "unknown_")):
                wrong.append(f"{name}[{seen[name]}].{column} is missing")
        seen[name] += 1
    missing = [
        f"{name}: {seen[name]} of {len(groups[name])} rows"
        for name in _NAMES
        if seen[name] != len(groups[name])
    ]
    return compared, wrong + missing


@pytest.mark.filterwarnings("ignore")
def test_fitdecode_agrees(real_fit: Path) -> None:
    data = content(real_fit)
    compared, wrong = _differences(decode(data, positions=True), by_fitdecode(data))
    assert wrong == []
    assert compared or not len(decode(data)["record"])


@pytest.mark.filterwarnings("ignore")
def test_fitparse_agrees(real_fit: Path) -> None:
    data = content(real_fit)
    rows = list(by_fitparse(data))
    compared, wrong = _differences(decode(data, positions=True), iter(rows))
    # fitparse stops where it meets damage, or does not start; what it read must be the same
    assert [line for line in wrong if not line.endswith("rows")] == []
    assert compared or not rows


def test_the_comparison_sees_a_difference() -> None:
    assert not same(np.float64(120.0), 121)
    assert not same(np.float64(math.nan), 255)
    assert not same(np.array([1, 2], dtype=np.uint8), (1, 3))
    assert not same(np.array([1.0, math.nan]), (1, 2))
    assert not same(None, "name")
    assert same(np.float64(120.0), 120)
    assert same(np.float64(math.nan), None)
    assert same(np.array([0xFF, 0xFF], dtype=np.uint8), None)
