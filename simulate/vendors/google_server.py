"""Google Health as a server: sign-in, the published keys, lists of points by filter and page.

Written from what Google publishes, and never from our connector. Access holds for an hour; a
refresh token is given once, only to whoever asks for offline access, and is not rotated.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from simulate.vendors.google import (
    GoogleJson,
    GoogleUser,
    SigningKey,
    StoredPoint,
    published_keys,
    signing_key,
    verification,
    written,
)
from simulate.vendors.platform.exchanges import Arrived, Grant, Reply
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.webhooks import WebhookSender, called

KEY_SET_PATH = "/googlehealthapi/webhooks/webhooks_public_keyset.json"
_POINTS = re.compile(r"/v4/users/me/dataTypes/([a-z0-9-]+)/dataPoints(:reconcile)?")
_TERM = re.compile(r'([a-z0-9_.]+) (>=|<) "([^"]+)"')
_SHORT = frozenset({"exercise", "sleep"})  # lists of at most 25 points
_MOST_SHORT, _MOST = 25, 10_000


@dataclass(slots=True, kw_only=True)
class GoogleServer(PlatformServer):
    """The simulated vendor. `people` are its users by id; `keys` are its signing keys.

    `most_points` bounds a page further than Google does, so that few points need several pages.
    """

    title: str = "Google Health that is played"
    authorize_path: str = "/o/oauth2/v2/auth"
    token_path: str = "/token"  # noqa: S105 - a path
    revoke_path: str = "/revoke"
    form_client: bool = True
    token_life_s: float = 3_599.0
    user: str = "h-1"
    authorization: str = "Bearer made-up"
    most_points: int = _MOST
    people: dict[str, GoogleUser] = field(default_factory=dict)
    keys: list[SigningKey] = field(default_factory=lambda: [signing_key(1)])

    def person(self, user: str) -> GoogleUser:
        """Return a user, a new one where there is none of this id."""
        return self.people.setdefault(user, GoogleUser(user))

    # Keys and notices:

    def rotate(self, *, disables: bool = False) -> None:
        """Sign with a new key from now on; the keys before stay in use unless `disables`."""
        for key in self.keys:
            key.is_enabled = key.is_enabled and not disables
        self.keys.append(signing_key(len(self.keys) + 1))

    def signed(self, body: bytes, _now_s: float = 0.0) -> dict[str, str]:
        """Return the headers of a notice."""
        signature = self.keys[-1].signature(body)
        return {"authorization": self.authorization, "x-healthapi-signature": signature}

    def webhooks(self, callback: str) -> WebhookSender:
        """Return what sends notices to an address; anything but 204 is sent again."""
        return WebhookSender(
            now_s=self.now_s,
            callback=callback,
            sign=self.signed,
            is_received=lambda reply: reply.status == HTTPStatus.NO_CONTENT,
        )

    def tries(self, callback: str) -> bool:
        """Return whether an address passes the verification, as when it is registered."""
        body, kind = verification(), {"content-type": "application/json"}
        # twice: with the value it wants success, without it a refusal
        with_it = called("POST", callback, body, {**kind, "authorization": self.authorization})
        without = called("POST", callback, body, kind)
        refused = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        return with_it.status in (HTTPStatus.OK, HTTPStatus.CREATED) and without.status in refused

    # Sign-in:

    def refused(self, wanted: Mapping[str, str]) -> str:
        """Return why a request for authorisation is refused, "" where it is not."""
        why = PlatformServer.refused(self, wanted)
        scopes = wanted.get("scope", "").split()
        checks = (
            (not scopes, "scope is missing"),
            (any(not scope.endswith(".readonly") for scope in scopes), "a scope that may write"),
            (wanted.get("access_type") != "offline", "access_type=offline is missing"),
            (wanted.get("prompt") != "consent", "prompt=consent is missing"),
        )
        return why or next((text for holds, text in checks if holds), "")

    def token_fields(self, grant: Grant) -> dict[str, object]:
        """Return the answer of the token endpoint; it names no user."""
        fields = PlatformServer.token_fields(self, grant)
        fields.pop("user_id")
        return {**fields, "scope": "made up", "token_type": "Bearer"}

    def exchanged(self, arrived: Arrived) -> Reply:
        """Return the answer of the token endpoint; a revocation needs the token alone."""
        if arrived.route == self.revoke_path:
            with self._lock:
                return self._revoked(arrived.form.get("token", ""))
        return PlatformServer.exchanged(self, arrived)

    def _rotated(self, refresh: str) -> Reply:
        self.refreshes += 1
        # the refresh token stays the same, and the answer leaves it out
        for grant in self._grants:
            if refresh and refresh == grant.refresh:
                grant.access, grant.ends_s = f"{grant.access}x", self.now_s() + self.token_life_s
                fields = self.token_fields(grant)
                fields.pop("refresh_token")
                return Reply(body=json.dumps(fields).encode())
        return Reply(status=HTTPStatus.BAD_REQUEST, body=b'{"error":"invalid_grant"}')

    # The interface:

    def public(self, arrived: Arrived) -> Reply | None:
        """Return the published keys, None for every other request."""
        if arrived.method == "GET" and arrived.route == KEY_SET_PATH:
            return Reply(body=published_keys(self.keys))
        return None

    def interface(self, arrived: Arrived, user: str) -> Reply:
        """Return the identity of a user, or a page of points."""
        # a token of reading scopes changes nothing
        if arrived.method != "GET":
            return Reply(status=HTTPStatus.FORBIDDEN, body=b"{}")
        if arrived.route == "/v4/users/me/identity":
            identity = {"name": "users/me/identity", "healthUserId": user, "legacyUserId": "1"}
            return Reply(body=json.dumps(identity).encode())
        wanted = _POINTS.fullmatch(arrived.route)
        if wanted is None or user not in self.people:
            return Reply(status=HTTPStatus.NOT_FOUND, body=b"{}")
        return self.page(user, wanted[1], arrived.query)

    def page(self, user: str, data_type: str, query: Mapping[str, str]) -> Reply:
        """Return a page of a user's points of a data type, within the filter of a request."""
        person = self.people[user]
        terms = _TERM.findall(query.get("filter", ""))
        named = data_type.replace("-", "_")
        # Google refuses a filter with hyphens, or of another type
        if any(not field_.startswith(f"{named}.") for field_, _, _ in terms):
            return Reply(status=HTTPStatus.BAD_REQUEST, body=b'{"error":{"code":400}}')
        matching = [item for item in person.listed(data_type) if _holds(item, terms, person)]
        size = min(int(query.get("pageSize", "1440")), self._most(data_type))
        # a position as text: the real one is opaque, and nothing of ours may read it
        first = int(query.get("pageToken", "0"))
        # an empty window is an empty object, without the list
        answer: GoogleJson = {}
        if matching[first : first + size]:
            answer["dataPoints"] = [item.point for item in matching[first : first + size]]
        if first + size < len(matching):
            answer["nextPageToken"] = str(first + size)
        return Reply(body=json.dumps(answer).encode())

    def _most(self, data_type: str) -> int:
        return min(self.most_points, _MOST_SHORT if data_type in _SHORT else _MOST)


def _holds(item: StoredPoint, terms: Sequence[tuple[str, str, str]], person: GoogleUser) -> bool:
    return all(_compared(shown, how, text) for shown, how, text in _shown(item, terms, person))


def _shown(
    item: StoredPoint, terms: Sequence[tuple[str, str, str]], person: GoogleUser
) -> Iterator[tuple[str, str, str]]:
    """Yield what each term compares: the time of a point by the clock that the term names."""
    for name, how, text in terms:
        ms = item.end_ms if "end_time" in name else item.start_ms
        # the local clock as if it were UTC
        if "civil" in name or name.endswith(".date"):
            ms += person.offset_min * 60_000
        shown = written(ms)
        # texts of one form sort like the times that they show; a date alone is its midnight
        yield (shown[:10] if name.endswith(".date") else shown[:19]), how, text.removesuffix("Z")


def _compared(shown: str, how: str, text: str) -> bool:
    return shown >= text if how == ">=" else shown < text
