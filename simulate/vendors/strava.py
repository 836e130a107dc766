"""Strava as a sender, and athletes with a known truth: events, activities, streams. Pure.

Each thing that an athlete does changes what the interface answers and what is true, and gives the
event of it. Streams have seconds after the start; `start_date_local` only looks like UTC.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from model.calendar import MINUTE_MS, rfc3339

StravaJson = dict[str, Any]
Beats = Sequence[tuple[int, int | None]]


def strava_event(
    athlete: int, what: str, aspect: str, object_id: int, at_ms: int, subscription: int = 3
) -> StravaJson:
    """Return an event about an `activity` or an `athlete`."""
    return {
        "object_type": what,
        "object_id": object_id,
        "aspect_type": aspect,
        "updates": {},
        "owner_id": athlete,
        "subscription_id": subscription,
        "event_time": at_ms // 1000,
    }


@dataclass(slots=True, kw_only=True)
class StravaAthlete:
    """An athlete: what the interface answers, and what is true.

    `workouts` are start, end, moving time, grade of effort and offset by id; `beats` are heart
    rates by the id of their activity and epoch ms.
    """

    id: int
    activities: dict[int, StravaJson] = field(default_factory=dict)
    streams: dict[int, StravaJson] = field(default_factory=dict)
    workouts: dict[int, tuple[int, int, int, float | None, int]] = field(default_factory=dict)
    beats: dict[int, dict[int, float]] = field(default_factory=dict)

    @property
    def heart(self) -> dict[int, float]:
        """All heart rates that are true, by epoch ms."""
        known: dict[int, float] = {}
        for points in self.beats.values():
            known |= points
        return known

    def did(  # noqa: PLR0913 - one parameter a field of an activity
        self,
        activity: int,
        start_ms: int,
        elapsed_s: int,
        beats: Beats = (),
        *,
        moving_s: int | None = None,
        effort: float | None = None,
        offset_min: int = 60,
        manual: bool = False,
        sport: str = "Run",
    ) -> StravaJson:
        """Record an activity, or another version of it; a beat is seconds and rate."""
        aspect = "update" if activity in self.activities else "create"
        moving = elapsed_s if moving_s is None else moving_s
        self._put_beats(activity, start_ms, beats)
        self.activities[activity] = {
            "id": activity,
            "athlete": {"id": self.id, "resource_state": 1},
            "name": "Never read",
            "type": sport,
            "sport_type": sport,
            "start_date": rfc3339(start_ms),
            "start_date_local": rfc3339(start_ms + offset_min * MINUTE_MS),
            "utc_offset": float(offset_min * 60),
            "elapsed_time": elapsed_s,
            "moving_time": moving,
            "manual": manual,
            "perceived_exertion": effort,
        }
        self.workouts[activity] = (
            start_ms, start_ms + elapsed_s * 1000, moving * 1000, effort, offset_min,
        )  # fmt: skip
        return strava_event(self.id, "activity", aspect, activity, start_ms + elapsed_s * 1000)

    def _put_beats(self, activity: int, start_ms: int, beats: Beats) -> None:
        self.beats[activity] = {}
        for second, beat in beats:
            if beat:
                self.beats[activity][start_ms + second * 1000] = float(beat)
        self.streams[activity] = {
            "time": {"data": [second for second, _ in beats], "series_type": "time"},
            "heartrate": {"data": [beat for _, beat in beats], "series_type": "time"},
        }

    def deleted(self, activity: int, at_ms: int) -> StravaJson:
        """Delete an activity."""
        for known in (self.activities, self.streams, self.workouts, self.beats):
            known.pop(activity, None)
        return strava_event(self.id, "activity", "delete", activity, at_ms)

    def withdrew(self, at_ms: int) -> StravaJson:
        """Return the event of an athlete who withdrew; Strava writes false as a text."""
        event = strava_event(self.id, "athlete", "update", self.id, at_ms)
        return {**event, "updates": {"authorized": "false"}}


def strava_body(event: StravaJson) -> bytes:
    """Return the body of an event."""
    return json.dumps(event).encode()
