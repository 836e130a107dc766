"""Ranks of sources as the definition orders them."""

import pytest

from kadens.model.facts import DeviceType, Method, Source
from kadens.stream.compute.columns import merged
from kadens.stream.compute.resolve import resolve
from kadens.stream.compute.session_rows import summary
from kadens.stream.compute.sources import rank


def source(device: DeviceType, method: Method) -> Source:
    return Source(vendor="v", device_type=device, method=method)


ORDER = [
    source(DeviceType.STRAP, Method.UNKNOWN),
    source(DeviceType.WATCH, Method.WORKOUT),
    source(DeviceType.WATCH, Method.BACKGROUND),
    source(DeviceType.PHONE, Method.WORKOUT),
    source(DeviceType.STRAP, Method.MANUAL),
]


def test_strap_watch_workout_watch_background_phone_manual() -> None:
    ranks = [rank(one) for one in ORDER]
    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize("device", DeviceType)
@pytest.mark.parametrize("method", Method)
def test_every_source_has_a_rank_and_by_hand_is_last(device: DeviceType, method: Method) -> None:
    typed = device is DeviceType.PERSON or method is Method.MANUAL
    assert (rank(source(device, method)) == rank(ORDER[-1])) == typed


def test_nothing_gives_nothing() -> None:
    assert merged([]) == {}
    assert resolve("heart_rate", ()).worn(0, 10**15) == 0
    assert summary(None).n == 0
