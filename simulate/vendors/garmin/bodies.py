"""Garmin as a sender: unsigned bodies of many users, with a key for each kind of summary. Pure.

It proves itself by the registered address and by its client id in a header. `PlayedGarmin` is a
user with invented days and activities: what Garmin sends of them, and what is true of them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

GRID_S = 15  # seconds between two values of heart rate
SLOT_S = 900
DAY_S = 86_400
PULL_HOST = "apis.garmin.com"
_PUSHES_A_DAY = 3
_SAMPLES_S = 5  # seconds between two samples of an activity

GarminSummary: TypeAlias = dict[str, Any]
# What is true: by word a list of plain rows, with times in epoch ms.
PlayedTruth: TypeAlias = dict[str, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GarminRequest:
    """A request as Garmin sends it: the end of its path, its headers and its body."""

    path: str
    headers: Mapping[str, str]
    body: bytes


def garmin_request(segment: str, client_id: str, body: bytes) -> GarminRequest:
    """Return a push to the registered address, which ends in `segment`."""
    headers = {"content-type": "application/json", "garmin-client-id": client_id}
    return GarminRequest(path=f"/{segment}", headers=headers, body=body)


def dailies(
    user: str, day: str, start_s: int, steps: int, beats: Sequence[int]
) -> dict[str, object]:
    """Return a day of a user: totals, and heart rate every 15 seconds from the day's start.

    `day` is the calendar date, `start_s` its start in Unix seconds, and `beats` are in 1/min.
    """
    # keys of JSON are texts, so seconds are written as such
    offsets = {str(position * GRID_S): bpm for position, bpm in enumerate(beats)}
    return {
        "userId": user,
        "summaryId": f"x{user}-{start_s:x}",
        "calendarDate": day,
        "startTimeInSeconds": start_s,
        "startTimeOffsetInSeconds": 0,
        "durationInSeconds": DAY_S,
        "activityType": "GENERIC",
        "steps": steps,
        "timeOffsetHeartRateSamples": offsets,
    }


def ping(user: str, kind: str, token: str, start_s: int, end_s: int) -> dict[str, object]:
    """Return a notice that summaries of a user can be fetched from a link with a token.

    `start_s` and `end_s` bound the time of upload, in Unix seconds.
    """
    query = f"uploadStartTimeInSeconds={start_s}&uploadEndTimeInSeconds={end_s}&token={token}"
    return {"userId": user, "callbackURL": f"https://{PULL_HOST}/wellness-api/rest/{kind}?{query}"}


def file_ping(user: str, activity: int, kind: str, token: str) -> dict[str, object]:
    """Return a notice that the file of an activity can be fetched once; its type may be wrong."""
    link = f"https://{PULL_HOST}/wellness-api/rest/activityFile?id={activity}&token={token}"
    summary = {"summaryId": f"{activity}-file", "activityId": activity, "fileType": kind}
    return {"userId": user, **summary, "callbackURL": link, "manual": False}


def push(**lists: Iterable[Mapping[str, object]]) -> bytes:
    """Return a body with a list of records for each kind."""
    return json.dumps({kind: list(records) for kind, records in lists.items()}).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedDay:
    """A day on the wrist: `start_s` is local midnight in Unix seconds, `offset_s` east of UTC.

    `steps` has those of each quarter of an hour, `beats` the heart rate every 15 s. The night
    begins with the day and is `night_s` long, with `rmssd` (ms) every five minutes.
    """

    start_s: int
    offset_s: int
    steps: Sequence[int]
    beats: Sequence[int]
    night_s: int
    rmssd: Sequence[int]

    @property
    def date(self) -> str:
        """The calendar date."""
        return datetime.fromtimestamp(self.start_s + self.offset_s, UTC).date().isoformat()

    @property
    def length_s(self) -> int:
        """How long the day was, in seconds."""
        return len(self.steps) * SLOT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedActivity:
    """An activity: Garmin's word and ours for its type, and heart rate every 5 s of the timer.

    `pause_s` is how long the timer stood still in the middle. `edited` is Garmin's word and ours
    for the type that the patient chose afterwards, empty without an edit.
    """

    id: int
    start_s: int
    offset_s: int
    type: tuple[str, str]
    beats: Sequence[int]
    pause_s: int = 0
    edited: tuple[str, str] = ("", "")

    @property
    def timer_s(self) -> int:
        """The time of the timer, in seconds."""
        return (len(self.beats) - 1) * _SAMPLES_S

    def times(self) -> list[tuple[int, int]]:
        """Return the instant of each sample, and what the timer shows then, in seconds."""
        # in the middle, so that samples lie on both sides of the pause
        middle = len(self.beats) // 2
        rows = []
        for position in range(len(self.beats)):
            shown = position * _SAMPLES_S
            paused = self.pause_s if position >= middle else 0
            rows.append((self.start_s + shown + paused, shown))
        return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedGarmin:
    """A user with days and activities."""

    user: str
    days: Sequence[PlayedDay] = ()
    activities: Sequence[PlayedActivity] = field(default=())

    def records(self) -> dict[str, list[GarminSummary]]:
        """Return everything that Garmin knows in the end, by kind of summary."""
        lists: dict[str, list[GarminSummary]] = {}
        for day in self.days:
            lists.setdefault("dailies", []).append(self._day(day, len(day.steps)))
            lists.setdefault("epochs", []).extend(self._slots(day))
            lists.setdefault("sleeps", []).append(self._night(day, "AUTO_FINAL"))
            lists.setdefault("hrv", []).append(self._variability(day))
        for activity in self.activities:
            lists.setdefault("activities", []).append(self._summary(activity, activity.type[0]))
            lists.setdefault("activityDetails", []).append(self._details(activity))
            if activity.edited[0]:
                edit = self._summary(activity, activity.edited[0])
                lists.setdefault("manuallyUpdatedActivities", []).append(edit)
        return lists

    def pushes(self) -> list[bytes]:
        """Return the bodies as Garmin sends them: growing days, tentative nights, one by one."""
        bodies = []
        for day in self.days:
            for part in range(1, _PUSHES_A_DAY):
                slots = len(day.steps) * part // _PUSHES_A_DAY
                bodies.append(push(dailies=[self._day(day, slots)]))
                # of a device that was read out in the middle of a quarter of an hour:
                # the slot that is not over yet, with half of its steps
                bodies.append(push(epochs=[self._slot(day, slots, SLOT_S // 2)]))
            bodies.append(push(sleeps=[self._night(day, "AUTO_TENTATIVE")]))
        for kind, records in self.records().items():
            bodies += [push(**{kind: [record]}) for record in records]
        return bodies

    def truth(self) -> PlayedTruth:
        """Return what is true of the user, whatever was sent and in whatever order."""
        truth: PlayedTruth = {
            name: [] for name in ("days", "workouts", "heart_rate", "steps", "wear")
        }
        truth["variability"] = []
        for day in self.days:
            start_ms = day.start_s * 1000
            truth["days"].append((day.date, "steps", float(sum(day.steps))))
            truth["days"].append((day.date, "heart_rate_variability_rmssd", _mean(day.rmssd)))
            truth["wear"].append((start_ms, start_ms + (day.night_s - 60) * 1000))
            for position, bpm in enumerate(day.beats):
                truth["heart_rate"].append((start_ms + position * GRID_S * 1000, float(bpm)))
            for position, rmssd in enumerate(day.rmssd):
                truth["variability"].append((start_ms + position * 300_000, float(rmssd)))
            for position, steps in enumerate(day.steps):
                at = start_ms + position * SLOT_S * 1000
                truth["steps"].append((at, at + SLOT_S * 1000, float(steps)))
        for activity in self.activities:
            ours = activity.edited[1] or activity.type[1]
            # samples show the pause, and a summary alone does not
            is_edit, length_s = bool(activity.edited[0]), activity.timer_s + activity.pause_s
            # an edit has the length of the summary alone
            end_s = activity.start_s + (activity.timer_s if is_edit else length_s)
            truth["workouts"].append((activity.start_s * 1000, end_s * 1000, ours))
            for (at_s, _), bpm in zip(activity.times(), activity.beats, strict=True):
                truth["heart_rate"].append((at_s * 1000, float(bpm)))
        return {name: sorted(rows) for name, rows in truth.items()}

    def _head(self, start_s: int, offset_s: int, length_s: int) -> GarminSummary:
        return {
            "userId": self.user,
            "startTimeInSeconds": start_s,
            "startTimeOffsetInSeconds": offset_s,
            "durationInSeconds": length_s,
        }

    def _day(self, day: PlayedDay, slots: int) -> GarminSummary:
        """Return a day as far as it is over: its first `slots` quarters of an hour."""
        length_s = slots * SLOT_S
        # the map grows with the day, and is sent again from its beginning each time
        some = day.beats[: length_s // GRID_S]
        return {
            **self._head(day.start_s, day.offset_s, length_s),
            "summaryId": f"x{day.start_s:x}",
            "calendarDate": day.date,
            "activityType": "WALKING",
            "steps": sum(day.steps[:slots]),
            # of seven days, and so never to be taken for this one
            "averageHeartRateInBeatsPerMinute": 99,
            "timeOffsetHeartRateSamples": {str(n * GRID_S): bpm for n, bpm in enumerate(some)},
        }

    def _slots(self, day: PlayedDay) -> list[GarminSummary]:
        return [self._slot(day, position, SLOT_S) for position in range(len(day.steps))]

    def _slot(self, day: PlayedDay, position: int, length_s: int) -> GarminSummary:
        start_s = day.start_s + position * SLOT_S
        return {
            **self._head(start_s, day.offset_s, length_s),
            "summaryId": f"x{start_s:x}-8",
            "activityType": "WALKING",
            "steps": day.steps[position] * length_s // SLOT_S,
            "intensity": "ACTIVE",
            # a mean of a slot, which must never be taken for samples
            "meanHeartRateInBeatsPerMinute": 99,
        }

    def _night(self, day: PlayedDay, validation: str) -> GarminSummary:
        # a tentative night is a minute longer: what is final replaces it all the same
        length_s = day.night_s - (60 if validation.endswith("FINAL") else 0)
        return {
            **self._head(day.start_s, day.offset_s, length_s),
            "summaryId": f"x{day.start_s:x}-sleep",
            "calendarDate": day.date,
            "validation": validation,
            "deepSleepDurationInSeconds": length_s // 4,
        }

    def _variability(self, day: PlayedDay) -> GarminSummary:
        return {
            **self._head(day.start_s, day.offset_s, day.night_s),
            "summaryId": f"x{day.start_s:x}-hrv",
            "calendarDate": day.date,
            "lastNightAvg": _mean(day.rmssd),
            "hrvValues": {str(n * 300): value for n, value in enumerate(day.rmssd)},
        }

    def _summary(self, activity: PlayedActivity, word: str) -> GarminSummary:
        return {
            **self._head(activity.start_s, activity.offset_s, activity.timer_s),
            "summaryId": str(activity.id),
            "activityId": activity.id,
            "activityType": word,
            "deviceName": "Forerunner 965",
        }

    def _details(self, activity: PlayedActivity) -> GarminSummary:
        samples = []
        for (at_s, shown), bpm in zip(activity.times(), activity.beats, strict=True):
            sample = {
                "startTimeInSeconds": at_s,
                "timerDurationInSeconds": shown,
                "clockDurationInSeconds": at_s - activity.start_s,
                "heartRate": bpm,
                # a position, which must never be kept
                "latitudeInDegree": 59.3,
                "longitudeInDegree": 18.0,
            }
            samples.append(sample)
        # as it is pushed by itself as well: both must be the same workout
        summary = self._summary(activity, activity.type[0])
        return {
            "userId": self.user,
            "summaryId": f"{activity.id}-detail",
            "activityId": activity.id,
            "summary": summary,
            "samples": samples,
        }


def _mean(values: Sequence[int]) -> float:
    return float(round(sum(values) / len(values)))
