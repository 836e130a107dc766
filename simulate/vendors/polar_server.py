"""Polar AccessLink as a server on loopback: the third interface, its webhook, and its users.

Written from what Polar publishes, and not from our connector. It serves invented data only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from simulate.vendors.platform.exchanges import Arrived, Grant, Reply, drawn
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.polar import PolarUser, polar_headers, polar_ping
from simulate.vendors.webhooks import WebhookSender, called

_TYPES = {
    "fit": "application/octet-stream",
    "tcx": "application/vnd.garmin.tcx+xml",
    "json": "application/json",
}
WEBHOOK_EVENTS = ("EXERCISE", "CONTINUOUS_HEART_RATE", "ACTIVITY_SUMMARY", "SLEEP")
_PING_AT = "2026-11-20T10:00:00Z"


@dataclass(slots=True, kw_only=True)
class PolarWebhook:
    """The webhook of our application; `key` is shown once, in the answer that creates it."""

    id: str
    events: tuple[str, ...]
    url: str
    key: str
    is_active: bool = True


@dataclass(slots=True, kw_only=True)
class PolarServer(PlatformServer):
    """The simulated vendor; `exercises` has the files of each exercise by their kind.

    `people` are users with a truth, by id. `registered` are those for whom data are given; with
    `registers` False every user counts as registered.
    """

    title: str = "Polar, played"
    exercises: dict[str, dict[str, bytes]] = field(default_factory=dict)
    people: dict[str, PolarUser] = field(default_factory=dict)
    registers: bool = False
    registered: set[str] = field(default_factory=set)
    webhook: PolarWebhook | None = None

    def person(self, user: int, zone: str = "Europe/Stockholm") -> PolarUser:
        """Return a user, a new one where there is none of this id."""
        return self.people.setdefault(str(user), PolarUser(id=user, zone=zone))

    def token_fields(self, grant: Grant) -> dict[str, object]:
        """Return the answer of the token endpoint, which names the user."""
        return {
            "access_token": grant.access,
            "token_type": "bearer",
            "expires_in": int(grant.ends_s - self.now_s()),
            "refresh_token": grant.refresh,
            "x_user_id": int(grant.user),
        }

    def webhooks(self, callback: str = "") -> WebhookSender:
        """Return what sends notices to the webhook, or to another address."""
        address = callback or (self.webhook.url if self.webhook else "")
        return WebhookSender(now_s=self.now_s, callback=address, sign=self.signed)

    def calls(self, hook: str) -> str:
        """Return the address of the webhook, which is `hook` for one that has none; "" without."""
        if self.webhook is None:
            return ""
        self.webhook.url = self.webhook.url or hook
        return self.webhook.url

    def signed(self, body: bytes, _now_s: float = 0.0) -> Mapping[str, str]:
        """Return the headers of a notice."""
        key = self.webhook.key if self.webhook else None
        return polar_headers(key, body, str(json.loads(body).get("event")))

    def interface(  # noqa: PLR0911 - a row for each path
        self, arrived: Arrived, user: str
    ) -> Reply:
        """Return data of a user, or the answer about a user's registration or our webhook."""
        match (arrived.method, *arrived.route.split("/")[1:]):
            case (_, "v3", "webhooks", *rest) if not user:
                return self._of_webhook(arrived, tuple(rest))
            case ("POST", "v3", "users"):
                return self._register(user)
            case ("DELETE", "v3", "users", name) if name == user:
                self.withdraw(user)
                self.registered.discard(user)
                return Reply(status=HTTPStatus.NO_CONTENT)
            # above the rows of data, which look at no registration
            case ("GET", "v3", *_) if self.registers and user not in self.registered:
                return Reply(status=HTTPStatus.FORBIDDEN, body=b"{}")
            case ("GET", "v3", "exercises", entity, form) if form in _TYPES:
                return self._file(entity, form)
            case ("GET", "v3", *path):
                return self._of_user(user, tuple(path), arrived.query)
        return Reply(status=HTTPStatus.NOT_FOUND, body=b"{}")

    def _register(self, user: str) -> Reply:
        if user in self.registered:
            return Reply(status=HTTPStatus.CONFLICT, body=b"{}")
        self.registered.add(user)
        return Reply(status=HTTPStatus.CREATED, body=b"{}")

    def _of_user(self, user: str, path: tuple[str, ...], query: Mapping[str, str]) -> Reply:
        person = self.people.get(user)
        if person is None and path[:1] == ("exercises",) and path[1:]:
            return self._file(path[1], "json")
        answer = _answer(person, path, query) if person is not None else None
        if answer is None:
            return Reply(status=HTTPStatus.NOT_FOUND, body=b"{}")
        return Reply(body=json.dumps(answer).encode())

    def _file(self, entity: str, form: str) -> Reply:
        body = self.exercises.get(entity, {}).get(form)
        if body is not None:
            return Reply(body=body, kind=_TYPES[form])
        # a workout that was typed in has no file
        known = entity in self.exercises or any(
            entity in person.exercises for person in self.people.values()
        )
        status = HTTPStatus.NO_CONTENT if known else HTTPStatus.NOT_FOUND
        return Reply(status=status, kind="")

    def _of_webhook(self, arrived: Arrived, rest: tuple[str, ...]) -> Reply:
        match (arrived.method, *rest):
            case ("POST",):
                return self._create(json.loads(arrived.body))
            case ("GET",):
                # without the key, which is shown once
                rows = [self._shown()] if self.webhook else []
                return Reply(body=json.dumps({"data": rows}).encode())
            case ("POST", "activate") if self.webhook and self._pinged(self.webhook.url):
                self.webhook.is_active = True
                return Reply()
            case ("DELETE", id_) if self.webhook and self.webhook.id == id_:
                self.webhook = None
                return Reply(status=HTTPStatus.NO_CONTENT)
        return Reply(status=HTTPStatus.NOT_FOUND, body=b"{}")

    def _create(self, wanted: Mapping[str, Any]) -> Reply:
        if self.webhook is not None:
            return Reply(status=HTTPStatus.CONFLICT, body=b"{}")
        # the address is tried before anybody knows the key
        if not self._pinged(str(wanted["url"])):
            return Reply(status=HTTPStatus.BAD_REQUEST, body=b"{}")
        events = tuple(wanted["events"])
        self.webhook = PolarWebhook(id=drawn(), events=events, url=wanted["url"], key=drawn())
        shown = {**self._shown(), "signature_secret_key": self.webhook.key}
        return Reply(status=HTTPStatus.CREATED, body=json.dumps({"data": shown}).encode())

    def _shown(self) -> dict[str, object]:
        assert self.webhook is not None  # noqa: S101 - who calls has looked
        row = self.webhook
        return {"id": row.id, "events": row.events, "url": row.url, "active": row.is_active}

    def _pinged(self, url: str) -> bool:
        body = polar_ping(_PING_AT)
        return called("POST", url, body, self.signed(body)).status == HTTPStatus.OK


def _answer(  # noqa: PLR0911 - a row for each path
    person: PolarUser, path: tuple[str, ...], query: Mapping[str, str]
) -> object:
    """Return what the interface answers about a user, None where there is no such thing."""
    link = f"https://www.polaraccesslink.com/v3/users/{person.id}"
    match path:
        case ("exercises",):
            return [_without_samples(row) for row in person.exercises.values()]
        case ("exercises", entity) if entity in person.exercises:
            row = person.exercises[entity]
            return row if query.get("samples") == "true" else _without_samples(row)
        case ("users", "continuous-heart-rate", day) if day in person.beats:
            return {"polar_user": link, "date": day, "heart_rate_samples": person.beats[day]}
        case ("users", "activities", day) if day in person.walks:
            answer = person.activity(day)
            return answer if query.get("steps") == "true" else _without_samples(answer)
        case ("users", "sleep", day):
            return person.sleeps.get(day)
        case ("users", "nightly-recharge", day):
            return person.recharges.get(day)
    return None


def _without_samples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "samples"}
