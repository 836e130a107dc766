"""What the readers of files make of the field cases beside this checkout, read in place."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from model.errors import BodyError
from model.facts import DeviceType, Parsed, SampleBlock, Workout
from parsers.formats import parse
from tests.rooms import SHARED
from tests.rows import matching, of_type, values_of

_FOLDER = SHARED / "cases"
# What these are about begins behind the readers: pauses, and files that are packed.
_SUFFIXES = (".fit", ".tcx", ".gpx")
_NOT_READERS = ("F03", "F23")


def _cases() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield each file with what is right of it."""
    for folder in sorted(_FOLDER.glob("[FGT][0-9][0-9]")):
        files = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)
        wanted = json.loads((folder / "expected.json").read_text())
        if folder.name in _NOT_READERS:
            continue
        for position, path in enumerate(files):
            yield path, _of_file(wanted, path, position, len(files))


def _of_file(wanted: dict[str, Any], path: Path, position: int, files: int) -> dict[str, Any]:
    if path.name in wanted.get("files", {}):
        return dict(wanted["files"][path.name])
    if path.stem.replace("-", "_") in wanted:
        return dict(wanted[path.stem.replace("-", "_")])
    return dict(wanted["sessions"][position] if files > 1 else wanted.get("session", {}) | wanted)


_CASES = list(_cases())


@pytest.mark.skipif(not _CASES, reason="the field cases are not beside this checkout")
@pytest.mark.parametrize(
    ("path", "wanted"), _CASES, ids=[f"{path.parent.name}-{path.stem}" for path, _ in _CASES]
)
def test_the_reader_gives_what_is_right(path: Path, wanted: dict[str, Any]) -> None:
    if wanted.get("facts") == 0:
        with pytest.raises(BodyError):
            parse("files", path.read_bytes())
        return
    parsed = parse("files", path.read_bytes())
    assert _spans_are(parsed, wanted)
    assert _heart_is(parsed, wanted)
    assert parsed.complete is wanted.get("complete", parsed.complete)


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _spans_are(parsed: Parsed, wanted: dict[str, Any]) -> bool:
    workouts = of_type(Workout, parsed.facts)
    rows = wanted.get("workouts") or ([wanted] if "start" in wanted else [])
    for row, workout in zip(rows, workouts, strict=bool(rows)):
        head = workout.head
        least, most = row.get("end_between", [row.get("end")] * 2)
        assert head.start_ms == _ms(row["start"])
        assert least is None or _ms(least) <= head.end_ms <= _ms(most)
        assert workout.type == row.get("type", workout.type)
        assert head.offset_min == row.get("offset_min", head.offset_min)
    if "session_min" in wanted:
        (head,) = values_of(workouts, "head")
        minutes = (head.end_ms - head.start_ms) / 60_000
        assert wanted["session_min"]["least"] <= minutes <= wanted["session_min"]["most"]
    return True


def _heart_is(parsed: Parsed, wanted: dict[str, Any]) -> bool:
    blocks = matching(of_type(SampleBlock, parsed.facts), metric="heart_rate")
    heart = wanted.get("heart_rate", {})
    n = heart.get("n", heart.get("n_in_session", wanted.get("heart_n")))
    # A strap that sends nothing writes zeros; that these are left out is decided later.
    count = sum(int((block.v > 1).sum()) for block in blocks)
    bounds = n if isinstance(n, dict) else {"least": n, "most": n}
    assert n is None or bounds["least"] <= count <= bounds["most"]
    if heart.get("source") == "strap":
        assert set(values_of(blocks, "head.source.device_type")) == {DeviceType.STRAP}
    last = [_ms(wanted["samples_after"][:20])] if "samples_after" in wanted else []
    for block in blocks:
        assert not last or block.t[-1] < last[0]
    return True
