"""Withings as a server on loopback: lists by posted forms, subscriptions, and unsigned cues.

Written from what Withings publishes, and not from our connector. It holds invented data only. Every
answer has status 200; the status that counts is a number within.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from simulate.vendors.platform.exchanges import Arrived, Grant, Limit, Reply
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.vendor_truth import VendorTruth
from simulate.vendors.webhooks import SubscriptionBook, WebhookSender, answers_head

_PAGE = 2  # the real one is longer; a short one shows whether pages are followed
_CATEGORIES = {1: "walking", 2: "running", 6: "cycling"}
_WATCH = {"model": "ScanWatch 2", "model_id": 94}
_INVALID_TOKEN, _INVALID_PARAMS, _TOO_MANY, _NO_SERVICE = 401, 503, 601, 2554
_Json = dict[str, Any]


def is_withings_success(reply: Reply) -> bool:
    """Return whether an answer is taken for received: any status below 400."""
    return 0 < reply.status < HTTPStatus.BAD_REQUEST


@dataclass(slots=True, kw_only=True)
class WithingsServer(PlatformServer):
    """The simulated vendor. What it holds is by user; a list has one row for each key.

    `zone` is where its users live.
    """

    title: str = "Withings, played"
    authorize_path: str = "/oauth2_user/authorize2"
    token_path: str = "/v2/oauth2"  # noqa: S105 - a path
    form_client: bool = True
    pkce: bool = False
    strict: bool = False  # the spent refresh token holds for eight hours more
    limits: tuple[Limit, ...] = (Limit(seconds=60, requests=120),)
    zone: str = "Europe/Stockholm"
    days: dict[str, dict[str, _Json]] = field(default_factory=dict)
    workouts: dict[str, dict[int, _Json]] = field(default_factory=dict)
    samples: dict[str, dict[int, _Json]] = field(default_factory=dict)
    nights: dict[str, list[_Json]] = field(default_factory=dict)
    measures: dict[str, dict[int, _Json]] = field(default_factory=dict)
    sender: WebhookSender = field(init=False)
    book: SubscriptionBook = field(init=False)

    def __post_init__(self) -> None:
        self.sender = WebhookSender(
            now_s=self.now_s,
            content_type="application/x-www-form-urlencoded",
            is_received=is_withings_success,
            pauses_s=(10.0, 60.0, 3_600.0, 14_400.0),
        )
        self.book = SubscriptionBook(now_s=self.now_s, handshake=answers_head)

    # What a user does:

    def walk(self, user: str, start: datetime, minutes: int, category: int = 1) -> int:
        """Keep a workout with samples of each minute and the day's total; send the cue."""
        first = int(start.timestamp())
        for minute in range(minutes):
            at = first + minute * 60
            own = self.samples.setdefault(user, {})
            # counts and rates at different seconds: an entry has one of them, and no zero
            own[at] = {"steps": 90 + minute % 5, "duration": 60, **_WATCH}
            own[at + 30] = {"heart_rate": 100 + minute % 7, **_WATCH}
        self.workouts.setdefault(user, {})[first] = {
            "id": first,
            "category": category,
            "timezone": self.zone,
            "model": 94,
            "attrib": 0,
            "startdate": first,
            "enddate": first + minutes * 60,
            "date": start.date().isoformat(),
            "data": {"hr_average": 103, "calories": 5 * minutes},
            "modified": int(self.now_s()),
        }
        self._total(user, start.date())
        return first

    def _total(self, user: str, day: date) -> None:
        steps = 0
        for at, sample in self.samples.get(user, {}).items():
            local = datetime.fromtimestamp(at, ZoneInfo(self.zone)).date()
            steps += sample.get("steps", 0) if local == day else 0
        self.days.setdefault(user, {})[day.isoformat()] = {
            "date": day.isoformat(),
            "timezone": self.zone,
            "steps": steps,
            "modified": int(self.now_s()),
            "is_tracker": True,
            **_WATCH,
        }
        self.cue(user, "16", {"date": day.isoformat()})

    def sleep(self, user: str, start: datetime, end: datetime) -> None:
        """Keep a night of a watch, in two pieces, and send the cue."""
        first, last = int(start.timestamp()), int(end.timestamp())
        half = (first + last) // 2
        for begin, until in ((first, half), (half, last)):
            piece = {"startdate": begin, "enddate": until, "state": 1, "hr": {str(begin): 55}}
            self.nights.setdefault(user, []).append({**piece, **_WATCH})
        self.cue(user, "44", {"startdate": str(first), "enddate": str(last)})

    def weigh(self, user: str, at: datetime, grams: int) -> None:
        """Keep a measure of a scale, and send the cue."""
        second = int(at.timestamp())
        self.measures.setdefault(user, {})[second] = {
            "grpid": second,
            "attrib": 0,
            "date": second,
            "modified": int(self.now_s()),
            "category": 1,
            "model": "Body+",
            "measures": [{"value": grams, "type": 1, "unit": -3}],
        }
        self.cue(user, "1", {"startdate": str(second), "enddate": str(second)})

    def leave(self, user: str) -> None:
        """Take the permission back at the vendor, which says so."""
        self.cue(user, "46", {"action": "unlink"})
        self.revoke(user)

    def cue(self, user: str, category: str, fields: Mapping[str, str]) -> None:
        """Send a cue to the addresses of a user."""
        body = urlencode({"userid": user, "appli": category, **fields}).encode()
        # each user has addresses of its own
        for address in self.book.callbacks(category, user):
            self.sender.push(body, address)

    # Tokens:

    def token_fields(self, grant: Grant) -> dict[str, object]:
        """Return the answer of the token endpoint, nested."""
        plain = PlatformServer.token_fields(self, grant)
        inside = {name: value for name, value in plain.items() if name != "user_id"}
        return {"status": 0, "body": {**inside, "userid": grant.user}}

    def exchanged(self, arrived: Arrived) -> Reply:
        """Return the answer of the token endpoint; an error has status 200 as well."""
        if arrived.form.get("action") != "requesttoken":
            return _error(_NO_SERVICE, "Not implemented")
        reply = PlatformServer.exchanged(self, arrived)
        if reply.status == HTTPStatus.OK:
            return reply
        name = "refresh_token" if "refresh_token" in arrived.form else "code"
        return _error(_INVALID_PARAMS, f"Invalid Params: invalid {name}")

    # The interface:

    def answered(self, arrived: Arrived) -> Reply:
        """Return the answer to a user's request; without a token that holds it is 401 within."""
        user = self.user_of(arrived.authorization)
        if user is None:
            return _error(_INVALID_TOKEN, "XRequestID: invalid_token: expired or revoked")
        return self.interface(arrived, user)

    def interface(self, arrived: Arrived, user: str) -> Reply:
        """Return what a form asks for."""
        form = arrived.form
        lists: Mapping[tuple[str, str], Callable[[str, Mapping[str, str]], _Json]] = {
            ("/measure", "getmeas"): self._measures,
            ("/v2/measure", "getactivity"): self._days,
            ("/v2/measure", "getworkouts"): self._workouts,
            ("/v2/measure", "getintradayactivity"): self._intraday,
            ("/v2/sleep", "get"): self._nights,
        }
        if arrived.route == "/notify":
            return self._notify(user, form)
        read = lists.get((arrived.route, form.get("action", "")))
        if read is None or arrived.method != "POST":
            return _error(_NO_SERVICE, "No such action")
        return _reply(read(user, form))

    def _measures(self, user: str, form: Mapping[str, str]) -> _Json:
        rows = _changed(self.measures.get(user, {}).values(), form)
        return {
            "timezone": self.zone,
            "measuregrps": [row for row in rows if _is_timely(row, form)],
        }

    def _days(self, user: str, form: Mapping[str, str]) -> _Json:
        return _page(_changed(self.days.get(user, {}).values(), form), form, "activities")

    def _workouts(self, user: str, form: Mapping[str, str]) -> _Json:
        return _page(_changed(self.workouts.get(user, {}).values(), form), form, "series")

    def _intraday(self, user: str, form: Mapping[str, str]) -> _Json:
        first, last = int(form["startdate"]), int(form["enddate"])
        # a longer span is cut to its first day, without a word
        last = min(last, first + 86_400)
        own = self.samples.get(user, {})
        return {"series": {str(at): own[at] for at in sorted(own) if first <= at < last}}

    def _nights(self, user: str, form: Mapping[str, str]) -> _Json:
        first, last = int(form["startdate"]), int(form["enddate"])
        rows = self.nights.get(user, [])
        return {"series": [r for r in rows if r["startdate"] < last and r["enddate"] > first]}

    def _notify(self, user: str, form: Mapping[str, str]) -> Reply:
        action, category = form.get("action"), form.get("appli", "")
        address = form.get("callbackurl", "")
        if action == "list":
            rows = [_profile(row.about, row.callback) for row in self.book.of(user)]
            return _reply({"profiles": rows})
        if action == "subscribe":
            row = self.book.create(category, address, user)
            return _reply({}) if row else _error(_INVALID_PARAMS, "callbackurl is not reachable")
        for row in self.book.of(user):
            if action == "revoke" and (row.about, row.callback) == (category, address):
                self.book.delete(row.id)
                return _reply({})
        return _error(_INVALID_PARAMS, "no such subscription")

    # The truth:

    def truth(self, user: str) -> VendorTruth:
        """Return what must be known of a user."""
        truth = VendorTruth()
        for row in self.workouts.get(user, {}).values():
            span = row["startdate"] * 1000, row["enddate"] * 1000
            truth.workouts.add((*span, _CATEGORIES[row["category"]]))
        for row in self.days.get(user, {}).values():
            truth.days[date.fromisoformat(row["date"])] = {"steps": row["steps"]}
        for at, row in self.samples.get(user, {}).items():
            ms = at * 1000
            if "steps" in row:
                truth.counts.setdefault("steps", set()).add((ms, ms + 60_000, row["steps"]))
            if "heart_rate" in row:
                truth.samples.setdefault("heart_rate", set()).add((ms, row["heart_rate"]))
        for row in self.nights.get(user, []):
            truth.worn.add((row["startdate"] * 1000, row["enddate"] * 1000))
            for at, bpm in row["hr"].items():
                truth.samples.setdefault("heart_rate", set()).add((int(at) * 1000, bpm))
        for at, row in self.measures.get(user, {}).items():
            kg = row["measures"][0]["value"] / 1000
            truth.samples.setdefault("weight", set()).add((at * 1000, kg))
        return truth


