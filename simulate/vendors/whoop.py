"""WHOOP as a server on loopback: workouts, sleeps, recoveries, and signed cues.

Written from what WHOOP publishes, and not from our connector. It holds invented data only.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from simulate.vendors.platform.exchanges import Arrived, Limit, Reply
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.vendor_truth import VendorTruth
from simulate.vendors.webhooks import WebhookSender

_V2 = "/developer/v2/"
_TYPES = {"running": "running", "cycling": "cycling", "weightlifting": "strength"}
_Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class WhoopServer(PlatformServer):
    """The simulated vendor. Records are by user and id; a recovery is by the id of its sleep.

    A workout in `unscored` is answered as pending so many times.
    """

    title: str = "WHOOP, played"
    authorize_path: str = "/oauth/oauth2/auth"
    token_path: str = "/oauth/oauth2/token"  # noqa: S105 - a path
    form_client: bool = True
    pkce: bool = False
    limits: tuple[Limit, ...] = (
        Limit(seconds=60, requests=100),
        Limit(seconds=86_400, requests=10_000),
    )
    workouts: dict[str, dict[str, _Json]] = field(default_factory=dict)
    sleeps: dict[str, dict[str, _Json]] = field(default_factory=dict)
    recoveries: dict[str, dict[str, _Json]] = field(default_factory=dict)
    unscored: dict[str, int] = field(default_factory=dict)
    callback: str = ""
    sent: int = 0
    sender: WebhookSender = field(init=False)

    def __post_init__(self) -> None:
        self.sender = WebhookSender(now_s=self.now_s, sign=self.signed, callback=self.callback)

    # What a user does:

    def put_workout(self, user: str, value: _Json) -> None:
        """Keep a workout as its newest version, and send the cue."""
        self.workouts.setdefault(user, {})[value["id"]] = {**value, "updated_at": self._now()}
        self._cue(user, "workout.updated", value["id"])

    def put_sleep(self, user: str, value: _Json, recovery: _Json) -> None:
        """Keep a sleep with its recovery, and send both cues; both name the sleep."""
        name = value["id"]
        self.sleeps.setdefault(user, {})[name] = {**value, "updated_at": self._now()}
        self.recoveries.setdefault(user, {})[name] = {**recovery, "updated_at": self._now()}
        self._cue(user, "sleep.updated", name)
        self._cue(user, "recovery.updated", name)

    def remove_workout(self, user: str, name: str) -> None:
        """Delete a workout, and send the cue."""
        del self.workouts[user][name]
        self._cue(user, "workout.deleted", name)

    def remove_sleep(self, user: str, name: str) -> None:
        """Delete a sleep, and its recovery with it."""
        # a recovery is nothing without its sleep
        del self.sleeps[user][name], self.recoveries[user][name]
        self._cue(user, "sleep.deleted", name)
        self._cue(user, "recovery.deleted", name)

    def _cue(self, user: str, event: str, name: str) -> None:
        self.sent += 1
        trace = str(UUID(int=self.sent))
        body = {"user_id": int(user), "id": name, "type": event, "trace_id": trace}
        self.sender.push(json.dumps(body).encode(), self.callback)

    def signed(self, body: bytes, now_s: float) -> Mapping[str, str]:
        """Return the headers that prove a cue."""
        at = str(round(now_s * 1000))
        digest = hmac.digest(self.client_secret.encode(), at.encode() + body, "sha256")
        signature = base64.b64encode(digest).decode()
        return {"X-WHOOP-Signature-Timestamp": at, "X-WHOOP-Signature": signature}

    def _now(self) -> str:
        return f"{datetime.fromtimestamp(self.now_s(), UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"

    # The interface:

    def rate_headers(self, used: list[int]) -> dict[str, str]:
        """Return what is left of the fullest window, and when it begins anew."""
        left = self.limits[0].requests - used[0]
        return {
            "X-RateLimit-Limit": "100, 100;window=60, 10000;window=86400",
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": "30",
        }

    def interface(self, arrived: Arrived, user: str) -> Reply:
        """Return a record, a page of records, the profile, or that the access was given up."""
        if arrived.method == "DELETE" and arrived.route == f"{_V2}user/access":
            self.withdraw(user)
            return Reply(status=HTTPStatus.NO_CONTENT)
        match arrived.route.removeprefix(_V2).split("/"):
            case ["user", "profile", "basic"]:
                return _reply({"user_id": int(user), "email": "nobody@example.org"})
            case ["cycle", cycle, "recovery"]:
                return _record_or_404(self._recovery(user, int(cycle)))
            case ["activity", kind, name]:
                sleep = self.sleeps.get(user, {}).get(name)
                return _record_or_404(self._scored(user, name) if kind == "workout" else sleep)
            case names:
                return self._collection(user, "/".join(names), arrived.query)

    def _collection(self, user: str, name: str, query: Mapping[str, str]) -> Reply:
        rows = {
            "activity/workout": (self.workouts, "start"),
            "activity/sleep": (self.sleeps, "start"),
            "recovery": (self.recoveries, "created_at"),
        }
        if name not in rows:
            return Reply(status=HTTPStatus.NOT_FOUND, body=b"{}")
        own, member = rows[name]
        return _page(own.get(user, {}), query, member)

    def _scored(self, user: str, name: str) -> _Json | None:
        workout = self.workouts.get(user, {}).get(name)
        if workout is None or not self.unscored.get(name):
            return workout
        # scored a little later, as the real one does after a sync
        self.unscored[name] -= 1
        return {**workout, "score_state": "PENDING_SCORE", "score": None}

    def _recovery(self, user: str, cycle: int) -> _Json | None:
        for value in self.recoveries.get(user, {}).values():
            if value["cycle_id"] == cycle:
                return value
        return None

    # The truth:

    def truth(self, user: str) -> VendorTruth:
        """Return what must be known of a user."""
        truth = VendorTruth()
        for value in self.workouts.get(user, {}).values():
            kind = _TYPES[value["sport_name"]]
            truth.workouts.add((_ms(value["start"]), _ms(value["end"]), kind))
        for value in self.sleeps.get(user, {}).values():
            truth.worn.add((_ms(value["start"]), _ms(value["end"])))
        for value in self.recoveries.get(user, {}).values():
            at, score = _ms(value["created_at"]), value["score"]
            for metric, member in (
                ("resting_heart_rate", "resting_heart_rate"),
                ("heart_rate_variability_rmssd", "hrv_rmssd_milli"),
            ):
                truth.samples.setdefault(metric, set()).add((at, score[member]))
        return truth


def whoop_workout(name: str, start: datetime, sport: str = "running") -> _Json:
    """Return a workout of 32 minutes, in UTC with the offset beside it."""
    offset = start.isoformat()[-6:]
    return {
        "id": name,
        "user_id": 10129,
        "created_at": _z(start + timedelta(minutes=40)),
        "start": _z(start),
        "end": _z(start + timedelta(minutes=32)),
        "timezone_offset": offset,
        "sport_name": sport,
        "score_state": "SCORED",
        "score": {
            "strain": 9.1,
            "average_heart_rate": 139,
            "max_heart_rate": 168,
            "kilojoule": 1200.0,
            "distance_meter": 5000.0,
            "zone_durations": {"zone_three_milli": 900_000},
        },
    }


def whoop_night(name: str, up: datetime, cycle: int) -> tuple[_Json, _Json]:
    """Return a sleep of eight hours until `up`, and its recovery."""
    sleep = {
        "id": name,
        "cycle_id": cycle,
        "user_id": 10129,
        "created_at": _z(up + timedelta(minutes=5)),
        "start": _z(up - timedelta(hours=8)),
        "end": _z(up),
        "timezone_offset": up.isoformat()[-6:],
        "nap": False,
        "score_state": "SCORED",
        "score": {"respiratory_rate": 15.0},
    }
    recovery = {
        "cycle_id": cycle,
        "sleep_id": name,
        "user_id": 10129,
        "created_at": _z(up + timedelta(minutes=6)),
        "score_state": "SCORED",
        "score": {"recovery_score": 60.0, "resting_heart_rate": 52.0, "hrv_rmssd_milli": 61.25},
    }
    return sleep, recovery


def _page(rows: Mapping[str, _Json], query: Mapping[str, str], member: str) -> Reply:
    first, last = query.get("start", ""), query.get("end", "9")
    within = [row for row in rows.values() if first <= row[member] < last]
    begin, most = int(query.get("nextToken", "0")), int(query.get("limit", "10"))
    more = begin + most < len(within)
    page = {"records": within[begin : begin + most]}
    return _reply({**page, "next_token": str(begin + most) if more else ""})


def _record_or_404(value: _Json | None) -> Reply:
    return Reply(status=HTTPStatus.NOT_FOUND, body=b"{}") if value is None else _reply(value)


def _reply(value: object) -> Reply:
    return Reply(body=json.dumps(value).encode())


def _z(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _ms(written: str) -> int:
    return round(datetime.fromisoformat(written).timestamp() * 1000)
