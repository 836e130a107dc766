"""Terra as a sender: a user behind a watch, the events about it, and what is true. Pure.

Written from the models that Terra publishes, never from our connector.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from model.calendar import utc
from simulate.vendors.vendor_truth import HubTruth

TerraJson = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraWorkout:
    """A workout: `beats` each second from its start, `walked` the steps of each minute."""

    id: str
    start_s: int
    length_s: int
    number: int  # Terra's number of the activity
    type: str
    beats: Sequence[int] = ()
    walked: Sequence[int] = ()


@dataclass(slots=True, kw_only=True)
class PlayedTerra:
    """A user of Terra, which is one connection to one vendor."""

    user_id: str
    provider: str = "GARMIN"
    offset_min: int = 60
    workouts: list[TerraWorkout] = field(default_factory=list)
    nights: list[tuple[str, int, int]] = field(default_factory=list)
    days: list[tuple[str, int, int]] = field(default_factory=list)  # date, steps, resting beats

    def truth(self) -> HubTruth:
        """Return what is true of the user."""
        workouts: list[tuple[object, ...]] = []
        heart: list[tuple[object, ...]] = []
        steps: list[tuple[object, ...]] = []
        for workout in self.workouts:
            start_ms = workout.start_s * 1000
            workouts.append((start_ms, start_ms + workout.length_s * 1000, workout.type))
            for second, value in enumerate(workout.beats):
                heart.append((start_ms + second * 1000, float(value)))
            for minute, count in enumerate(workout.walked):
                began_ms = start_ms + minute * 60_000
                steps.append((began_ms, began_ms + 60_000, float(count)))
        days: list[tuple[object, ...]] = []
        for date, count, resting in self.days:
            days += [(date, "steps", float(count)), (date, "resting_heart_rate", float(resting))]
        return {
            "workouts": sorted(workouts),
            "heart_rate": sorted(heart),
            "steps": sorted(steps),
            "wear": sorted((begin * 1000, end * 1000, 1.0) for _, begin, end in self.nights),
            "days": sorted(days),
        }

    def event(self, kind: str, *data: TerraJson) -> bytes:
        """Return the body of an event with objects of one kind."""
        user = {"user_id": self.user_id, "provider": self.provider, "reference_id": "made up"}
        body = {"type": kind, "user": user, "version": "2022-03-16", "data": list(data)}
        return json.dumps(body).encode()

    def workout(self, workout: TerraWorkout) -> TerraJson:
        """Return a workout as Terra models it; its steps are readings of a counter."""
        counted, readings = 0, []
        for minute, count in enumerate(workout.walked, 1):
            counted += count
            at = self._written(workout.start_s + minute * 60)
            readings.append({"timestamp": at, "steps": counted})
        beats = []
        for second, value in enumerate(workout.beats):
            beats.append({"timestamp": self._written(workout.start_s + second), "bpm": value})
        metadata = self._metadata(workout.start_s, workout.start_s + workout.length_s)
        return {
            "metadata": {**metadata, "summary_id": workout.id, "type": workout.number},
            "device_data": {"name": "Forerunner 945"},
            "heart_rate_data": {"detailed": {"hr_samples": beats}},
            "distance_data": {
                "summary": {"steps": counted},
                "detailed": {"step_samples": readings},
            },
            "position_data": {"position_samples": []},
        }

    def night(self, night: tuple[str, int, int]) -> TerraJson:
        """Return a night."""
        named, begin, end = night
        metadata = {**self._metadata(begin, end), "summary_id": named, "upload_type": 2}
        return {"metadata": metadata, "sleep_durations_data": {"asleep": {}}}

    def day(self, day: tuple[str, int, int]) -> TerraJson:
        """Return a date as it stands so far."""
        date, steps, resting = day
        offset = f"{self.offset_min // 60:+03}:00"
        return {
            "metadata": {
                "start_time": f"{date}T00:00:00.000000{offset}",
                "end_time": f"{date}T23:59:59.000000{offset}",
                "upload_type": 1,
                "timestamp_localization": 1,
            },
            "distance_data": {"steps": steps},
            "heart_rate_data": {"summary": {"resting_hr_bpm": resting}},
        }

    def _metadata(self, begin_s: int, end_s: int) -> TerraJson:
        times = {"start_time": self._written(begin_s), "end_time": self._written(end_s)}
        return {**times, "upload_type": 1, "timestamp_localization": 1}

    def _written(self, at_s: int) -> str:
        shown = utc((at_s + self.offset_min * 60) * 1000)
        sign = "-" if self.offset_min < 0 else "+"
        hours, minutes = divmod(abs(self.offset_min), 60)
        return f"{shown:%Y-%m-%dT%H:%M:%S.000000}{sign}{hours:02}:{minutes:02}"


def terra_headers(secret: str, body: bytes, now_s: int, made_ms: int) -> dict[str, str]:
    """Return the headers of an event that was made at `made_ms` and is sent at `now_s`."""
    signed = f"{now_s}.".encode() + body
    signature = hmac.digest(secret.encode(), signed, hashlib.sha256).hex()
    return {
        "content-type": "application/json",
        "terra-signature": f"t={now_s},v1={signature}",
        "x-terra-signature": f"t={now_s},v1={signature}",
        "x-terra-ordering-timestamp": str(made_ms),
    }
