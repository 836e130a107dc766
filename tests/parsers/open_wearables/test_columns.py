"""A batch of Open Wearables that is read as columns gives what reading it by samples gives."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.codec import encode_fact
from model.facts import SampleBlock
from parsers.vendors.open_wearables import reader
from parsers.vendors.open_wearables.columns import columns_of_batch
from parsers.vendors.open_wearables.reader import parse_open_wearables
from tests.parsers.open_wearables.shapes import FIRST_SAMPLE_MS, hub_sample, series_event

_WRITTEN = st.one_of(
    st.builds(
        lambda s, form: form.format(s),
        st.sampled_from(
            [
                "2023-11-14T22:13:20",
                "2023-11-14T22:13:21",
                "2023-11-14T23:59:59",
                "2024-02-29T00:00:00",
            ]
        ),
        st.sampled_from(
            ["{}+01:00", "{}+01:00", "{}+01:00", "{}Z", "{}-05:30", "{}.5+01:00", "{}+19:00", "{}"]
        ),
    ),
    st.sampled_from(
        [
            "2023-02-29T00:00:00+01:00",
            "2023-11-14T24:00:00+01:00",
            "1999-12-31T23:59:59+01:00",
            7,
            None,
        ]
    ),
    st.sampled_from(
        ["2023-11-14T22:13:60+01:00", "2023-13-14T22:13:20+01:00", "2023-11-14t22:13:20+01:00"]
    ),
)
READ = st.one_of(
    st.integers(1, 200), st.floats(0, 300), st.sampled_from([-0.0, True, None, "70", 1e300, -5])
)
SAMPLE = st.fixed_dictionaries(
    {"timestamp": _WRITTEN, "value": READ},
    optional={
        "zone_offset": st.sampled_from(["+01:00", None]),
        "unit": st.sampled_from(["bpm", "kg"]),
        "is_daily_total": st.sampled_from([None, True, 1]),
    },
)


@given(
    st.lists(
        st.one_of(st.builds(lambda fields: hub_sample(**fields), SAMPLE), SAMPLE),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_a_batch_read_as_columns_is_the_batch_read_sample_by_sample(
    samples: list[dict[str, Any]],
    alike: bool,  # noqa: FBT001
) -> None:
    if alike:  # but for their times and values
        first = samples[0]
        samples = [{**first, "timestamp": s["timestamp"], "value": s["value"]} for s in samples]
    body = series_event(*samples)
    with pytest.MonkeyPatch.context() as patched:
        fast = parse_open_wearables(body)
        patched.setattr(reader, "columns_of_batch", lambda _body: None)
        slow = parse_open_wearables(body)
    assert fast.rejects == slow.rejects
    assert list(map(encode_fact, fast.facts)) == list(map(encode_fact, slow.facts))


def test_a_batch_of_one_kind_is_read_as_columns() -> None:
    samples = [
        hub_sample(timestamp=f"2023-11-14T22:{m:02}:20+01:00", value=m + 60) for m in range(60)
    ]
    total = columns_of_batch(series_event(*samples))
    assert total is not None
    (block,) = total.facts
    assert isinstance(block, SampleBlock)
    assert (len(block.t), block.head.offset_min, block.v[-1]) == (60, 60, 119.0)
    assert int(block.t[0]) == FIRST_SAMPLE_MS - 3_600_000 - 780_000
