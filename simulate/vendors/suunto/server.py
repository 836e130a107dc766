"""Suunto as a server on loopback: sign-in, workouts with their files, samples of all day.

Written from what Suunto publishes and from published open code, and not from our connector. It
serves invented data only.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from simulate.vendors.platform.exchanges import Arrived, Grant, Reply
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.suunto.bodies import (
    PlayedSuunto,
    SuuntoJson,
    suunto_file,
    suunto_night,
    suunto_sample,
    suunto_summary,
)

_MOST_ROWS = 100  # of a list of workouts
_MOST_MS = 28 * 86_400_000  # of samples in one answer
_DAY_S = 86_400
_KEY_HEADER = "ocp-apim-subscription-key"


@dataclass(slots=True, kw_only=True)
class SuuntoServer(PlatformServer):
    """The simulated vendor; `settled` says whether it knows the ends of its workouts by now.

    `subscription` is the key of our application, without which nothing is answered.
    """

    title: str = "Suunto, played"
    token_life_s: float = _DAY_S
    subscription: str = "subscription-of-tests"
    users: dict[str, PlayedSuunto] = field(default_factory=dict)
    settled: bool = True

    def token_fields(self, grant: Grant) -> dict[str, object]:
        """Return the answer of the token endpoint, which names the user."""
        return {
            "access_token": grant.access,
            "token_type": "bearer",
            "expires_in": int(grant.ends_s - self.now_s()),
            "refresh_token": grant.refresh,
            "scope": "workout",
            "user": grant.user,
        }

    def rate_headers(self, used: list[int]) -> dict[str, str]:
        """Return no header: Suunto says nothing of rates before they are used up."""
        del used
        return {}

    def interface(self, arrived: Arrived, user: str) -> Reply:
        """Return workouts, a file or samples of a user, or the answer to giving the user up."""
        if arrived.route == "/oauth/deauthorize":
            return self._given_up(arrived, user)
        if arrived.headers.get(_KEY_HEADER) != self.subscription:
            why = b'{"statusCode":401,"message":"Access denied due to missing subscription key."}'
            return Reply(status=HTTPStatus.UNAUTHORIZED, body=why)
        return self._content(arrived, self.users.get(user, PlayedSuunto(user=user)))

    def _content(self, arrived: Arrived, played: PlayedSuunto) -> Reply:
        match (arrived.method, *filter(None, arrived.route.split("/"))):
            case ("GET", "v3", "workouts"):
                return self._listed(arrived, played)
            case ("GET", "v3", "workouts", key):
                return self._workout(played, key)
            case ("GET", "v3", "workouts", key, "fit"):
                return _file(played, key)
            case ("GET", "247samples", series):
                return _samples(arrived, played, series)
        return _missing()

    def _given_up(self, arrived: Arrived, user: str) -> Reply:
        if arrived.query.get("client_id") != self.client_id:
            return Reply(status=HTTPStatus.BAD_REQUEST, body=b"{}")
        self.withdraw(user)
        return Reply(body=b"{}")

    def _listed(self, arrived: Arrived, played: PlayedSuunto) -> Reply:
        # without bounds it lists everything, as the vendor does
        query = arrived.query
        since, until = int(query.get("since", "0")), int(query.get("until", "9" * 15))
        # a greater limit is lowered without a word
        limit = min(int(query.get("limit", "50")), _MOST_ROWS)
        offset = int(query.get("offset", "0"))
        some = [item for item in played.workouts if since <= item.start_s * 1000 < until]
        page = some[offset : offset + limit]
        return _payload([suunto_summary(item, is_settled=self.settled) for item in page])

    def _workout(self, played: PlayedSuunto, key: str) -> Reply:
        for workout in played.workouts:
            if workout.key == key:
                return _payload(suunto_summary(workout, is_settled=self.settled))
        return _missing()


def _file(played: PlayedSuunto, key: str) -> Reply:
    for workout in played.workouts:
        if workout.key == key:
            return Reply(body=suunto_file(workout), kind="application/octet-stream")
    return _missing()


def _samples(arrived: Arrived, played: PlayedSuunto, series: str) -> Reply:
    start, end = int(arrived.query["from"]), int(arrived.query["to"])
    # Suunto refuses longer stretches as a whole
    if end - start > _MOST_MS:
        return Reply(status=HTTPStatus.BAD_REQUEST, body=b'{"error":"more than 28 days"}')
    rows: list[SuuntoJson] = []
    if series == "activity":
        some = [sample for sample in played.samples if start <= sample.at_s * 1000 < end]
        rows = list(map(suunto_sample, some))
    if series == "sleep":
        nights = [night for night in played.nights if start <= night.start_s * 1000 < end]
        rows = list(map(suunto_night, nights))
    return Reply(body=json.dumps(rows).encode())


def _payload(content: SuuntoJson | Sequence[SuuntoJson]) -> Reply:
    # even a single workout is wrapped
    answer = {"error": None, "payload": content, "metadata": {"ts": "1779025734324"}}
    return Reply(body=json.dumps(answer).encode())


def _missing() -> Reply:
    return Reply(status=HTTPStatus.NOT_FOUND, body=b'{"error":"not found"}')
