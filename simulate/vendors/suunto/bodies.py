"""Suunto as a sender: signed notices of workouts and of samples of all day. Pure.

`PlayedSuunto` is a user with invented workouts, samples and nights: what Suunto sends of them, and
what is true of them.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeAlias

import numpy as np

from simulate.fit_writer import Recording, write_activity

_JOULES = 4_184  # of a kilocalorie

SuuntoJson: TypeAlias = dict[str, Any]
# What is true: by word a list of plain rows, with times in epoch ms.
SuuntoTruth: TypeAlias = dict[str, list[Any]]


def suunto_headers(key: str, body: bytes) -> dict[str, str]:
    """Return the headers of a notice under the notification secret."""
    signature = hmac.digest(key.encode(), body, hashlib.sha256).hex()
    return {"content-type": "application/json", "x-hmac-sha256-signature": signature}


def old_form(username: str, workout: str) -> bytes:
    """Return a notice of the older kind, a form that nothing signs."""
    return f"username={username}&workoutid={workout}".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedWorkout:
    """A workout: Suunto's number and our word for its type, and the heart rate of each second.

    The timer stood still for `pause_s` behind the first `before_s` seconds of it.
    """

    key: str
    start_s: int
    offset_min: int
    type: tuple[int, str]
    beats: Sequence[int]
    before_s: int = 0
    pause_s: int = 0

    @property
    def timer_s(self) -> int:
        """The time of the timer, in seconds."""
        return len(self.beats) - 1

    @property
    def stop_s(self) -> int:
        """The end, in Unix seconds."""
        return self.start_s + self.timer_s + self.pause_s

    def instants_ms(self) -> list[int]:
        """Return the instant of each heart rate in epoch ms."""
        # a sample at the very stop is still before the pause
        later = [self.pause_s if second > self.before_s else 0 for second in range(len(self.beats))]
        return [(self.start_s + second + late) * 1000 for second, late in enumerate(later)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedSample:
    """What a watch counted at an instant: heart rate, steps, energy in kcal, variability in ms."""

    at_s: int
    offset_min: int
    beats: int
    steps: int
    kcal: int
    rmssd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedNight:
    """A sleep with the watch on; `id` names it when it is told again."""

    id: int
    start_s: int
    end_s: int
    offset_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedSuunto:
    """A user with workouts, samples of all day and nights."""

    user: str
    workouts: Sequence[PlayedWorkout] = ()
    samples: Sequence[PlayedSample] = ()
    nights: Sequence[PlayedNight] = ()

    def notices(self, *, is_settled: bool = False) -> list[bytes]:
        """Return the notices as Suunto sends them; a night is told twice, first too short.

        With `is_settled` the ends of workouts are known by then.
        """
        bodies = []
        for workout in self.workouts:
            summary = suunto_summary(workout, is_settled=is_settled)
            bodies.append(self._notice("WORKOUT_CREATED", workout=summary))
        for sample in self.samples:
            listed = [suunto_sample(sample)]
            bodies.append(self._notice("SUUNTO_247_ACTIVITY_CREATED", samples=listed))
        for night in self.nights:
            # the watch may be read out before the sleeper gets up
            for short_s in (1_800, 0):
                listed = [suunto_night(night, short_s)]
                bodies.append(self._notice("SUUNTO_247_SLEEP_CREATED", samples=listed))
        recovery = {"timestamp": "2026-10-25T06:00:00.000+02:00", "entryData": {"Balance": 0.7}}
        bodies.append(self._notice("SUUNTO_247_RECOVERY_CREATED", samples=[recovery]))
        bodies.append(self._notice("ROUTE_CREATED", route={"id": "r1"}))
        return bodies

    def truth(self) -> SuuntoTruth:
        """Return what is true of the user, whatever was sent and in whatever order."""
        names = ("workouts", "heart_rate", "steps", "energy", "wear", "variability")
        truth: SuuntoTruth = {name: [] for name in names}
        for workout in self.workouts:
            # the file says the same of the workout, so that it is true once
            span = workout.start_s * 1000, workout.stop_s * 1000
            truth["workouts"].append((*span, workout.type[1]))
            for at, bpm in zip(workout.instants_ms(), workout.beats, strict=True):
                truth["heart_rate"].append((at, float(bpm)))
        for sample in self.samples:
            at = sample.at_s * 1000
            truth["heart_rate"].append((at, float(sample.beats)))
            truth["steps"].append((at, at, float(sample.steps)))
            truth["energy"].append((at, at, float(sample.kcal)))
            truth["variability"].append((at, float(sample.rmssd)))
        for night in self.nights:
            truth["wear"].append((night.start_s * 1000, night.end_s * 1000))
        return {name: sorted(rows) for name, rows in truth.items()}

    def _notice(self, event: str, **content: object) -> bytes:
        return json.dumps({"type": event, "username": self.user, **content}).encode()


def suunto_summary(workout: PlayedWorkout, *, is_settled: bool) -> SuuntoJson:
    """Return a workout as it is summed up; its end and its pauses are known once it settled."""
    start_ms = workout.start_s * 1000
    summary: SuuntoJson = {
        "workoutId": 0,  # never a name
        "workoutKey": workout.key,
        "activityId": workout.type[0],
        "startTime": start_ms,
        "totalTime": float(workout.timer_s),
        "timeOffsetInMinutes": workout.offset_min,
        "startPosition": {"x": 18.0, "y": 59.3},
        "hrdata": {"workoutAvgHR": 111, "workoutMaxHR": max(workout.beats), "max": 199},
    }
    if is_settled:
        # only computed some time after the workout has come
        pause_ms = start_ms + workout.before_s * 1000
        marker = {"startTime": pause_ms, "endTime": pause_ms + workout.pause_s * 1000}
        extension = {"type": "PauseMarkerExtension", "pauseMarkers": [marker]}
        summary["stopTime"] = workout.stop_s * 1000
        summary["extensions"] = [extension] if workout.pause_s else []
    return summary


def suunto_file(workout: PlayedWorkout) -> bytes:
    """Return the FIT file of a workout, as the watch wrote it."""
    t = np.array(workout.instants_ms(), np.int64)
    # the writer of files has names of its own
    sports = {"walking": "walking", "running": "running", "cycling": "cycling"}
    pause_ms = (workout.start_s + workout.before_s) * 1000
    pauses = ((pause_ms, pause_ms + workout.pause_s * 1000),) if workout.pause_s else ()
    recording = Recording(
        start_ms=workout.start_s * 1000,
        end_ms=workout.stop_s * 1000,
        sport=sports[workout.type[1]],
        offset_min=workout.offset_min,
        pauses=pauses,
        t=t,
        columns={"heart_rate": np.array(workout.beats, np.float64)},
        serial=workout.start_s,
    )
    return write_activity(recording)


def suunto_sample(sample: PlayedSample) -> SuuntoJson:
    """Return a sample of all day."""
    entry = {
        "HR": sample.beats,
        "StepCount": sample.steps,
        "EnergyConsumption": float(sample.kcal * _JOULES),
        "HRV": sample.rmssd,
        "SpO2": 0.97,
    }
    return {"timestamp": _local(sample.at_s, sample.offset_min), "entryData": entry}


def suunto_night(night: PlayedNight, short_s: int = 0) -> SuuntoJson:
    """Return a sleep; `short_s` is by how many seconds it is told too short at first."""
    # with the offset at bedtime throughout, as the watch shows it
    begin = _local(night.start_s, night.offset_min)
    entry: Mapping[str, object] = {
        "BedtimeStart": begin,
        "BedtimeEnd": _local(night.end_s - short_s, night.offset_min),
        "Duration": float(night.end_s - night.start_s - short_s),
        "DeepSleepDuration": 3_600.0,
        "HRMin": 48.0,
        "SleepId": night.id,
    }
    return {"timestamp": begin, "entryData": dict(entry)}


def _local(at_s: int, offset_min: int) -> str:
    zone = timezone(timedelta(minutes=offset_min))
    return datetime.fromtimestamp(at_s, UTC).astimezone(zone).isoformat(timespec="milliseconds")
