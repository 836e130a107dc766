"""Samples that are alike are read as two columns, with the same result as parsing them.

Samples that differ in anything else are not read as columns.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.codec import loads
from parsers.alike import Alike, read_alike
from tests.rows import cells_of

PATH = ("data", "samples")
_REST = {"unit": "bpm", "source": {"provider": "garmin", "device": "Watch"}, "total": None}
_TIMES = [f"2026-09-01T00:00:{second:02}Z" for second in range(10)]


def objects(count: int = 3, **changes: object) -> list[dict[str, Any]]:
    return [{"t": _TIMES[n], **_REST, "v": n + 60, **changes} for n in range(count)]


def _body(
    samples: object,
    data: dict[str, Any] | None = None,
    **written: Any,  # noqa: ANN401 - of json.dumps
) -> bytes:
    result = {
        "type": "x",
        "data": {"user": "u", **(data or {}), "samples": samples, "n": [1, {"v": 3}]},
    }
    return json.dumps(result, **{"separators": (",", ":"), **written}).encode()


def _read(raw: bytes) -> Alike | None:
    return read_alike(raw, PATH, "t", "v")


def texts(alike: Alike) -> list[str]:
    return [row.tobytes().decode() for row in alike.texts]


@pytest.mark.parametrize(
    "written", [{}, {"separators": (", ", ": ")}, {"indent": 2}, {"sort_keys": True}]
)
@pytest.mark.parametrize("device", ["Watch", "Klocka å"])
def test_the_way_of_writing_does_not_matter(device: str, written: dict[str, Any]) -> None:
    samples = objects(source={"device": device})
    series = _read(_body(samples, ensure_ascii=False, **written))
    assert series is not None
    assert texts(series) == _TIMES[:3]
    assert series.numbers == [60, 61, 62]
    assert series.document == {
        "type": "x",
        "data": {"user": "u", "samples": samples[:1], "n": [1, {"v": 3}]},
    }


def test_the_number_may_stand_before_the_text() -> None:
    series = _read(_body([{"v": n * 1.5, "unit": "bpm", "t": _TIMES[n]} for n in range(9)]))
    assert series is not None
    assert (texts(series)[8], series.numbers[8]) == (_TIMES[8], 12.0)


@pytest.mark.parametrize(
    "samples",
    [
        [],
        {},
        objects(1),
        [*objects(2), 7],
        [*objects(2), {**objects(1)[0], "unit": "kg"}],
        [*objects(2), {**objects(1)[0], "unit": "bpx"}],
        [*objects(2), {**objects(1)[0], "more": 1}],
        [*objects(2), {**objects(1)[0], "t": "2026"}],
        [*objects(2), {**objects(1)[0], "t": 'x","v":1'.ljust(len(_TIMES[0]))}],
        [*objects(2), {**objects(1)[0], "t": _TIMES[0][:-2] + "\n"}],
        [*objects(2), {**objects(1)[0], "t": _TIMES[0][:-2] + "å"}],
        [*objects(2), {**objects(1)[0], "v": None}],
        [*objects(2), {**objects(1)[0], "v": True}],
        [*objects(2), {**objects(1)[0], "v": "60"}],
        [*objects(2), {**objects(1)[0], "v": [1, 2]}],
        objects(source={"v": 1}),
        objects(source={"t": "x"}),
        objects(source={"device": 'a "quoted" one'}),
        objects(t=""),
        [{"inner": {"t": _TIMES[0], "v": 1}}] * 3,
    ],
)
def test_what_differs_is_not_read(samples: object) -> None:
    assert _read(_body(samples, ensure_ascii=False)) is None


def test_an_array_of_that_name_elsewhere_is_not_taken_for_it() -> None:
    assert _read(_body(objects(1), {"other": {"samples": objects()}})) is None
    assert _read(_body("no", {"other": {"samples": objects()}})) is None
    assert _read(_body(objects())[:-1]) is None
    assert _read(_body(objects()).replace(b'"n":[', b'"samples":[{"t":1}],"n":[')) is None


def test_a_number_that_json_does_not_know_is_not_read() -> None:
    for wrong in (b"060", b"6.", b"1e999", b"--6", b"6 1", b"6,1", b"NaN"):
        assert _read(_body(objects()).replace(b'"v":62', b'"v":' + wrong)) is None, wrong


PIECES = st.sampled_from(
    [
        b'"',
        b",",
        b"}",
        b"{",
        b"]",
        b"[",
        b":",
        b"\\",
        b"\0",
        b"\n",
        b" ",
        b"1",
        b'"v":1',
        b'"t":"x"',
        b"},{",
        b"\xc3",
    ]
)


@given(st.data(), st.integers(2, 5), st.booleans())
def test_whatever_is_read_is_what_parsing_gives(
    data: st.DataObject,
    count: int,
    swapped: bool,  # noqa: FBT001
) -> None:
    raw = _body(objects(count), sort_keys=swapped)
    assert _read(raw)
    for _ in range(data.draw(st.integers(0, 2))):
        at = data.draw(st.integers(0, len(raw)))
        raw = raw[:at] + data.draw(PIECES) + raw[at + data.draw(st.sampled_from([0, 0, 1, 4])) :]
    series = _read(raw)
    if series is None:
        return
    total = loads(raw)
    samples = total["data"]["samples"]
    assert cells_of(samples, "t") == texts(series)
    assert [(type(sample["v"]), sample["v"]) for sample in samples] == [
        (type(number), number) for number in series.numbers
    ]
    assert [{**sample, "t": "", "v": 0} for sample in samples] == [
        {**samples[0], "t": "", "v": 0}
    ] * len(samples)
    assert series.document == {**total, "data": {**total["data"], "samples": samples[:1]}}
