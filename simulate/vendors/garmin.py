"""Garmin as a sender: unsigned bodies of many users, with a key for each kind of summary. Pure.

It proves itself by the registered address and by its client id in a header.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

GRID_S = 15  # seconds between two values of heart rate
DAY_S = 86_400
PULL_HOST = "apis.garmin.com"


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


def push(**lists: Iterable[Mapping[str, object]]) -> bytes:
    """Return a body with a list of records for each kind."""
    return json.dumps({kind: list(records) for kind, records in lists.items()}).encode()
