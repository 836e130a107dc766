"""Junction as a server on loopback: ranges of what it has collected, for the key of a team.

Written from the interface that Junction publishes, and not from our connector. It serves invented
data only.
"""

import json
from dataclasses import dataclass, field
from http import HTTPStatus

from simulate.vendors.junction import PlayedJunction
from simulate.vendors.platform.exchanges import Arrived, Reply
from simulate.vendors.platform.server import PlatformServer

_KEY_HEADER = "x-vital-api-key"
_SUMMARIES = ("workouts", "activity", "sleep")
_SERIES = ("heartrate", "steps")


@dataclass(slots=True, kw_only=True)
class JunctionServer(PlatformServer):
    """The simulated hub: `users` by Junction's own ids; a page has `most` samples."""

    title: str = "Junction, played"
    api_key: str = "sk_eu_of_tests"
    users: dict[str, PlayedJunction] = field(default_factory=dict)
    most: int = 100

    def answered(self, arrived: Arrived) -> Reply:
        """Return the answer to a request with the team's key; nobody signs in."""
        if arrived.headers.get(_KEY_HEADER) != self.api_key:
            return Reply(status=HTTPStatus.UNAUTHORIZED, body=b'{"detail":"Invalid token"}')
        match (arrived.method, *filter(None, arrived.route.split("/"))):
            case ("GET", "v2", "summary", resource, user) if resource in _SUMMARIES:
                return self._ranged(arrived, user, resource)
            case ("GET", "v2", "timeseries", "workouts", workout, "stream"):
                return self._streamed(workout)
            case ("GET", "v2", "timeseries", user, resource, "grouped") if resource in _SERIES:
                return self._ranged(arrived, user, resource)
        return Reply(status=HTTPStatus.NOT_FOUND, body=b'{"detail":"Not Found"}')

    def _ranged(self, arrived: Arrived, user: str, resource: str) -> Reply:
        played = self.users.get(user)
        if played is None:
            return Reply(status=HTTPStatus.NOT_FOUND, body=b'{"detail":"No such user"}')
        query = arrived.query
        if not query.get("start_date") or not query.get("end_date"):
            return Reply(status=HTTPStatus.BAD_REQUEST, body=b'{"detail":"start_date"}')
        answer = played.answer(resource, query.get("next_cursor", ""), self.most)
        return Reply(body=json.dumps(answer).encode())

    def _streamed(self, workout: str) -> Reply:
        for played in self.users.values():
            stream = played.stream(workout)
            if stream is not None:
                return Reply(body=json.dumps(stream).encode())
        return Reply(status=HTTPStatus.NOT_FOUND, body=b'{"detail":"No such workout"}')
