"""Polar AccessLink as a server on loopback: exercises of the third interface, on the platform.

Written from what Polar publishes, and not from our connector. It serves invented data only.
"""

from dataclasses import dataclass, field
from http import HTTPStatus

from simulate.vendors.platform import Arrived, Grant, PlatformServer, Reply

_TYPES = {
    "fit": "application/octet-stream",
    "tcx": "application/vnd.garmin.tcx+xml",
    "json": "application/json",
}


@dataclass(slots=True, kw_only=True)
class PolarServer(PlatformServer):
    """The simulated vendor; `exercises` has the files of each exercise by their kind."""

    title: str = "Polar, played"
    exercises: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def token_fields(self, grant: Grant) -> dict[str, object]:
        """Return the answer of the token endpoint, which names the user."""
        return {
            "access_token": grant.access,
            "token_type": "bearer",
            "expires_in": int(grant.ends_s - self.now_s()),
            "refresh_token": grant.refresh,
            "x_user_id": int(grant.user),
        }

    def interface(self, arrived: Arrived, user: str) -> Reply:
        """Return an exercise, or the answer to a registration or a withdrawal."""
        match (arrived.method, *arrived.route.split("/")[1:]):
            case ("GET", "v3", "exercises", entity, form) if form in _TYPES:
                return self._exercise(entity, form)
            case ("GET", "v3", "exercises", entity):
                return self._exercise(entity, "json")
            case ("POST", "v3", "users"):
                return Reply(status=HTTPStatus.CREATED, body=b"{}")
            case ("DELETE", "v3", "users", name) if name == user:
                self.withdraw(user)
                return Reply(status=HTTPStatus.NO_CONTENT)
        return Reply(status=HTTPStatus.NOT_FOUND, body=b"{}")

    def _exercise(self, entity: str, form: str) -> Reply:
        body = self.exercises.get(entity, {}).get(form)
        if body is not None:
            return Reply(body=body, kind=_TYPES[form])
        # a workout that was typed in has no file
        known = entity in self.exercises
        status = HTTPStatus.NO_CONTENT if known else HTTPStatus.NOT_FOUND
        return Reply(status=status, kind="")
