"""Oura as a server on loopback: objects, heart rate, subscriptions and signed cues.

Written from what Oura publishes, and not from our connector. It holds invented data only.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from simulate.vendors.platform.exchanges import Arrived, Reply
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.vendor_truth import VendorTruth
from simulate.vendors.webhooks import SubscriptionBook, WebhookSender, echoes_challenge

_REVOKE = "/oauth/revoke"
_DATA, _BOOK = "/v2/usercollection/", "/v2/webhook/subscription"
_LIFE_S = 90 * 86_400.0
_PAGE = 3  # the real one is longer; a short one shows whether pages are followed
_TYPES = {"walking": "walking", "running": "running", "nordicWalking": "nordic_walking"}
_Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class OuraServer(PlatformServer):
    """The simulated vendor. `objects` are by user, type of data and id; `rates` by user."""

    title: str = "Oura, played"
    pkce: bool = False
    objects: dict[str, dict[str, dict[str, _Json]]] = field(default_factory=dict)
    rates: dict[str, list[_Json]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)  # verification tokens, by address
    sender: WebhookSender = field(init=False)
    book: SubscriptionBook = field(init=False)

    def __post_init__(self) -> None:
        self.sender = WebhookSender(now_s=self.now_s, sign=self.signed)
        self.book = SubscriptionBook(now_s=self.now_s, life_s=_LIFE_S, handshake=self._is_verified)

    # What a user does:

    def put(self, user: str, kind: str, value: _Json) -> None:
        """Keep an object as its newest version, and send the cue."""
        kept = self.objects.setdefault(user, {}).setdefault(kind, {})
        event = "update" if value["id"] in kept else "create"
        kept[value["id"]] = value
        self._cue(user, event, kind, value["id"])

    def remove(self, user: str, kind: str, name: str) -> None:
        """Delete an object, and send the cue."""
        del self.objects[user][kind][name]
        self._cue(user, "delete", kind, name)

    def beat(self, user: str, at: datetime, bpm: int, origin: str = "awake") -> None:
        """Keep a heart rate; there are no cues for it."""
        written = at.astimezone(UTC).isoformat()
        self.rates.setdefault(user, []).append({"bpm": bpm, "source": origin, "timestamp": written})

    def _cue(self, user: str, event: str, kind: str, name: str) -> None:
        for address in self.book.callbacks(f"{event} {kind}"):
            self.sender.push(self.cue(user, event, kind, name), address)

    def cue(self, user: str, event: str, kind: str, name: str) -> bytes:
        """Return the body that says what happened to an object."""
        body = {
            "event_type": event,
            "data_type": kind,
            "object_id": name,
            "event_time": datetime.fromtimestamp(self.now_s(), UTC).isoformat(),
            "user_id": user,
        }
        return json.dumps(body).encode()

    def signed(self, body: bytes, now_s: float) -> Mapping[str, str]:
        """Return the headers that prove a cue."""
        at = str(int(now_s))
        digest = hmac.digest(self.client_secret.encode(), at.encode() + body, "sha256")
        return {"x-oura-timestamp": at, "x-oura-signature": digest.hex().upper()}

    def _is_verified(self, callback: str) -> bool:
        token = self.tokens.get(callback, "")
        return echoes_challenge(callback, {"verification_token": token})

    # The interface:

    def answered(self, arrived: Arrived) -> Reply:
        """Return the answer to a request: of our application by its headers, or of a user."""
        if arrived.route.startswith(_BOOK):
            pair = arrived.headers.get("x-client-id"), arrived.headers.get("x-client-secret")
            if pair != (self.client_id, self.client_secret):
                return Reply(status=HTTPStatus.UNAUTHORIZED, body=b"{}")
            return self._subscriptions(arrived)
        return PlatformServer.answered(self, arrived)

    def public(self, arrived: Arrived) -> Reply | None:
        """Return the answer to a withdrawal; the token in its query is the whole of it."""
        if arrived.route != _REVOKE or arrived.method != "POST":
            return None
        user = self.user_of(f"Bearer {arrived.query.get('access_token', '')}")
        if user is not None:
            self.withdraw(user)
        return Reply(body=b"{}")

    def interface(self, arrived: Arrived, user: str) -> Reply:
        """Return an object, a page of objects, a page of heart rate, or who the user is."""
        kind, _, name = arrived.route.removeprefix(_DATA).partition("/")
        if not arrived.route.startswith(_DATA):
            return Reply(status=HTTPStatus.NOT_FOUND, body=b"{}")
        if kind == "personal_info":
            return _reply({"id": user, "email": None})
        if kind == "heartrate":
            return _paged(self._rates(user, arrived.query), arrived.query)
        own = self.objects.get(user, {}).get(kind, {})
        if name:
            return _reply(own[name]) if name in own else Reply(status=404, body=b"{}")
        first, last = arrived.query.get("start_date", ""), arrived.query.get("end_date", "9")
        dated = [value for value in own.values() if first <= value["day"] <= last]
        return _paged(sorted(dated, key=_day_of), arrived.query)

    def _rates(self, user: str, query: Mapping[str, str]) -> list[_Json]:
        first = datetime.fromisoformat(query["start_datetime"])
        last = datetime.fromisoformat(query["end_datetime"])
        rows = self.rates.get(user, [])
        return [row for row in rows if first <= _at(row["timestamp"]) <= last]

    def _subscriptions(self, arrived: Arrived) -> Reply:
        name = arrived.route.removeprefix(_BOOK).strip("/")
        if arrived.method == "GET":
            return _reply([_row(row) for row in self.book.of()])
        if arrived.method == "POST":
            form = json.loads(arrived.body)
            # the address is tried at once, with the token that was just named
            self.tokens[form["callback_url"]] = form["verification_token"]
            about = f"{form['event_type']} {form['data_type']}"
            row = self.book.create(about, form["callback_url"])
            return _reply(_row(row), 201) if row else Reply(status=400, body=b"{}")
        if arrived.method == "PUT":
            row = self.book.renew(name.removeprefix("renew/"))
            return _reply(_row(row)) if row else Reply(status=404, body=b"{}")
        return Reply(status=204 if self.book.delete(name) else 404)

    # The truth:

    def truth(self, user: str) -> VendorTruth:
        """Return what must be known of a user."""
        truth = VendorTruth()
        own = self.objects.get(user, {})
        for value in own.get("workout", {}).values():
            span = _ms(value["start_datetime"]), _ms(value["end_datetime"])
            truth.workouts.add((*span, _TYPES[value["activity"]]))
        for value in own.get("daily_activity", {}).values():
            day = datetime.fromisoformat(value["day"]).date()
            truth.days[day] = {"steps": value["steps"], "active_energy": value["active_calories"]}
        for value in own.get("sleep", {}).values():
            if value["type"] not in {"rest", "deleted"}:
                truth.worn.add((_ms(value["bedtime_start"]), _ms(value["bedtime_end"])))
                _add_items(truth, "heart_rate", value["heart_rate"])
                _add_items(truth, "heart_rate_variability_rmssd", value["hrv"])
        for row in self.rates.get(user, []):
            truth.samples.setdefault("heart_rate", set()).add((_ms(row["timestamp"]), row["bpm"]))
        return truth


def oura_objects(day: datetime) -> list[tuple[str, _Json]]:
    """Return a day of objects: (type of data, object). `day` is its midnight, with an offset."""
    name = str(UUID(int=int(day.timestamp())))
    date = day.date().isoformat()
    return [
        ("sleep", {"id": f"{name}-s", "day": date, **_night(day)}),
        ("workout", {"id": f"{name}-w", "day": date, **_run(day)}),
        ("daily_activity", {"id": f"{name}-d", "day": date, **_activity(day)}),
    ]


def _night(day: datetime) -> _Json:
    bed, up = day - timedelta(hours=1), day + timedelta(hours=6, minutes=40)
    series = {"interval": 300.0, "timestamp": bed.isoformat()}
    return {
        "bedtime_start": bed.isoformat(),
        "bedtime_end": up.isoformat(),
        "type": "long_sleep",
        "heart_rate": {**series, "items": [None, 58.0, 57.0, None, 55.0]},
        "hrv": {**series, "items": [None, 40.0, 42.0, 44.0, None]},
    }


def _run(day: datetime) -> _Json:
    begins = day + timedelta(hours=8)
    return {
        "activity": "running",
        "calories": 310.0,
        "distance": 5000.0,
        "start_datetime": begins.isoformat(),
        "end_datetime": (begins + timedelta(minutes=30)).isoformat(),
        "intensity": "moderate",
        "source": "workout_heart_rate",
    }


def _activity(day: datetime) -> _Json:
    return {
        "timestamp": (day + timedelta(hours=4)).isoformat(),
        "steps": 4000,
        "active_calories": 200,
    }


def _add_items(truth: VendorTruth, metric: str, series: _Json) -> None:
    first = _ms(series["timestamp"])
    for index, value in enumerate(series["items"]):
        if value is not None:
            at = first + int(index * series["interval"] * 1000)
            truth.samples.setdefault(metric, set()).add((at, value))


def _paged(rows: list[_Json], query: Mapping[str, str]) -> Reply:
    begin = int(query.get("next_token", "page-0").removeprefix("page-"))
    more = begin + _PAGE < len(rows)
    token = f"page-{begin + _PAGE}" if more else None
    return _reply({"data": rows[begin : begin + _PAGE], "next_token": token})


def _row(row: Any) -> _Json:  # noqa: ANN401 - a subscription of the book
    event, _, kind = row.about.partition(" ")
    return {
        "id": row.id,
        "callback_url": row.callback,
        "event_type": event,
        "data_type": kind,
        "expiration_time": datetime.fromtimestamp(row.ends_s, UTC).isoformat(),
    }


def _reply(value: object, status: int = 200) -> Reply:
    return Reply(status=status, body=json.dumps(value).encode())


def _at(written: str) -> datetime:
    return datetime.fromisoformat(written)


def _ms(written: str) -> int:
    return round(_at(written).timestamp() * 1000)


def _day_of(value: _Json) -> str:
    return str(value["day"])
