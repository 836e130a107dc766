"""What an activity declares: sessions, device, offset, samples; and times that are no dates."""

import numpy as np
import pytest

from parsers.fit import FIT_EPOCH, Activity, Code, FitSession, decode, read_activity
from simulate.fit_messages import (
    ENUM,
    UINT8,
    UINT16,
    UINT32,
    FieldShape,
    FitShape,
    definition,
    encoded,
    fit_file,
    rows,
)
from simulate.fit_writer import Recording, write_activity
from tests.rows import values_of

_START = 1_700_000_000_000
_T0 = _START // 1000 - FIT_EPOCH
STAMP = FieldShape(number=253, base=UINT32)


def _read(*parts: bytes) -> Activity:
    return read_activity(decode(fit_file(parts)))


def _session(**values: float) -> bytes:
    fields = {
        "timestamp": STAMP,
        "start": FieldShape(number=2, base=UINT32),
        "elapsed": FieldShape(number=7, base=UINT32, scale=1000),
        "timer": FieldShape(number=8, base=UINT32, scale=1000),
        "sport": FieldShape(number=5, base=ENUM),
        "sub": FieldShape(number=6, base=ENUM),
        "rpe": FieldShape(number=193, base=UINT8),
        "feel": FieldShape(number=192, base=UINT8),
    }
    return encoded(FitShape(number=18, local=0, fields=fields), values)


def test_a_session_as_declared() -> None:
    result = _session(
        timestamp=_T0 + 90, start=_T0, elapsed=61.234, timer=60.001, sport=1, sub=1, rpe=35, feel=75
    )
    (session,) = _read(result).sessions
    assert session == FitSession(
        start_ms=_START,
        length_ms=61_234,
        sport="running",
        sub_sport="treadmill",
        moving_ms=60_001,
        exertion_cr10=3.5,
        feel=75.0,
        offset=session.offset,
    )


def test_a_session_without_elapsed_time_lasts_until_it_was_written() -> None:
    assert _read(_session(timestamp=_T0 + 90, start=_T0)).sessions[0].length_ms == 90_000
    assert _read(_session(start=_T0, timer=5)).sessions[0].length_ms == 5_000
    assert _read(_session(start=_T0)).sessions[0].length_ms == 0
    assert _read(_session(timestamp=_T0)).sessions == ()


def test_an_unknown_sport_is_its_number() -> None:
    assert _read(_session(start=_T0, elapsed=1, sport=200)).sessions[0].sport == "200"
    assert _read(_session(start=_T0, elapsed=1)).sessions[0].sport == ""


def test_time_since_power_up_is_a_problem_and_no_date() -> None:
    shape = FitShape(
        number=20, local=1, fields={"t": STAMP, "hr": FieldShape(number=3, base=UINT8)}
    )
    seen = rows(shape, {"t": np.array([100, 0x0FFFFFFF, 0x10000000]), "hr": 60}, 3).tobytes()
    activity = _read(_session(start=5, elapsed=10), definition(shape), seen)
    assert activity.sessions == ()
    assert activity.samples["heart_rate"].t.tolist() == [(0x10000000 + FIT_EPOCH) * 1000]
    assert values_of(activity.problems, "code") == [Code.DEVICE_TIME] * 2
    assert activity.problems[0].reason == "record messages with time since power-up, not a date"


@pytest.mark.parametrize(
    ("shift", "minutes"),
    [
        (3600, 60),
        (-12_600, -210),
        (20_700, 345),
        (0, 0),
        (3599, 60),
        (3601, 60),
        (3000, None),
        (90_000, None),
    ],
)
def test_local_offset(shift: int, minutes: int | None) -> None:
    fields = {"t": STAMP, "local": FieldShape(number=5, base=UINT32)}
    assert (
        _read(
            encoded(FitShape(number=34, local=0, fields=fields), {"t": _T0, "local": _T0 + shift})
        ).offset_min
        == minutes
    )


def test_no_local_time_is_no_offset() -> None:
    assert (
        _read(encoded(FitShape(number=34, local=0, fields={"t": STAMP}), {"t": _T0})).offset_min
        is None
    )
    assert _read().offset_min is None


def test_samples_in_file_order_without_invalid_ones() -> None:
    fields = {
        "t": STAMP,
        "hr": FieldShape(number=3, base=UINT8),
        "cadence": FieldShape(number=4, base=UINT8),
        "half": FieldShape(number=53, base=UINT8, scale=128),
        "speed": FieldShape(number=6, base=UINT16, scale=1000),
    }
    shape = FitShape(number=20, local=0, fields=fields)
    nan = float("nan")
    result = {
        "t": np.array([_T0 + 2, _T0 + 1, nan, _T0 + 1]),
        "hr": np.array([80, nan, 81, 82]),
        "cadence": np.array([60, 61, 62, nan]),
        "half": np.array([0.5, nan, 0, 0.5]),
        "speed": 2.5,
    }
    samples = _read(definition(shape), rows(shape, result, 4).tobytes()).samples
    assert set(samples) == {"heart_rate", "cadence", "speed"}
    assert samples["heart_rate"].t.tolist() == [_START + 2000, _START + 1000]
    assert samples["heart_rate"].v.tolist() == [80, 82]
    assert samples["cadence"].v.tolist() == [60.5, 61]
    assert samples["speed"].v.tolist() == [2.5, 2.5, 2.5]


@pytest.mark.parametrize("strap", [True, False])
def test_who_measured_the_heart(*, strap: bool) -> None:
    recording = Recording(
        start_ms=_START,
        end_ms=_START + 1000,
        strap=strap,
        serial=77,
        t=np.array([_START]),
        columns={"heart_rate": np.array([60.0])},
    )
    device = read_activity(decode(write_activity(recording))).device
    assert (device.manufacturer, device.product, device.serial) == ("garmin", "edge_530", "77")
    assert device.heart_from == ("strap" if strap else "wrist")
    assert device.created == _T0


def test_an_empty_file_declares_nothing() -> None:
    activity = _read()
    assert (activity.sessions, activity.samples, activity.background, activity.problems) == (
        (),
        {},
        (),
        (),
    )
    assert activity.device.manufacturer == ""
