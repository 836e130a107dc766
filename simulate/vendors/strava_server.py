"""Strava as a server: sign-in, activities and streams, and the one subscription of an application.

Written from what Strava publishes, and not from our connector. It serves invented data only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from simulate.vendors.platform.exchanges import Arrived, Grant, Limit, Reply, drawn
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.strava import StravaAthlete, StravaJson
from simulate.vendors.webhooks import WebhookSender, echoes_challenge, is_success

_QUARTER_S, _DAY_S = 900.0, 86_400.0
_SIX_HOURS_S = 21_600.0
# Three attempts in all.
_PAUSES_S = (60.0, 600.0)
_MISSING = Reply(status=HTTPStatus.NOT_FOUND, body=b'{"message":"Record Not Found"}')


@dataclass(slots=True, kw_only=True)
class StravaServer(PlatformServer):
    """The simulated vendor. `people` are its athletes by id; `subscription` is ours, by id."""

    title: str = "Strava that is played"
    form_client: bool = True
    pkce: bool = False
    user: str = "475"
    token_life_s: float = _SIX_HOURS_S
    limits: tuple[Limit, ...] = (
        Limit(seconds=_QUARTER_S, requests=100),
        Limit(seconds=_DAY_S, requests=1_000),
    )
    people: dict[str, StravaAthlete] = field(default_factory=dict)
    subscription: tuple[str, str] | None = None

    def person(self, user: int) -> StravaAthlete:
        """Return an athlete, a new one where there is none of this id."""
        return self.people.setdefault(str(user), StravaAthlete(id=user))

    def webhooks(self, callback: str = "") -> WebhookSender:
        """Return what sends events; any success is "received", and there are three attempts."""
        address = callback or (self.subscription[1] if self.subscription else "")
        return WebhookSender(
            now_s=self.now_s, callback=address, is_received=is_success, pauses_s=_PAUSES_S
        )

    def refused(self, wanted: Mapping[str, str]) -> str:
        """Return why a request for authorisation is refused, "" where it is not."""
        why = PlatformServer.refused(self, wanted)
        scopes = wanted.get("scope", "").split(",")
        checks = (
            (" " in wanted.get("scope", ""), "scopes are separated by commas"),
            (any("write" in scope for scope in scopes), "a scope that may write"),
            ("activity:read_all" not in scopes, "activity:read_all is missing"),
        )
        return why or next((text for holds, text in checks if holds), "")

    def token_fields(self, grant: Grant) -> dict[str, object]:
        """Return the answer of the token endpoint; only that to a code names the athlete."""
        fields = PlatformServer.token_fields(self, grant)
        fields.pop("user_id")
        athlete = {} if grant.previous else {"athlete": {"id": int(grant.user)}}
        return {**fields, "token_type": "Bearer", "expires_at": int(grant.ends_s), **athlete}

    def rate_headers(self, used: list[int]) -> dict[str, str]:
        """Return what an answer says of rates: two windows, of everything and of reading."""
        limits = ",".join(str(limit.requests) for limit in self.limits)
        usage = ",".join(map(str, used))
        return {
            "X-RateLimit-Limit": "200,2000",
            "X-RateLimit-Usage": usage,
            "X-ReadRateLimit-Limit": limits,
            "X-ReadRateLimit-Usage": usage,
        }

    def public(self, arrived: Arrived) -> Reply | None:
        """Return the answer about subscriptions or a withdrawal; the form proves who asks."""
        if arrived.route == "/oauth/deauthorize" and arrived.method == "POST":
            return self._deauthorized(arrived)
        if not arrived.route.startswith("/api/v3/push_subscriptions"):
            return None
        given = {**arrived.query, **arrived.form}
        ours = (self.client_id, self.client_secret)
        if (given.get("client_id"), given.get("client_secret")) != ours:
            return Reply(status=HTTPStatus.UNAUTHORIZED, body=b"{}")
        return self._of_subscription(arrived, given)

    def _deauthorized(self, arrived: Arrived) -> Reply:
        token = arrived.form.get("access_token", "")
        user = self.user_of(f"Bearer {token}")
        if user is None:
            return Reply(status=HTTPStatus.UNAUTHORIZED, body=b"{}")
        self.withdraw(user)
        return Reply(body=json.dumps({"access_token": token}).encode())

    def _of_subscription(self, arrived: Arrived, given: Mapping[str, str]) -> Reply:
        id_ = arrived.route.rpartition("/")[2]
        if arrived.method == "GET":
            rows = []
            if self.subscription is not None:
                rows = [{"id": int(self.subscription[0]), "callback_url": self.subscription[1]}]
            return Reply(body=json.dumps(rows).encode())
        if arrived.method == "DELETE" and self.subscription and self.subscription[0] == id_:
            self.subscription = None
            return Reply(status=HTTPStatus.NO_CONTENT)
        if arrived.method == "POST":
            return self._subscribed(given)
        return _MISSING

    def _subscribed(self, given: Mapping[str, str]) -> Reply:
        word = {"hub.mode": "subscribe", "hub.verify_token": given.get("verify_token", "")}
        callback = given.get("callback_url", "")
        tried = self.subscription is None and echoes_challenge(callback, word, "hub.challenge")
        if not tried:
            return Reply(status=HTTPStatus.BAD_REQUEST, body=b'{"message":"Bad Request"}')
        self.subscription = (str(int(drawn()[:6], 16)), callback)
        shown = json.dumps({"id": int(self.subscription[0])}).encode()
        return Reply(status=HTTPStatus.CREATED, body=shown)

    def interface(self, arrived: Arrived, user: str) -> Reply:
        """Return an activity, its streams, or a page of activities of the athlete."""
        person = self.people.get(user)
        # a token of reading scopes changes nothing
        if arrived.method != "GET" or person is None:
            return Reply(status=HTTPStatus.FORBIDDEN, body=b"{}")
        match arrived.route.split("/")[3:]:
            case ["athlete", "activities"]:
                return Reply(body=json.dumps(_page(person, arrived.query)).encode())
            case ["activities", id_] if _known(id_, person.activities):
                return Reply(body=json.dumps(person.activities[int(id_)]).encode())
            case ["activities", id_, "streams"] if _known(id_, person.streams):
                return Reply(body=_streams(person.streams[int(id_)], arrived.query))
        return _MISSING


def _known(text: str, rows: Mapping[int, object]) -> bool:
    return text.isdecimal() and int(text) in rows


def _streams(known: StravaJson, query: Mapping[str, str]) -> bytes:
    """Return the streams that are asked for: by their type, or as a list."""
    wanted = query.get("keys", "").split(",")
    chosen = {name: stream for name, stream in known.items() if name in wanted}
    if query.get("key_by_type") == "true":
        return json.dumps(chosen).encode()
    return json.dumps([{"type": name, **stream} for name, stream in chosen.items()]).encode()


def _page(person: StravaAthlete, query: Mapping[str, str]) -> list[StravaJson]:
    """Return a page of summaries between two times, both of them excluded."""
    after, before = int(query.get("after", "0")), int(query.get("before", "99999999999"))
    size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
    rows: list[dict[str, Any]] = []
    for activity, row in sorted(person.activities.items()):
        start_s = person.workouts[activity][0] // 1000
        if after < start_s < before:
            rows.append({name: row[name] for name in ("id", "start_date", "elapsed_time")})
    return rows[(page - 1) * size : page * size]
