"""Garmin as a server on loopback: sign-in, links that work once, the past, and giving up a user.

Written from what integrators publish, and not from our connector. It serves invented data only.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from simulate.vendors.garmin.bodies import PlayedGarmin, push
from simulate.vendors.platform.exchanges import Arrived, Grant, Limit, Reply, drawn
from simulate.vendors.platform.server import PlatformServer

_REST = "/wellness-api/rest"
_LISTS = {"moveiq": "moveIQActivities"}  # the past of a kind -> the list in which it is pushed
_DAY_S = 86_400
LINK_LIFE_S = _DAY_S
_ALL = ("ACTIVITY_EXPORT", "HEALTH_EXPORT", "HISTORICAL_DATA_EXPORT")


@dataclass(slots=True, kw_only=True)
class GarminLink:
    """What a link gives to its user, once and within a day."""

    user: str
    body: bytes
    kind: str
    ends_s: float


@dataclass(slots=True, kw_only=True)
class GarminServer(PlatformServer):
    """The simulated vendor. `outbox` has the bodies that it pushes next, to whoever sends them.

    `users` are those whose past can be requested, and `permissions` what each has ticked; a user
    who is not listed has ticked everything. `too_early` is how many requests for the past are
    refused because of their beginning, as happens at random. `link_uses` counts downloads by token.
    """

    title: str = "Garmin, played"
    authorize_path: str = "/oauth2Confirm"
    token_path: str = "/di-oauth2-service/oauth/token"  # noqa: S105 - a path
    form_client: bool = True
    token_life_s: float = _DAY_S
    limits: tuple[Limit, ...] = (Limit(seconds=60, requests=100),)
    users: dict[str, PlayedGarmin] = field(default_factory=dict)
    permissions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    too_early: int = 0
    links: dict[str, GarminLink] = field(default_factory=dict)
    link_uses: dict[str, int] = field(default_factory=dict)
    outbox: list[bytes] = field(default_factory=list)
    requested: set[tuple[str, str, str]] = field(default_factory=set)

    def token_fields(self, grant: Grant) -> dict[str, object]:
        """Return the answer of the token endpoint, which does not name the user."""
        return {
            "access_token": grant.access,
            "token_type": "bearer",
            "expires_in": int(grant.ends_s - self.now_s()),
            "refresh_token": grant.refresh,
            "refresh_token_expires_in": 90 * _DAY_S,
        }

    def rate_headers(self, used: list[int]) -> dict[str, str]:
        """Return no header: Garmin says nothing of rates."""
        del used
        return {}

    def link(self, user: str, body: bytes, kind: str = "application/json") -> str:
        """Return the token of a new link for a user."""
        token = drawn()
        ends_s = self.now_s() + LINK_LIFE_S
        self.links[token] = GarminLink(user=user, body=body, kind=kind, ends_s=ends_s)
        return token

    def permit(self, user: str, permissions: Iterable[str]) -> None:
        """Change what a user has ticked, and push the new list."""
        self.permissions[user] = tuple(permissions)
        change = {"userId": user, "permissions": list(permissions)}
        self.outbox.append(push(userPermissionsChange=[change]))

    def withdraw(self, user: str) -> None:
        """Give up a user, and push the deregistration."""
        # by name: a dataclass with slots is another class than the one that `super()` would see
        PlatformServer.withdraw(self, user)
        self._deregister(user)

    def give_up(self, user: str) -> None:
        """Give our client up, as the user does it at Garmin, and push the deregistration."""
        self.revoke(user)
        self._deregister(user)

    def _deregister(self, user: str) -> None:
        self.outbox.append(push(deregistrations=[{"userId": user}]))

    def interface(self, arrived: Arrived, user: str) -> Reply:
        """Return who the user is, a link's content, or the answer to a request for the past."""
        route = arrived.route.removeprefix(_REST) if arrived.route.startswith(_REST) else ""
        ticked = list(self.permissions.get(user, _ALL))
        about = {"id": {"userId": user}, "permissions": {"permissions": ticked}}
        match (arrived.method, *route.split("/")[1:]):
            case ("GET", "user", name) if name in about:
                return Reply(body=json.dumps(about[name]).encode())
            case ("DELETE", "user", "registration"):
                self.withdraw(user)
                return Reply(status=HTTPStatus.NO_CONTENT)
            case ("GET", "backfill", kind):
                return self._past(user, kind, arrived.query)
            case ("GET", _) if "token" in arrived.query:
                return self._linked(user, arrived.query["token"])
        return _refused(HTTPStatus.NOT_FOUND, "no such path")

    def _linked(self, user: str, token: str) -> Reply:
        # counted even where it is refused: a test looks for a second download
        link = self.links.get(token)
        self.link_uses[token] = self.link_uses.get(token, 0) + 1
        if link is None or link.user != user:
            return _refused(HTTPStatus.BAD_REQUEST, "invalid token")
        if link.ends_s <= self.now_s():
            return _refused(HTTPStatus.BAD_REQUEST, "the token has ended")
        # spent: the same link gives nothing more, as Garmin does it
        del self.links[token]
        return Reply(body=link.body, kind=link.kind)

    def _past(self, user: str, kind: str, query: Mapping[str, str]) -> Reply:
        """Accept a request for the past, and push what there is of it."""
        if "HISTORICAL_DATA_EXPORT" not in self.permissions.get(user, _ALL):
            return _refused(HTTPStatus.FORBIDDEN, "no HISTORICAL_DATA_EXPORT")
        start_s = int(query["summaryStartTimeInSeconds"])
        end_s = int(query["summaryEndTimeInSeconds"])
        # before anything is noted, so that the same request is accepted later
        if self.too_early:
            self.too_early -= 1
            return _refused(HTTPStatus.BAD_REQUEST, "start before min start time of this user")
        # of another stretch, even of one that overlaps, nothing is remembered
        stretch = (user, kind, f"{start_s}-{end_s}")
        if stretch in self.requested:
            return _refused(HTTPStatus.CONFLICT, "duplicate backfill")
        self.requested.add(stretch)
        # what is requested under one name may be pushed under another
        name = _LISTS.get(kind, kind)
        played = self.users.get(user, PlayedGarmin(user=user))
        for record in played.records().get(name, []):
            # details hold the times of the activity one level deeper
            summary = record.get("summary", record)
            if start_s <= summary["startTimeInSeconds"] < end_s:
                self.outbox.append(push(**{name: [record]}))
        return Reply(status=HTTPStatus.ACCEPTED)


def _refused(status: int, why: str) -> Reply:
    return Reply(status=status, body=json.dumps({"errorMessage": why}).encode())
