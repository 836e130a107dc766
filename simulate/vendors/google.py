"""Google Health as a sender: its keys, its signatures, its notices, and the points behind them.

Written from what Google publishes, and never from our connector. `GoogleUser` keeps what a watch
recorded as points, and as the truth that must come of them. Invented data only.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

GoogleJson: TypeAlias = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_MS, _MINUTE_MS = 1_000, 60_000
_TYPE_URL = "type.googleapis.com/google.crypto.tink.EcdsaPublicKey"
# Every point says which device recorded it, and how.
GOOGLE_WATCH: GoogleJson = {
    "platform": "FITBIT",
    "recordingMethod": "PASSIVELY_MEASURED",
    "device": {"displayName": "Sense 2", "formFactor": "GOOGLE_WATCH", "manufacturer": "Fitbit"},
}


@dataclass(slots=True)
class SigningKey:
    """A key with which Google signs: its id, and whether it is in use."""

    number: int
    private: ec.EllipticCurvePrivateKey
    is_enabled: bool = True

    def entry(self) -> GoogleJson:
        """Return its public half as a row of the published set."""
        point = self.private.public_key().public_numbers()
        # a protobuf of the parameters (1 is the version 0, and is left out) and both coordinates,
        # which Tink writes with a leading zero byte
        value = b"\x12\x06\x08\x03\x10\x02\x18\x02"
        for tag, number in ((0x1A, point.x), (0x22, point.y)):
            value += bytes((tag, 33)) + number.to_bytes(33, "big")
        data = {"typeUrl": _TYPE_URL, "value": base64.b64encode(value).decode()}
        return {
            "keyData": {**data, "keyMaterialType": "ASYMMETRIC_PUBLIC"},
            "status": "ENABLED" if self.is_enabled else "DISABLED",
            "keyId": self.number,
            "outputPrefixType": "TINK",
        }

    def signature(self, body: bytes) -> str:
        """Return the value of the signature's header."""
        signed = self.private.sign(body, ec.ECDSA(hashes.SHA256()))
        return base64.b64encode(b"\x01" + self.number.to_bytes(4, "big") + signed).decode()


def signing_key(number: int) -> SigningKey:
    """Return a key that is made from its number, so that each run has the same keys."""
    # shifted, so that it lies below the order of the curve
    digest = hashlib.sha256(f"made-up {number}".encode()).digest()
    return SigningKey(number, ec.derive_private_key(int.from_bytes(digest) >> 8, ec.SECP256R1()))


def published_keys(keys: Sequence[SigningKey]) -> bytes:
    """Return the set of keys as it is published; the last key in use signs."""
    rows = [key.entry() for key in keys]
    return json.dumps({"primaryKeyId": keys[-1].number, "key": rows}).encode()


def written(ms: int) -> str:
    """Return epoch ms as Google writes instants."""
    text = (_EPOCH + timedelta(milliseconds=ms)).isoformat()
    return text.replace("+00:00", "Z")


def civil(ms: int, offset_min: int) -> GoogleJson:
    """Return what the local clock shows; zeros are left out, as in every answer."""
    at = _EPOCH + timedelta(milliseconds=ms + offset_min * _MINUTE_MS)
    shown = {"hours": at.hour, "minutes": at.minute, "seconds": at.second}
    clock = {name: value for name, value in shown.items() if value}
    day = {"year": at.year, "month": at.month, "day": at.day}
    return {"date": day, "time": clock} if clock else {"date": day}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPoint:
    """A point with its data type and its time, [start, end) in epoch ms."""

    data_type: str
    start_ms: int
    end_ms: int
    point: GoogleJson
    id: str = ""


