"""Times between beats of `hrv` messages: where they lie, and whose they are."""

from collections.abc import Sequence

import numpy as np
import pytest

from model.facts import DeviceType, SampleBlock
from parsers.fit_facts.fit_file import parse_fit
from simulate.fit_messages import UINT16, FieldShape, FitShape, encoded, fit_file
from tests.parsers.fit.pieces import BASE_MS, ident, records, sensor
from tests.rows import matching, of_type

_TIME = FieldShape(number=0, base=UINT16, scale=1000, items=5)


def _beats(seconds: Sequence[float]) -> bytes:
    """Return a message of up to five beats."""
    took = np.array([*seconds, *[np.nan] * (5 - len(seconds))])
    return encoded(FitShape(number=78, local=3, fields={"time": _TIME}), {"time": took})


def _read(*messages: bytes) -> list[tuple[float, float]]:
    """Return (seconds after the begin, ms) of each beat."""
    parsed = parse_fit(fit_file([ident(), *messages]))
    points: list[tuple[float, float]] = []
    for block in matching(of_type(SampleBlock, parsed.facts), metric="rr_interval"):
        points += zip(((block.t - BASE_MS) / 1000).tolist(), block.v.tolist(), strict=True)
    return points


def test_beats_follow_one_another_from_the_record_before_them() -> None:
    points = _read(records([0, 1]), _beats([0.8, 0.7]), records([2]), _beats([0.9]))
    assert points == [(1.8, 800.0), (2.5, 700.0), (3.4, 900.0)]


def test_lost_beats_leave_a_hole_and_doubled_ones_do_not_run_ahead() -> None:
    lost = _read(records([0]), _beats([0.8]), records(range(1, 61)), _beats([0.7]))
    assert lost == [(0.8, 800.0), (60.7, 700.0)]
    doubled = _read(records([0]), *[_beats([1.0] * 5)] * 4, records([1, 2]), _beats([1.0]))
    times = [at for at, _ in doubled]
    assert len(doubled) == 21
    assert times == sorted(set(times))
    assert times[-1] < 2 + 5 + 0.1


@pytest.mark.parametrize(
    "messages",
    [
        [_beats([0.8])],  # nothing dates it
        [records([0, 1]), _beats([])],
        [records([0, 1]), _beats([0.0])],
    ],
)
def test_a_beat_without_a_date_or_a_length_is_none(messages: list[bytes]) -> None:
    assert _read(*messages) == []


def test_the_beats_of_a_strap_are_the_straps() -> None:
    parsed = parse_fit(fit_file([ident(), sensor(120, 1), records([0, 1]), _beats([0.8])]))
    (block,) = matching(of_type(SampleBlock, parsed.facts), metric="rr_interval")
    assert block.head.source.device_type is DeviceType.STRAP
