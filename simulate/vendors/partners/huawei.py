"""Huawei Health Kit as a server on loopback: workouts by range, and signed notices of changes.

Written from what Huawei publishes and from open code, and not from our connector. A notice says
that something changed and when it was; only its user, kind and time are signed. It holds invented
data only.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from simulate.vendors.platform.exchanges import Arrived, Grant, Limit, Reply
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.vendor_truth import VendorTruth

_LONGEST_RANGE_MS = 31 * timedelta(days=1) // timedelta(milliseconds=1)
_RECORDS, _ID_HEADER = "/healthkit/v1/activityRecords", "x-client-id"
_NAMES = {"distance": "distance", "steps": "steps", "heart_rate": "avg"}
_Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HuaweiRecord:
    """A workout as Huawei keeps it: times in epoch ms, offset in minutes, totals by kind."""

    id: str
    start_ms: int
    end_ms: int
    type: str = "running"
    offset_min: int = 60
    totals: Mapping[str, float] = field(default_factory=dict)

    def answer(self) -> _Json:
        """Return the workout in the form of an answer."""
        points = []
        for kind, value in self.totals.items():
            named = {"fieldName": _NAMES[kind], "floatValue": value}
            points.append({"dataTypeName": f"com.huawei.continuous.{kind}.total", "value": [named]})
        sign, minutes = "-" if self.offset_min < 0 else "+", abs(self.offset_min)
        return {
            "id": self.id,
            "name": "made up",
            "startTime": self.start_ms,
            "endTime": self.end_ms,
            "activityType": self.type,
            "timeZone": f"{sign}{minutes // 60:02}{minutes % 60:02}",
            "activeTime": self.end_ms - self.start_ms,
            "activitySummary": {"dataSummary": points},
        }


@dataclass(slots=True, kw_only=True)
class HuaweiServer(PlatformServer):
    """The simulated vendor: `records` are by user and id; `secret` is base64, as Huawei shows it.

    An answer names nobody, nor does that of the token endpoint.
    """

    title: str = "Huawei, played"
    token_path: str = "/oauth2/v3/token"  # noqa: S105 - a path
    form_client: bool = True
    limits: tuple[Limit, ...] = (Limit(seconds=60, requests=60),)
    secret: str
    records: dict[str, dict[str, HuaweiRecord]] = field(default_factory=dict)

    # What a user does, each with the notice that it makes:

    def did(self, user: str, record: HuaweiRecord) -> bytes:
        """Keep a workout, new or changed."""
        own = self.records.setdefault(user, {})
        kind = "UPDATE" if record.id in own else "INSERT"
        own[record.id] = record
        return self._notice(user, f"ACTIVITY_RECORD_EVENT${kind}", record)

    def deleted(self, user: str, name: str) -> bytes:
        """Delete a workout."""
        record = self.records[user].pop(name)
        return self._notice(user, "ACTIVITY_RECORD_EVENT$DELETE", record)

    def leave(self, user: str) -> bytes:
        """Let a user take the permission back, which ends the tokens."""
        self.revoke(user)
        return self._notice(user, "USER_EVENT$REVOKE_ALL", None)

    def _notice(self, user: str, kind: str, record: HuaweiRecord | None) -> bytes:
        ranges = []
        if record is not None:
            answer = record.answer()
            names = ("startTime", "endTime", "activityType", "timeZone")
            ranges.append({name: answer[name] for name in names})
        body = {
            "openId": user,
            "eventType": kind,
            "eventTime": round(self.now_s() * 1000),
            "metaData": ranges,
        }
        return json.dumps(body).encode()

    def signed(self, body: bytes, _now_s: float) -> Mapping[str, str]:
        """Return the headers of a notice."""
        fields = json.loads(body)
        names = ("openId", "eventType", "eventTime")
        text = "_".join(str(fields[name]) for name in names)
        digest = hmac.digest(base64.b64decode(self.secret), text.encode(), hashlib.sha256)
        proof = base64.b64encode(digest).decode()
        return {"content-type": "application/json", "x-notification-signature": proof}

    # The interface:

    def token_fields(self, grant: Grant) -> dict[str, object]:
        """Return the answer of the token endpoint, which names no user."""
        fields = PlatformServer.token_fields(self, grant)
        return {name: value for name, value in fields.items() if name != "user_id"}

    def interface(self, arrived: Arrived, user: str) -> Reply:
        """Return the workouts of a user that begin in a range."""
        if arrived.headers.get(_ID_HEADER) != self.client_id:
            return Reply(status=HTTPStatus.FORBIDDEN, body=b'{"error":"no client id"}')
        if (arrived.method, arrived.route) != ("GET", _RECORDS):
            return Reply(status=HTTPStatus.NOT_FOUND, body=b'{"error":"not found"}')
        try:
            first, last = (int(arrived.query[name]) for name in ("startTime", "endTime"))
        except (KeyError, ValueError):
            return Reply(status=HTTPStatus.BAD_REQUEST, body=b'{"error":"no range"}')
        if not 0 < last - first <= _LONGEST_RANGE_MS:
            return Reply(status=HTTPStatus.BAD_REQUEST, body=b'{"error":"range"}')
        own = self.records.get(user, {}).values()
        inside = [record.answer() for record in own if first <= record.start_ms < last]
        return Reply(body=json.dumps({"activityRecord": inside}).encode())

    def truth(self, user: str) -> VendorTruth:
        """Return what is true of a user."""
        own = self.records.get(user, {}).values()
        workouts = {(record.start_ms, record.end_ms, record.type) for record in own}
        return VendorTruth(workouts=workouts)
