"""Callers of the patient door. Each is a column of the table in docs/access.md.

Every request of a row names what belongs to the patient of the column "own": links, and whatever
else a route takes. Nothing here knows a status.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from model.privacy.requests import RightKind
from patient.visit import IDLE_MS
from tests.access.table import AccessRoute
from tests.patient.link_world import LinkWorld
from tests.patient.test_entry import door_link, signed_in, token_of_form
from tests.patient.test_rights import answered_request

NO_TOKEN, OTHER_SITE, OWN_CALLER = "own, no token", "other site", "own"
CALLED = ("nobody", "ended", "expired", OTHER_SITE, NO_TOKEN, OWN_CALLER, "other patient")
# What a form sends besides its token, by the end of the route.
_FORMS: Mapping[str, Mapping[str, str]] = {
    "/connect/{link}": {"answer": "agree"},
    "/rights": {"kind": "access"},
    "/sources/connect": {"source": "polar"},
    "/sources/withdraw": {"source": "polar"},
    "/report": {"key": "k" * 32, "agree": "yes", "pain_none": "3"},
}


@dataclass(slots=True, kw_only=True)
class PatientCallers:
    """The served door, the patient of the column "own", and cookies and tokens of the others."""

    world: LinkWorld
    patient: str = ""
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def row(self, route: AccessRoute) -> dict[str, int]:
        """Return the status that each caller gets, each with ids that nobody used before."""
        row = {}
        for caller in CALLED:
            self.patient = self.world.patient()
            self.sign_in(caller)
            row[caller] = self.status(route, caller)
        return row

    def sign_in(self, caller: str) -> None:
        """Sign the caller in, and end the session of those whose session is over."""
        self.cookies[caller] = {}
        if caller == "nobody":
            return
        who = self.world.patient() if caller == "other patient" else self.patient
        with signed_in(self.world, who) as browser:
            self.cookies[caller] = dict(browser.cookies)
            self.tokens[caller] = token_of_form(browser)
            if caller == "ended":
                assert browser.post("/leave", data=self._form("", caller)).status_code == 200
        if caller == "expired":
            self.world.now_ms += IDLE_MS

    def status(self, route: AccessRoute, caller: str) -> int:
        """Return the status that a caller gets at a route."""
        method, path = route
        headers = {"origin": "https://evil.example" if caller == OTHER_SITE else self.world.url}
        body: dict[str, Any] = (
            {} if method in {"GET", "HEAD"} else {"data": self._form(path, caller)}
        )
        cookies = self.cookies[caller]
        url = self.address(path)
        with httpx2.Client(cookies=cookies, headers=headers, timeout=30) as browser:
            return browser.request(method, url, **body).status_code

    def _form(self, path: str, caller: str) -> dict[str, str]:
        token = "" if caller == NO_TOKEN else self.tokens.get(caller, "")
        return {"token": token, **_FORMS.get(path, {})}

    def address(self, route: str) -> str:
        """Return the address of a route, with a new link of the patient where it takes one."""
        if route.startswith("/enter/"):
            return door_link(self.world, self.patient)
        if route.startswith("/connect/"):
            return self.world.invite(self.patient) + route.removeprefix("/connect/{link}")
        number = 0
        if "{number}" in route:
            number = answered_request(self.world, self.patient, RightKind.ACCESS, b"PK")
        names = {"connector": "polar", "outcome": "connected", "name": "own.css", "why": "late"}
        filled = route.format(**names, number=number)
        return self.world.url + filled