def _changed(rows: Any, form: Mapping[str, str]) -> list[_Json]:  # noqa: ANN401 - of a dict
    """Return the rows that changed since `lastupdate`, or those of the dates that are named."""
    if "lastupdate" in form:
        return [row for row in rows if row["modified"] > int(form["lastupdate"])]
    first, last = form.get("startdateymd", ""), form.get("enddateymd", "9")
    return [row for row in rows if first <= str(row["date"]) <= last or "grpid" in row]


def _is_timely(row: _Json, form: Mapping[str, str]) -> bool:
    first, last = int(form.get("startdate", "0")), int(form.get("enddate", str(2**40)))
    return first <= int(row["date"]) <= last


def _page(rows: list[_Json], form: Mapping[str, str], name: str) -> _Json:
    begin = int(form.get("offset", "0"))
    more = begin + _PAGE < len(rows)
    return {name: rows[begin : begin + _PAGE], "more": more, "offset": begin + _PAGE if more else 0}


def _profile(about: str, callback: str) -> _Json:
    return {"appli": int(about), "callbackurl": callback, "expires": 2**31 - 1, "comment": ""}


def _reply(inside: _Json) -> Reply:
    return Reply(body=json.dumps({"status": 0, "body": inside}).encode())


def _error(status: int, text: str) -> Reply:
    return Reply(body=json.dumps({"status": status, "body": {}, "error": text}).encode())
