"""Makes events of Open Wearables as it sends them, with invented values."""

import json
from typing import Any

FIRST_SAMPLE_MS = 1_700_000_000_000


def hub_sample(**changes: object) -> dict[str, Any]:
    result = {
        "timestamp": "2023-11-14T22:13:20+00:00",
        "zone_offset": "+01:00",
        "type": "heart_rate",
        "value": 120,
        "unit": "bpm",
        "source": {"provider": "garmin", "device": "Forerunner 255"},
        "is_daily_total": None,
    }
    return {**result, **changes}


def series_event(
    *samples: object, kind: str = "heart_rate.created", of: str = "heart_rate", **changes: object
) -> bytes:
    data = {"user_id": "u1", "provider": "garmin", "series_type": of, "samples": samples, **changes}
    return json.dumps({"type": kind, "data": data}).encode()


def workout_event(**changes: object) -> bytes:
    data = {
        "id": "w1",
        "user_id": "u1",
        "type": "running",
        "start_time": "2023-11-14T22:13:20+00:00",
        "end_time": "2023-11-14T22:43:20+00:00",
        "zone_offset": None,
        "source": {"provider": "garmin", "device": None},
    }
    return json.dumps({"type": "workout.created", "data": {**data, **changes}}).encode()
