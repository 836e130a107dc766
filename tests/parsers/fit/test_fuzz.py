"""Random and mutated input gives a FitFile or a FitError, and never more rows than bytes."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parsers.fit import FitError, FitFile, decode, read_activity
from simulate.fit_messages import fit_file
from simulate.fit_writer import Recording, write_activity

_N = 40
RECORDING = Recording(
    start_ms=1_700_000_000_000,
    end_ms=1_700_000_040_500,
    t=1_700_000_000_000 + 1000 * np.arange(_N),
    columns={
        "heart_rate": np.linspace(60, 99, _N),
        "cadence": np.full(_N, 111.0),
        "distance": np.linspace(0, 60, _N),
    },
    developer={"Form": np.arange(_N) / 4},
    exertion_cr10=4,
    strap=True,
)
_SEEDS = (write_activity(RECORDING), write_activity(RECORDING, compressed=True), fit_file([]))


def _read(data: bytes) -> FitFile | None:
    try:
        fit = decode(data)
    except FitError:
        return None
    assert fit.messages <= len(data)
    read_activity(fit)
    try:
        columns = fit.materialise()
    except FitError:
        return fit
    for name, group in columns.items():
        for column in group.values():
            assert len(column) == len(fit[name])
    return fit


@given(st.binary(max_size=400))
@example(b".FIT")
def test_random_bytes(data: bytes) -> None:
    _read(data)


@given(st.binary(max_size=300))
def test_random_messages_in_a_right_frame(body: bytes) -> None:
    assert _read(fit_file([body])) is not None


@given(
    st.lists(st.binary(min_size=1, max_size=30).map(lambda tail: b"\x40\0\0" + tail), max_size=12)
)
def test_random_definitions(parts: list[bytes]) -> None:
    _read(fit_file([*parts, bytes(50)]))


@settings(max_examples=400)
@given(
    seed=st.sampled_from(_SEEDS),
    changes=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, 5000),
    tail=st.sampled_from([b"", b"\0", *_SEEDS]),
)
def test_mutated_files(seed: bytes, changes: list[tuple[int, int]], cut: int, tail: bytes) -> None:
    data = bytearray(seed)
    for at, value in changes:
        data[at % len(data)] = value
    _read(bytes(data[: cut + 1]) + tail)


@given(data=st.sampled_from(_SEEDS), at=st.integers(0, 5000))
def test_decoding_twice_gives_the_same(data: bytes, at: int) -> None:
    damaged = bytearray(data)
    damaged[at % len(data)] ^= 0x55
    item, two = _read(bytes(damaged)), _read(bytes(damaged))
    assert (item is None) == (two is None)
    if item and two:
        assert item.problems == two.problems
        assert item.names == two.names
