"""Small files that claim to hold very much are refused plainly, in little time and memory."""

import time
import tracemalloc

import pytest

from model.errors import BodyError
from model.facts import RejectKind
from parsers.formats import parse
from parsers.tracks import elements

_MIB = 1024 * 1024
_SAMSUNG = b"com.samsung.shealth.tracker.heart_rate,1,1\n"


def _refused(content: bytes, most_bytes: int) -> str:
    """Return why a file is refused, which takes less than a second and `most_bytes`."""
    tracemalloc.start()
    try:
        with pytest.raises(BodyError) as caught:
            parse("files", content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most_bytes
    assert caught.value.kind is RejectKind.TOO_MUCH
    return caught.value.why


@pytest.mark.parametrize(
    "content",
    [
        _SAMSUNG + b"," * (8 * _MIB),
        # one row of many lines
        _SAMSUNG + b'start_time\n"' + (b"," * 1_000 + b'\n",,"') * 8_000,
        b"timestamp,beats per minute,data source\n" + b"," * (8 * _MIB),
        b"Activity ID,Activity Date,Elapsed Time\n" + b"," * (8 * _MIB),
        b"Date,Step count\n" + b"," * (8 * _MIB),
    ],
    ids=["samsung", "many lines", "fitbit", "strava", "google fit"],
)
def test_a_row_without_end_is_refused(content: bytes) -> None:
    assert _refused(content, 64 * _MIB) == f"a row of more than {_MIB} letters"


def test_a_list_of_bare_values_is_refused_before_it_is_read() -> None:
    head = b'{"data":{"metrics":[{"name":"heart_rate","units":"bpm","data":['
    began = time.process_time()
    why = _refused(head + b"1," * 4_000_000 + b"1]}]}}", _MIB)
    assert why == "more values than a body may hold"
    assert time.process_time() - began < 1


def test_elements_of_a_track_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "_MOST_ELEMENTS", 1_000)
    assert _refused(b"<gpx>" + b"<a/>" * 1_001, _MIB) == "more than 1000 elements"
