"""Junction as a sender: a user with a watch, what Junction says of it, and what is true. Pure.

Written from the interface that Junction publishes, never from our connector.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from model.calendar import utc
from simulate.vendors.vendor_truth import HubTruth

JunctionJson = dict[str, Any]
_SOURCE = {"provider": "garmin", "type": "watch", "app_id": None, "device_id": None}
_TEAM = "6b74423d-0504-4470-9afb-477252ccf67a"
_RESOURCES = ("workouts", "activity", "sleep", "heartrate", "steps")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubWorkout:
    """A workout: when it was, how the heart beat each second, and the kind of it."""

    id: str
    start_s: int
    length_s: int
    sport: str
    beats: Sequence[int] = ()
    changed_s: int = 0

    @property
    def end_s(self) -> int:
        """Return when it ended."""
        return self.start_s + self.length_s


@dataclass(slots=True, kw_only=True)
class PlayedJunction:
    """A user at Junction: `beats` are (second, beats a minute), `walked` (start, end, steps)."""

    user_id: str
    client_user_id: str
    offset_s: int = 3_600
    workouts: list[HubWorkout] = field(default_factory=list)
    beats: list[tuple[int, int]] = field(default_factory=list)
    walked: list[tuple[int, int, int]] = field(default_factory=list)
    nights: list[tuple[str, int, int]] = field(default_factory=list)
    days: list[tuple[str, int, int]] = field(default_factory=list)  # date, steps, resting beats

    def truth(self) -> HubTruth:
        """Return what is true of the user."""
        heart = [(at * 1000, float(value)) for at, value in self.beats]
        for workout in self.workouts:
            for second, value in enumerate(workout.beats):
                heart.append(((workout.start_s + second) * 1000, float(value)))
        days: list[tuple[object, ...]] = []
        for date, steps, resting in self.days:
            days += [(date, "steps", float(steps)), (date, "resting_heart_rate", float(resting))]
        return {
            "workouts": sorted((w.start_s * 1000, w.end_s * 1000, w.sport) for w in self.workouts),
            "heart_rate": sorted(heart),
            "steps": sorted((s * 1000, e * 1000, float(n)) for s, e, n in self.walked),
            "wear": sorted((s * 1000, e * 1000, 1.0) for _, s, e in self.nights),
            "days": sorted(days),
        }

    def event(self, kind: str, data: JunctionJson) -> bytes:
        """Return the body of an event."""
        body = {
            "event_type": kind,
            "user_id": self.user_id,
            "client_user_id": self.client_user_id,
            "team_id": _TEAM,
            "data": data,
        }
        return json.dumps(body).encode()

    def pushes(self) -> Iterator[bytes]:
        """Yield an event for each thing that is new."""
        for kind, objects in (
            ("workouts", map(self.workout, self.workouts)),
            ("activity", map(self.day, self.days)),
            ("sleep", map(self.night, self.nights)),
        ):
            for item in objects:
                yield self.event(f"daily.data.{kind}.created", item)
        for workout in self.workouts:
            if workout.beats:
                notice = {"workout_id": workout.id, "provider_id": "9", "source": _SOURCE}
                yield self.event("daily.data.workout_stream.created", notice)
        for series in ("heartrate", "steps"):
            group = {"source": _SOURCE, "source_id": 7, "data": self.samples(series)}
            yield self.event(f"daily.data.{series}.created", group)

    def history(self, first: str, last: str) -> Iterator[bytes]:
        """Yield the notices after Junction has collected the past."""
        for resource in _RESOURCES:
            data = {"user_id": self.user_id, "start_date": f"{first}T00:00:00+00:00"}
            data |= {"end_date": f"{last}T00:00:00+00:00", "provider": "garmin"}
            yield self.event(f"historical.data.{resource}.created", {**data, "is_final": True})

    def workout(self, workout: HubWorkout) -> JunctionJson:
        """Return a workout as an object of Junction."""
        return {
            "id": workout.id,
            "user_id": self.user_id,
            "title": "made up",
            "timezone_offset": self.offset_s,
            "time_start": _written(workout.start_s),
            "time_end": _written(workout.end_s),
            "calendar_date": _written(workout.start_s + self.offset_s)[:10],
            "sport": {"id": 1, "name": workout.sport.title(), "slug": workout.sport},
            "moving_time": workout.length_s,
            "source": _SOURCE,
            "updated_at": _written(workout.end_s + workout.changed_s),
        }

    def day(self, day: tuple[str, int, int]) -> JunctionJson:
        """Return the summary of a date."""
        date, steps, resting = day
        return {
            "id": f"day-{date}",
            "calendar_date": date,
            "date": f"{date}T00:00:00+00:00",
            "steps": steps,
            "timezone_offset": self.offset_s,
            "heart_rate": {"resting_bpm": resting},
            "source": _SOURCE,
            "updated_at": f"{date}T{min(23, steps // 1000):02}:00:00+00:00",
        }

    def night(self, night: tuple[str, int, int]) -> JunctionJson:
        """Return the summary of a night."""
        named, start_s, end_s = night
        return {
            "id": named,
            "calendar_date": _written(end_s + self.offset_s)[:10],
            "bedtime_start": _written(start_s),
            "bedtime_stop": _written(end_s),
            "type": "long_sleep",
            "timezone_offset": self.offset_s,
            "source": _SOURCE,
            "updated_at": _written(end_s),
        }

    def samples(self, series: str) -> list[JunctionJson]:
        """Return the samples of a series."""
        if series == "heartrate":
            return [self._sample(at, {"unit": "bpm", "value": value}) for at, value in self.beats]
        rows = []
        for start_s, end_s, steps in self.walked:
            ends = {"start": _written(start_s), "end": _written(end_s)}
            rows.append(self._sample(start_s, {"unit": "count", "value": steps, **ends}))
        return rows

    def _sample(self, at_s: int, rest: Mapping[str, object]) -> JunctionJson:
        at = _written(at_s)
        return {"timestamp": at, "timezone_offset": self.offset_s, "type": None, **rest}

    def stream(self, workout_id: str) -> JunctionJson | None:
        """Return the columns of a workout, None for one that has none."""
        for workout in self.workouts:
            if workout.id == workout_id and workout.beats:
                times = list(range(workout.start_s, workout.start_s + len(workout.beats)))
                return {"time": times, "heartrate": list(workout.beats), "lat": [1.0], "lng": None}
        return None

    def answer(self, resource: str, cursor: str, most: int) -> JunctionJson:
        """Return the answer for a range: a list, or a page of `most` samples from a cursor on."""
        if resource == "workouts":
            return {"workouts": list(map(self.workout, self.workouts))}
        if resource == "activity":
            return {"activity": list(map(self.day, self.days))}
        if resource == "sleep":
            return {"sleep": list(map(self.night, self.nights))}
        first = int(cursor or 0)
        rows = self.samples(resource)
        group = {"source": _SOURCE, "data": rows[first : first + most]}
        ends = str(first + most) if first + most < len(rows) else None
        return {"groups": {"garmin": [group]}, "next": ends, "next_cursor": ends}


def _written(at_s: int) -> str:
    return utc(at_s * 1000).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def junction_headers(key: str, message: str, body: bytes, now_s: int) -> dict[str, str]:
    """Return the headers of Svix, with the key behind `whsec_`."""
    secret = base64.b64decode(key.removeprefix("whsec_"))
    signed = f"{message}.{now_s}.".encode() + body
    signature = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    return {
        "content-type": "application/json",
        "svix-id": message,
        "svix-timestamp": str(now_s),
        "svix-signature": f"v1,{signature}",
    }
