"""Polar as a sender, and users with a known truth: notices, exercises, days and nights. Pure.

Each thing that a user does changes what the interface answers and what is true, and gives the
notice of it. Days have the date and the clock of the user's zone, without an offset.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from model.calendar import MINUTE_MS, midnight, rfc3339, zone_offset_min

API = "https://www.polaraccesslink.com/v3"
BEAT_STEP_S = 5


def polar_headers(key: str | None, body: bytes, event: str) -> dict[str, str]:
    """Return the headers of a webhook; without a key, as at its creation, they sign nothing."""
    headers = {"content-type": "application/json", "polar-webhook-event": event}
    if key is not None:
        signature = hmac.digest(key.encode(), body, hashlib.sha256).hex()
        headers["polar-webhook-signature"] = signature
    return headers


def polar_ping(timestamp: str) -> bytes:
    """Return the body with which Polar tries an address."""
    return json.dumps({"event": "PING", "timestamp": timestamp}).encode()


def exercise_notice(user: int, entity: str, timestamp: str) -> bytes:
    """Return the notice of a new exercise; `timestamp` is when it is sent, RFC 3339 in UTC."""
    notice = {
        "event": "EXERCISE",
        "user_id": user,
        "entity_id": entity,
        "timestamp": timestamp,
        "url": f"{API}/exercises/{entity}",
    }
    return json.dumps(notice).encode()


def date_notice(user: int, event: str, path: str, day: str, timestamp: str) -> bytes:
    """Return the notice that something of a local date is new, at a path of the interface."""
    notice = {
        "event": event,
        "user_id": user,
        "date": day,
        "timestamp": timestamp,
        "url": f"{API}/users/{path}/{day}",
    }
    return json.dumps(notice).encode()


@dataclass(slots=True, kw_only=True)
class PolarUser:
    """A user: what the interface answers, and what is true.

    `heart` has beats a minute by epoch ms. `steps` has counts by their interval, and `nights` ends
    by theirs. `workouts` has start, end, Polar's word and the grade of effort by id, `variability`
    is in ms, and `totals` has the steps by date. `away` has the offset, in minutes, of dates on
    which the watch was set to another zone than the user's.
    """

    id: int
    zone: str = "Europe/Stockholm"
    away: dict[str, int] = field(default_factory=dict)
    exercises: dict[str, dict[str, Any]] = field(default_factory=dict)
    beats: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    walks: dict[str, dict[int, int]] = field(default_factory=dict)
    sleeps: dict[str, dict[str, Any]] = field(default_factory=dict)
    recharges: dict[str, dict[str, Any]] = field(default_factory=dict)
    heart: dict[int, float] = field(default_factory=dict)
    nights: dict[str, tuple[int, int]] = field(default_factory=dict)
    workouts: dict[str, tuple[int, int, str, float | None]] = field(default_factory=dict)
    variability: dict[str, float] = field(default_factory=dict)
    _heart_of: dict[str, dict[int, float]] = field(default_factory=dict)

    @property
    def steps(self) -> Mapping[tuple[int, int], float]:
        """The steps of each minute with any, by its interval in epoch ms."""
        counts: dict[tuple[int, int], float] = {}
        for day, walked in self.walks.items():
            for minute, steps in walked.items():
                at = self._instant(day, minute * 60)
                counts[at, at + MINUTE_MS] = float(steps)
        return counts

    @property
    def totals(self) -> Mapping[str, float]:
        """The steps of each date."""
        return {day: float(sum(walked.values())) for day, walked in self.walks.items()}

    def exercised(
        self,
        entity: str,
        start_ms: int,
        beats: Sequence[int | None],
        effort: tuple[str, float | None] = ("UNKNOWN", None),
        offset_min: int | None = None,
    ) -> bytes:
        """Record a run with a heart rate each five seconds; None is no reading of the sensor.

        `effort` is Polar's word and its grade. `offset_min` is what the watch was set to.
        """
        offset = zone_offset_min(start_ms, self.zone) if offset_min is None else offset_min
        seconds = len(beats) * BEAT_STEP_S
        written = ["null" if beat is None else str(beat) for beat in beats]
        self.exercises[entity] = {
            "id": entity,
            "polar_user": f"{API}/users/{self.id}",
            "device": "Polar Pacer",
            "start_time": rfc3339(start_ms + offset * MINUTE_MS)[:19],
            "start_time_utc_offset": offset,
            "duration": f"PT{seconds // 60}M{seconds % 60}S",
            "sport": "RUNNING",
            "detailed_sport_info": "RUNNING",
            "training_load_pro": {"user-rpe": effort[0]},
            "samples": [
                {"recording-rate": BEAT_STEP_S, "sample-type": "0", "data": ",".join(written)}
            ],
        }
        self.workouts[entity] = (start_ms, start_ms + seconds * 1000, *effort)
        self._heart_of[entity] = {}
        for k, beat in enumerate(beats):
            if beat:
                self._heart_of[entity][start_ms + k * BEAT_STEP_S * 1000] = float(beat)
        self._learn()
        return exercise_notice(self.id, entity, rfc3339(start_ms + seconds * 1000))

    def felt(self, day: str, beats: Iterable[tuple[int, int]], sent: str) -> bytes:
        """Record the continuous heart rate of a date: seconds after midnight, and the rate."""
        listed, known = [], {}
        for second, beat in beats:
            clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
            listed.append({"heart_rate": beat, "sample_time": clock})
            known[self._instant(day, second)] = float(beat)
        self.beats[day], self._heart_of[day] = listed, known
        self._learn()
        return date_notice(self.id, "CONTINUOUS_HEART_RATE", "continuous-heart-rate", day, sent)

    def walked(self, day: str, steps: Mapping[int, int], sent: str) -> bytes:
        """Record steps of a date by the minute; they add to those of the date before."""
        self.walks.setdefault(day, {}).update(steps)
        return date_notice(self.id, "ACTIVITY_SUMMARY", "activities", day, sent)

    def slept(self, day: str, start_ms: int, end_ms: int, rmssd: int, sent: str) -> bytes:
        """Record the night that ended on a date; a second time it replaces the first."""
        self.nights[day], self.variability[day] = (start_ms, end_ms), float(rmssd)
        self.sleeps[day] = {
            "polar_user": f"{API}/users/{self.id}",
            "date": day,
            "sleep_start_time": self._with_offset(start_ms),
            "sleep_end_time": self._with_offset(end_ms),
            # a stage, which our reader must not keep
            "deep_sleep": 4_000,
        }
        self.recharges[day] = {"date": day, "heart_rate_variability_avg": rmssd}
        return date_notice(self.id, "SLEEP", "sleep", day, sent)

    def activity(self, day: str) -> dict[str, Any]:
        """Return what the interface answers for the activity of a date."""
        walked = self.walks[day]
        samples = []
        for minute, steps in sorted(walked.items()):
            clock = f"{day}T{minute // 60:02}:{minute % 60:02}:00"
            samples.append({"steps": steps, "timestamp": clock})
        return {
            "start_time": f"{day}T00:00",
            "end_time": f"{day}T23:59",
            "steps": sum(walked.values()),
            "samples": {
                "date": day,
                "steps": {"interval_ms": MINUTE_MS, "samples": samples},
            },
        }

    def _learn(self) -> None:
        self.heart = {}
        for known in self._heart_of.values():
            self.heart |= known

    def _instant(self, day: str, second: int) -> int:
        if day in self.away:
            return (
                midnight(date.fromisoformat(day), "UTC")
                + second * 1000
                - self.away[day] * MINUTE_MS
            )
        start = midnight(date.fromisoformat(day), self.zone)
        # the clock may change in the day, and seconds after midnight are those on its face
        shift = zone_offset_min(start, self.zone) - zone_offset_min(
            start + second * 1000, self.zone
        )
        return start + second * 1000 + shift * MINUTE_MS

    def _with_offset(self, at_ms: int) -> str:
        offset = zone_offset_min(at_ms, self.zone)
        sign, minutes = ("-" if offset < 0 else "+"), abs(offset)
        local = rfc3339(at_ms + offset * MINUTE_MS)[:19]
        return f"{local}{sign}{minutes // 60:02}:{minutes % 60:02}"
