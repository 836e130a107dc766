"""Callers of the clinician door, signed in by a provider whose claims give unit and role.

Each caller is a column of the table in docs/access.md. Nothing here knows a status.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from tests.access.table import AccessRoute
from tests.clinic.sign_in.provider import Provider
from tests.clinic.test_matrix import path_of, sent
from tests.clinic_world import ALERTS, CLINIC_NOW, OTHER_UNIT, UNIT, Served
from web import csrf
from web.sign_in.cookies import derived_key

_PURPOSE = "VårdOchBehandling"
_SESSION_KEY = bytes.fromhex("01" * 32)  # of the secrets file that `settings_of` writes
_FOREIGN = "other site"
_ENDED = "ended"
# Column -> the unit and the roles that the provider claims, and what the caller did besides.
CLAIMED: dict[str, tuple[str, list[str]]] = {
    _ENDED: (UNIT, ["physiotherapist"]),
    _FOREIGN: (UNIT, ["physician"]),
    "clinician": (UNIT, ["physiotherapist"]),
    "prescriber": (UNIT, ["physiotherapist", "physician"]),
    "support": (UNIT, ["support"]),
    "clinician elsewhere": (OTHER_UNIT, ["physiotherapist"]),
    "prescriber elsewhere": (OTHER_UNIT, ["physician"]),
    "support elsewhere": (OTHER_UNIT, ["support"]),
}
EVERYBODY = ("nobody", *CLAIMED)
# What the writes of a route leave behind, which the next caller must not find.
_LEFT = (
    "pinned_note", "review", "annotation", "patient_label", "saved_filter", "rule_setting",
    "alert_note", "prescription_draft", "absence",
)  # fmt: skip
_CLEAN = "; ".join(f"delete from {table}" for table in _LEFT)  # noqa: S608 - constants above


# Of the two patients whom the routes name, directly or by an alert. Both people of the support
# staff get it, so that the unit alone decides.
_LET = """
with opened as (
  insert into support_case (patient, about, arrived_at, opened_by)
  select id, 'a watch', to_timestamp(%s / 1000.0), 'os:tester' from patient
  where pseudonym = 'p-snooze' or id = (select patient from alert where id = %s)
  returning id, patient, arrived_at)
insert into support_access (case_id, patient, staff, reason, given_by, from_at, until_at)
select id, patient, %s, 'to see', 'os:tester', arrived_at, arrived_at + interval '1 hour'
from opened"""


def let_support_look(callers: "ClinicCallers", staff: str) -> None:
    """Give a person of the support staff access to the patients of the routes."""
    callers.door.change(_LET, CLINIC_NOW, ALERTS["old"], staff)


def claims_of(caller: str, unit: object, roles: object) -> dict[str, Any]:
    """Return what the provider says of a person."""
    return {
        "sub": f"u-{caller.replace(' ', '-')}",
        "name": f"Invented {caller}",
        "care_unit": unit,
        "roles": roles,
        "commissionPurpose": _PURPOSE,
    }


@dataclass(slots=True, kw_only=True)
class ClinicCallers:
    """The served door, its provider, and the cookies of those who signed in."""

    door: Served
    provider: Provider
    app: FastAPI
    clock: Path
    cookies: dict[str, str] = field(default_factory=dict)

    def sign_in(self, claims: Mapping[str, Any]) -> httpx2.Response:
        """Sign a person in through the provider, and return the answer at the end of the way."""
        self.provider.person = dict(claims)
        with httpx2.Client(base_url=self.door.url) as browser:
            begun = browser.get("/sign-in")
            back = httpx2.get(begun.headers["location"]).headers["location"]
            return browser.get(back.removeprefix(self.door.url))

    def row(self, route: AccessRoute, who: Sequence[str] = EVERYBODY) -> dict[str, int]:
        """Return the status that each caller of `who` gets."""
        self._sign_everybody_in()
        row = {}
        for caller in who:
            self._clean()
            row[caller] = self._status(route, caller)
        if route[1] == "/sign-out":
            self.cookies.clear()
        return row

    def page(self, path: str, caller: str) -> httpx2.Response:
        """Return a page as a caller's browser gets it."""
        self._sign_everybody_in()
        headers = {"accept": "text/html", "cookie": self.cookies[caller]}
        return self.door.get(path, headers=headers)

    def form(self, path: str, caller: str, fields: Mapping[str, str]) -> httpx2.Response:
        """Send a form of this door as a caller."""
        self._sign_everybody_in()
        headers = {"origin": self.door.url, "cookie": self.cookies[caller]}
        data = {**fields, "token": self._token(caller)}
        return self.door.post(path, headers=headers, data=data)

    def again(self) -> None:
        """Let everybody sign in again, after the clock was moved."""
        self.cookies.clear()

    def _sign_everybody_in(self) -> None:
        for caller in CLAIMED.keys() - self.cookies.keys():
            answer = self.sign_in(claims_of(caller, *CLAIMED[caller]))
            assert answer.status_code == 303, (caller, answer.text)
            self.cookies[caller] = f"kadens-session={answer.cookies['kadens-session']}"
            if caller == _ENDED:
                self._ask("POST", "/sign-out", caller, data={"token": self._token(caller)})

    def _status(self, route: AccessRoute, caller: str) -> int:
        method, path = route[0], path_of(route[1], self.door, route[0])
        body = sent(route[1], "own") if method in {"POST", "PUT"} else {}
        if isinstance(form := body.get("data"), dict):
            form["token"] = self._token(caller)
        return self._ask(method, path, caller, **body)

    # Streamed, because the answer of "/events" has no end.
    def _ask(self, method: str, path: str, caller: str, **body: Any) -> int:  # noqa: ANN401
        origin = "https://evil.example" if caller == _FOREIGN else self.door.url
        headers = {"accept": "application/json", "origin": origin}
        if caller in self.cookies:
            headers["cookie"] = self.cookies[caller]
        url = f"{self.door.url}{path}"
        with httpx2.stream(method, url, headers=headers, timeout=30, **body) as answer:
            return answer.status_code

    def _token(self, caller: str) -> str:
        subject = claims_of(caller, "", "")["sub"]
        return csrf.form_token(derived_key(_SESSION_KEY, "forms"), subject, CLINIC_NOW)

    def _clean(self) -> None:
        self.door.change(_CLEAN)
