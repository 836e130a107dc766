"""Writes bodies as Open Wearables sends them: series of heart rate and finished workouts.

Pure: values to bytes. A body is `{"type": …, "data": …}`, as that project's guide to webhooks
documents it. Signing is done in `door`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import repeat
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from model.calendar import utc
from model.codec import dumps

PROVIDER, DEVICE = "garmin", "Demo Watch"
HUB, HUB_DEVICE = "apple", "Demo Phone Watch"
_HUB_WATCH = "Demo Hub Watch"  # a phone measures no heart rate, and shows no wear
MOST_BODY_SAMPLES = 2_500  # that project splits larger batches


def heart_rate_body(
    account: str, zone: str, t: NDArray[np.int64], beats: NDArray[np.float64], *, hub: bool = False
) -> bytes:
    """Return the body of a `heart_rate.created` event.

    `t` holds instants in epoch ms and `beats` the beats a minute at them, both of shape (n,). In
    the body, timestamps are local to `zone` with their offset. `hub` makes the watch of a phone hub
    the source. Raises ValueError for no samples and for more than `MOST_SAMPLES`.
    """
    if not 0 < len(t) <= MOST_BODY_SAMPLES:
        raise ValueError(f"1 to {MOST_BODY_SAMPLES} samples make a body, not {len(t)}")
    provider, device = (HUB, _HUB_WATCH) if hub else (PROVIDER, DEVICE)
    stamps, offsets = _local(t, zone)
    # formatted by hand, so as to build no dict for each of the many samples of a history
    rest = (
        '","type":"heart_rate","unit":"bpm","is_daily_total":null,'
        f'"source":{{"provider":"{provider}",'
    )
    rest += f'"device":"{device}"}},"value":'
    samples = ",".join(
        f'{{"timestamp":"{stamp}{offset}","zone_offset":"{offset}{rest}{value}}}'
        for stamp, offset, value in zip(stamps, offsets, beats.astype(int).tolist(), strict=True)
    )
    head = {
        "user_id": account,
        "provider": provider,
        "series_type": "heart_rate",
        "sample_count": len(t),
        "start_time": stamps[0] + offsets[0],
        "end_time": stamps[-1] + offsets[-1],
    }
    return (
        b'{"type":"heart_rate.created","data":'
        + dumps(head)[:-1]
        + f',"samples":[{samples}]}}}}'.encode()
    )


def weight_body(account: str, zone: str, at_ms: int, kg: float) -> bytes:
    """Return the body of a `body_composition.created` event: a weighing at an instant (ms)."""
    at = utc(at_ms).astimezone(ZoneInfo(zone))
    sample = {
        "timestamp": at.isoformat(timespec="seconds"),
        "zone_offset": _offset(at),
        "type": "weight",
        "unit": "kg",
        "is_daily_total": None,
        "source": {"provider": "withings", "device": "Demo Scale"},
        "value": kg,
    }
    data = {
        "user_id": account,
        "provider": "withings",
        "series_type": "weight",
        "sample_count": 1,
        "start_time": sample["timestamp"],
        "end_time": sample["timestamp"],
        "samples": [sample],
    }
    return dumps({"type": "body_composition.created", "data": data})


def workout_body(
    account: str,
    zone: str,
    record: str,
    kind: str,
    span: tuple[int, int],
    totals: Mapping[str, float],
) -> bytes:
    """Return the body of a `workout.created` event of a phone hub.

    `record` is the workout's id and `kind` its type. `span` is [start, end) in epoch ms. `totals`
    are the fields of its summary.
    """
    start, end = (utc(ms).astimezone(ZoneInfo(zone)) for ms in span)
    data = {
        "id": record,
        "user_id": account,
        "type": kind,
        "start_time": start.isoformat(timespec="seconds"),
        "end_time": end.isoformat(timespec="seconds"),
        "zone_offset": _offset(start),
        "duration_seconds": (span[1] - span[0]) / 1000,
        "source": {"provider": HUB, "device": HUB_DEVICE},
        **totals,
    }
    return dumps({"type": "workout.created", "data": data})


def _local(t: NDArray[np.int64], zone: str) -> tuple[list[str], list[str]]:
    """Return local timestamps to the second, and their offsets.

    They are right on both sides of a change of the clocks.
    """
    here = ZoneInfo(zone)
    first, last = (utc(int(ms)).astimezone(here) for ms in (t[0], t[-1]))
    # A body spans hours, not months: with equal offsets at both ends no clock changed in between,
    # and numpy can convert all instants at once.
    if first.utcoffset() == last.utcoffset():
        shift = (first.utcoffset() or timedelta()) // timedelta(milliseconds=1)
        local = np.datetime_as_string((t + shift).astype("datetime64[ms]"), unit="s")
        return local.tolist(), list(repeat(_offset(first), len(t)))
    moments = [utc(int(ms)).astimezone(here) for ms in t]
    return [f"{m:%Y-%m-%dT%H:%M:%S}" for m in moments], [_offset(m) for m in moments]


def _offset(moment: datetime) -> str:
    text = f"{moment:%z}"
    return f"{text[:3]}:{text[3:]}"
