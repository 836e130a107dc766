"""What our writer writes, our decoder, fitparse and fitdecode read alike."""

import io

import fitdecode
import fitparse
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from parsers.fit import FIT_EPOCH, decode, read_activity
from parsers.fit.crc import crc16
from simulate.fit_writer import SPORTS, Recording, write_activity

_START = 1_700_000_000_000
_METRICS = {
    "heart_rate": (1, 0, 250),
    "distance": (100, 0, 100_000),
    "speed": (1000, 0, 60),
    "power": (1, 0, 2_000),
    "altitude": (5, -500, 9_000),
    "temperature": (1, -100, 100),
}
_FIELDS = {"speed": "enhanced_speed", "altitude": "enhanced_altitude"}


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    gaps = draw(st.lists(st.integers(0, 70), min_size=1, max_size=30))
    n = len(gaps)
    columns = {}
    for name in draw(st.sets(st.sampled_from(sorted(_METRICS)))):
        scale, low, high = _METRICS[name]
        stored = draw(arrays(np.int64, n, elements=st.integers(low * scale, high * scale)))
        known = draw(arrays(np.bool_, n))
        columns[name] = np.where(known, stored / scale, np.nan)
    form = draw(arrays(np.float32, n, elements=st.floats(-1e6, 1e6, width=32)))
    t = _START + 1000 * np.cumsum(np.array(gaps))
    return Recording(
        start_ms=_START,
        end_ms=int(t[-1]) + draw(st.integers(0, 5000)),
        sport=draw(st.sampled_from(sorted(SPORTS))),
        offset_min=15 * draw(st.integers(-48, 56)),
        t=t,
        columns=columns,
        developer={"Form": form.astype(np.float64)} if draw(st.booleans()) else {},
        exertion_cr10=draw(st.none() | st.integers(0, 20).map(lambda half: half / 2)),
        feel=draw(st.none() | st.integers(0, 100)),
        strap=draw(st.booleans()),
    )


@settings(max_examples=60, deadline=None)
@given(recording=recordings(), compressed=st.booleans(), header_crc=st.booleans())
def test_round_trip(recording: Recording, *, compressed: bool, header_crc: bool) -> None:
    data = write_activity(recording, compressed=compressed, header_crc=header_crc)
    assert crc16(data) == 0
    fit = decode(data)
    assert fit.problems == ()
    record = fit["record"]
    assert np.array_equal((record["timestamp"] + FIT_EPOCH) * 1000, recording.t)
    for name, values in recording.columns.items():
        assert np.allclose(
            record[_FIELDS.get(name, name)], values, rtol=0, atol=1e-9, equal_nan=True
        )
    for name, values in recording.developer.items():
        assert np.array_equal(record[f"dev:{name}"], values)
    activity = read_activity(fit)
    (session,) = activity.sessions
    assert (session.start_ms, session.length_ms) == (
        recording.start_ms,
        recording.end_ms - recording.start_ms,
    )
    assert (session.sport, session.feel) == (recording.sport, recording.feel)
    assert session.exertion_cr10 == recording.exertion_cr10
    assert activity.offset_min == recording.offset_min


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=25, deadline=None)
@given(recording=recordings(), compressed=st.booleans())
def test_fitparse_and_fitdecode_read_the_same(recording: Recording, *, compressed: bool) -> None:
    data = write_activity(recording, compressed=compressed)
    ours = decode(data)["record"]
    with fitdecode.FitReader(data, check_crc=fitdecode.CrcCheck.RAISE) as reader:
        item = [m for m in reader if isinstance(m, fitdecode.FitDataMessage) and m.name == "record"]
    two = list(fitparse.FitFile(io.BytesIO(data)).get_messages("record"))
    assert len(item) == len(two) == len(ours)
    for name in recording.columns:
        field = _FIELDS.get(name, name)
        expected = [None if np.isnan(v) else v for v in ours[field].tolist()]
        assert [m.get_value(field) for m in item] == expected
        assert [m.get_value(field) for m in two] == expected
    assert [m.get_value("timestamp").timestamp() - FIT_EPOCH for m in item] == ours[
        "timestamp"
    ].tolist()


def test_equal_recordings_give_equal_bytes() -> None:
    recording = Recording(start_ms=_START, end_ms=_START + 1000, t=np.array([_START]), columns={})
    assert write_activity(recording) == write_activity(recording)