@dataclass(slots=True)
class GoogleUser:
    """A user: an id, the offset of the watch in minutes, the points, and the truth.

    The truth has instants in epoch ms. `heart` is by instant, `steps` by (start, end), `workouts`
    and `nights` by id, `resting` by date.
    """

    id: str
    offset_min: int = 60
    points: list[StoredPoint] = field(default_factory=list)
    heart: dict[int, float] = field(default_factory=dict)
    steps: dict[tuple[int, int], float] = field(default_factory=dict)
    workouts: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    nights: dict[str, tuple[int, int]] = field(default_factory=dict)
    resting: dict[str, float] = field(default_factory=dict)

    def beats(self, start_ms: int, values: Sequence[int]) -> GoogleJson:
        """Record heart rate every five seconds; return the notice of it."""
        for number, value in enumerate(values):
            at = start_ms + number * 5 * _SECOND_MS
            # whole numbers of 64 bits are texts, and the local clock has no offset of its own
            times = {
                "physicalTime": written(at),
                "utcOffset": f"{self.offset_min * 60}s",
                "civilTime": civil(at, self.offset_min),
            }
            self._put("heart-rate", at, at, {"beatsPerMinute": str(value), "sampleTime": times})
            self.heart[at] = float(value)
        return self.notice("UPSERT", "heart-rate", start_ms, at + _SECOND_MS)

    def walked(self, start_ms: int, counts: Sequence[int]) -> GoogleJson:
        """Record steps of each minute; return the notice of them. Later counts replace these."""
        for number, count in enumerate(counts):
            low = start_ms + number * _MINUTE_MS
            span = low, low + _MINUTE_MS
            # a count of the same minute is stated anew when the watch synchronises again
            self._put("steps", *span, {"count": str(count), "interval": self._interval(*span)})
            self.steps[span] = float(count)
        return self.notice("UPSERT", "steps", start_ms, start_ms + len(counts) * _MINUTE_MS)

    def exercised(
        self, id_: str, start_ms: int, end_ms: int, changed_ms: int, kind: str = "WALKING"
    ) -> GoogleJson:
        """Record an exercise, or change the one of this id; return the notice of it."""
        content = {
            "interval": self._interval(start_ms, end_ms),
            "exerciseType": kind,
            "activeDuration": f"{(end_ms - start_ms) // _SECOND_MS}s",
            "metricsSummary": {"steps": "1200", "averageHeartRateBeatsPerMinute": "110"},
            # the time of the last change, by which versions are distinguished
            "updateTime": written(changed_ms),
        }
        self._put("exercise", start_ms, end_ms, content, id_)
        self.workouts[id_] = start_ms, end_ms, kind.lower()
        return self.notice("UPSERT", "exercise", start_ms, end_ms)

    def slept(self, id_: str, start_ms: int, end_ms: int) -> GoogleJson:
        """Record a night; return the notice of it."""
        content = {"interval": self._interval(start_ms, end_ms), "type": "STAGES", "stages": []}
        self._put("sleep", start_ms, end_ms, content, id_)
        self.nights[id_] = start_ms, end_ms
        return self.notice("UPSERT", "sleep", start_ms, end_ms)

    def rested(self, start_ms: int, beats: int) -> GoogleJson:
        """Record the resting heart rate of the date that begins at an instant."""
        day = civil(start_ms, self.offset_min)["date"]
        date = f"{day['year']:04}-{day['month']:02}-{day['day']:02}"
        content = {"date": day, "beatsPerMinute": str(beats)}
        self._put("daily-resting-heart-rate", start_ms, start_ms, content, date)
        self.resting[date] = float(beats)
        return self.notice("UPSERT", "daily-resting-heart-rate", start_ms, start_ms + 86_400_000)

    def deleted(
        self, id_: str, data_type: str = "exercise", *, names_it: bool = True
    ) -> GoogleJson:
        """Delete an exercise or a night; the notice has its id, or its interval alone."""
        (point,) = [item for item in self.points if (item.data_type, item.id) == (data_type, id_)]
        self.points.remove(point)
        (self.workouts if data_type == "exercise" else self.nights).pop(id_)
        notice = self.notice("DELETE", data_type, point.start_ms, point.end_ms)
        # some notices carry the id of the record, and some its interval alone
        if names_it:
            notice["data"]["recordId"] = id_
        return notice

    def forgot(self, data_type: str, start_ms: int, end_ms: int) -> GoogleJson:
        """Delete the points of heart rate or steps that begin in [start, end)."""
        inside = range(start_ms, end_ms)
        self.points = [
            item
            for item in self.points
            if item.data_type != data_type or item.start_ms not in inside
        ]
        if data_type == "heart-rate":
            self.heart = {at: value for at, value in self.heart.items() if at not in inside}
        else:
            kept = {span: value for span, value in self.steps.items() if span[0] not in inside}
            self.steps = kept
        return self.notice("DELETE", data_type, start_ms, end_ms)

    def notice(self, operation: str, data_type: str, start_ms: int, end_ms: int) -> GoogleJson:
        """Return what Google sends about a change."""
        shown = [civil(ms, self.offset_min) for ms in (start_ms, end_ms)]
        # both clocks, as in most notices of 2026
        interval = {
            "physicalTimeInterval": {"startTime": written(start_ms), "endTime": written(end_ms)},
            "civilDateTimeInterval": {"startDateTime": shown[0], "endDateTime": shown[1]},
        }
        data = {"version": "1", "clientProvidedSubscriptionName": "kadens", "healthUserId": self.id}
        changed = {"operation": operation, "dataType": data_type, "intervals": [interval]}
        return {"data": {**data, **changed}}

    def _interval(self, start_ms: int, end_ms: int) -> GoogleJson:
        offset = f"{self.offset_min * 60}s"
        return {
            "startTime": written(start_ms),
            "startUtcOffset": offset,
            "endTime": written(end_ms),
            "endUtcOffset": offset,
            "civilStartTime": civil(start_ms, self.offset_min),
        }

    def _put(
        self, data_type: str, start_ms: int, end_ms: int, content: Mapping[str, Any], id_: str = ""
    ) -> None:
        first, *rest = data_type.split("-")
        member = first + "".join(part.capitalize() for part in rest)
        point: GoogleJson = {"dataSource": GOOGLE_WATCH, member: dict(content)}
        # only sessions have a name that stays
        if data_type in ("exercise", "sleep"):
            point["name"] = f"users/{self.id}/dataTypes/{data_type}/dataPoints/{id_}"
        stored = StoredPoint(
            data_type=data_type, start_ms=start_ms, end_ms=end_ms, point=point, id=id_
        )
        same = [item for item in self.points if _is_same(item, stored)]
        for item in same:
            self.points.remove(item)
        self.points.append(stored)

    def listed(self, data_type: str) -> Iterator[StoredPoint]:
        """Yield the points of a data type, the newest first, as Google lists them."""
        mine = [item for item in self.points if item.data_type == data_type]
        yield from sorted(mine, key=lambda item: -item.start_ms)


def _is_same(item: StoredPoint, other: StoredPoint) -> bool:
    if item.data_type != other.data_type:
        return False
    return item.id == other.id if item.id else item.start_ms == other.start_ms


def verification() -> bytes:
    """Return the body with which Google tries an address, with its value and without."""
    return json.dumps({"type": "verification"}).encode()
