"""Data points have the members, units and frames that the public schemas of Open mHealth demand.

The table is written from those schemas, by hand and anew: the member that must be there, a unit
that its list has, and whether only an interval is allowed.
"""

import pytest

from kadens.privacy.portable.open_mhealth import MHEALTH_SCHEMAS, sample_point
from model.facts import DeviceType, Method, Source
from model.privacy.supplied import SuppliedSample

_START, _END = 1_790_000_000_000, 1_790_000_060_000
_FROM, _TO = "2026-09-21T14:13:20Z", "2026-09-21T14:14:20Z"
_WATCH = Source(vendor="files", device_type=DeviceType.WATCH, method=Method.WORKOUT)
# Metric, then schema, version, member, unit, and whether a frame must be an interval.
_DEMANDED = {
    "heart_rate": ("heart-rate", "2.0", "heart_rate", "beats/min", False),
    "resting_heart_rate": ("heart-rate", "2.0", "heart_rate", "beats/min", False),
    "steps": ("step-count", "3.0", "step_count", "steps", True),
    "active_energy": ("calories-burned", "2.0", "kcal_burned", "kcal", True),
    "speed": ("speed", "1.0", "speed", "m/s", False),
    "rr_interval": ("rr-interval", "1.0", "rr_interval", "ms", False),
    "weight": ("body-weight", "3.0", "body_weight", "kg", False),
    "oxygen_saturation": ("oxygen-saturation", "2.0", "oxygen_saturation", "%", False),
    "respiratory_rate": ("respiratory-rate", "2.0", "respiratory_rate", "breaths/min", False),
    "body_temperature": ("body-temperature", "4.0", "body_temperature", "C", False),
    "blood_glucose": ("blood-glucose", "4.0", "blood_glucose", "mmol/L", False),
}


def _sample(metric: str, end_ms: int | None) -> SuppliedSample:
    return SuppliedSample(
        source=_WATCH, record="r1", metric=metric, at_ms=_START, end_ms=end_ms, value=7.0
    )


@pytest.mark.promise(13)
@pytest.mark.parametrize("metric", list(MHEALTH_SCHEMAS))
def test_a_point_has_what_its_schema_demands(metric: str) -> None:
    name, version, member, unit, only_interval = _DEMANDED[metric]
    point = sample_point(_sample(metric, _END))
    assert point is not None
    more = {"temporal_relationship_to_physical_activity": "at rest"}
    assert point["body"] == {
        member: {"value": 7.0, "unit": unit},
        "effective_time_frame": {"time_interval": {"start_date_time": _FROM, "end_date_time": _TO}},
        **(more if metric == "resting_heart_rate" else {}),
    }
    header = point["header"]
    assert len(header.pop("uuid")) == 36
    assert header == {
        "schema_id": {"namespace": "omh", "name": name, "version": version},
        "source_creation_date_time": _FROM,
        "modality": "sensed",
    }
    instant = sample_point(_sample(metric, None))
    frame = None if instant is None else instant["body"]["effective_time_frame"]
    assert frame == (None if only_interval else {"date_time": _FROM})
