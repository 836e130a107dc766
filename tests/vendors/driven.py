"""A simulated vendor against our connector and readers, without a process, a log or a database.

The vendor's cues go through the door, with their proofs. What is read of them and of the answers is
held as storage holds it, and compared with what the vendor knows to be true.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from random import Random
from urllib.parse import urlencode

import httpx2

from fetcher.answers import Meaning, VendorResponse, meaning_of
from ingest.connector import Connector
from ingest.door import Door, Links
from ingest.http import vendor_app
from ingest.memory import MemoryBodies, MemoryLog, MemoryRevocations
from kadens.derivation.held_facts import HeldFacts, hold_facts
from model.facts import AttributedFact, DaySummary, Reject, Workout
from model.keyring import KeyRing
from model.received import Context, Fetch, Notice, Part
from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import Api
from parsers.formats import read_items
from simulate.vendors.platform.exchanges import Arrived
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.vendor_truth import VendorTruth
from simulate.vendors.webhooks import WebhookSender

_PATIENT, _HOME_ZONE = "p-1", "Europe/Stockholm"
_LONGEST_CHAIN = 400
_LINK_KEYS = KeyRing.single(b"no real key")


@dataclass(slots=True)
class Clock:
    """The time that the vendor, the door and the fetcher share, in seconds."""

    s: float

    def now_s(self) -> float:
        return self.s

    def now_ms(self) -> int:
        return round(self.s * 1000)


@dataclass(slots=True, kw_only=True)
class Driven:
    """The vendor, our side of it, and what our side has learnt."""

    connector: Connector
    server: PlatformServer
    clock: Clock
    key: str
    user: str
    access: str = ""
    facts: list[AttributedFact] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    requests: list[Fetch] = field(default_factory=list)
    meanings: list[Meaning] = field(default_factory=list)
    _waiting: dict[tuple[str, str], Fetch] = field(default_factory=dict)

    @property
    def api(self) -> Api:
        assert self.connector.api is not None
        return self.connector.api

    def deliver(self, sender: WebhookSender) -> list[int]:
        """Let what the vendor sends come to the door; return the statuses of its answers."""
        log = MemoryLog()
        app = vendor_app(self._door(log))
        statuses: list[int] = []
        for call in sender.waiting:
            headers = {
                "content-type": sender.content_type,
                **sender.sign(call.body, self.clock.now_s()),
            }
            answer = asyncio.run(_posted(app, call.callback, call.body, headers))
            statuses.append(answer.status_code)
        sender.waiting.clear()
        for event in log.events:
            context = event.envelope.context
            self.read(event.value, context, event.envelope.format or context.connector)
        return statuses

    def _door(self, log: MemoryLog) -> Door:
        return Door(
            connectors=(self.connector,),
            secrets={self.connector.name: (self.key,)},
            links=Links(keys=lambda: _LINK_KEYS, revoked=MemoryRevocations()),
            publisher=log,
            bodies=MemoryBodies(),
            clock=self.clock.now_ms,
        )

    def read(self, payload: bytes, context: Context, format_name: str) -> None:
        """Read a payload; what it announces waits until it is asked for."""
        for item in read_items(format_name, payload, context):
            match item:
                case Part():
                    self._hold(item, payload, context)
                case Fetch():
                    self._waiting[item.resource, item.key] = item
                case Notice():
                    self.notices.append(item)
                case Reject():
                    self.rejects.append(item)

    def _hold(self, part: Part, payload: bytes, context: Context) -> None:
        self.rejects += part.rejects
        kept = payload if part.kept is None else part.kept
        for fact in part.facts:
            held = AttributedFact(
                patient=_PATIENT,
                connector=self.connector.name,
                received_ms=context.received_ms,
                body=sha256(kept).hexdigest(),
                fact=fact,
            )
            self.facts.append(held)

    def fetch_all(self) -> None:
        """Ask for all that waits, and for what its answers announce, until nothing is left."""
        for _ in range(_LONGEST_CHAIN):
            if not self._waiting:
                return
            first = min(self._waiting.values(), key=lambda fetch: fetch.not_before_ms)
            del self._waiting[first.resource, first.key]
            self.clock.s = max(self.clock.s, first.not_before_ms / 1000) + 1
            self.ask(first)
        raise AssertionError("requests without an end")

    def ask(self, fetch: Fetch) -> None:
        assert self.api.request is not None
        request = self.api.request(fetch)
        self.api.check_reads(request)
        self.requests.append(fetch)
        response = self._answer(request)
        status = self.api.status_of(response.status, response.body)
        meaning = meaning_of(replace(response, status=status), request).meaning
        self.meanings.append(meaning)
        if meaning is Meaning.HERE:
            context = Context(
                connector=self.connector.name,
                content_type="application/json",
                received_ms=self.clock.now_ms(),
                requested=fetch,
            )
            self.read(response.body, context, fetch.format)

    def _answer(self, request: ApiRequest) -> VendorResponse:
        reply = self.server.answered(arrived_as(request, {"authorization": self.bearer()}))
        return VendorResponse(status=reply.status, headers={}, body=reply.body)

    def bearer(self) -> str:
        if not self.access:
            tokens = self.server.grant(self.user, 10 * 366 * 86_400)
            inside = tokens.get("body", tokens)
            assert isinstance(inside, dict)
            self.access = inside["access_token"]
        return f"Bearer {self.access}"

    def past(self, start_ms: int, end_ms: int) -> None:
        """Ask for a span of the past, as after linking."""
        assert self.api.backfill is not None
        for fetch in self.api.backfill.fetches(self.user, start_ms, end_ms):
            self._waiting[fetch.resource, fetch.key] = fetch
        self.fetch_all()

    def held(self) -> HeldFacts:
        return hold_facts(self.facts, _PATIENT, _HOME_ZONE)

    def known(self, metrics: frozenset[str]) -> VendorTruth:
        """Return what is known now, in the vendor's terms; of days only some `metrics`."""
        held = self.held()
        known = VendorTruth()
        for item in held.current_of_kind(Workout):
            assert isinstance(item.fact, Workout)
            span = item.fact.head.start_ms, item.fact.head.end_ms
            known.workouts.add((*span, item.fact.type))
        for item in held.current_of_kind(DaySummary):
            assert isinstance(item.fact, DaySummary)
            values = item.fact.values
            own = {name: values[name] for name in values if name in metrics}
            known.days[item.fact.local_date] = own
        for metric, start, end, value in _points(held):
            if metric == "wear":
                known.worn.add((start, end))
            elif end > start:
                known.counts.setdefault(metric, set()).add((start, end, value))
            else:
                known.samples.setdefault(metric, set()).add((start, value))
        return known


def _points(held: HeldFacts) -> Iterator[tuple[str, int, int, float]]:
    for column in held.columns:
        until = column.t if column.until is None else column.until
        rows = zip(column.t.tolist(), until.tolist(), column.v.tolist(), strict=True)
        for start, end, value in rows:
            yield column.metric, start, end, value


def arrived_as(request: ApiRequest, headers: dict[str, str]) -> Arrived:
    """Return a request of ours as the vendor gets it."""
    query = f"?{urlencode(request.query)}" if request.query else ""
    body = urlencode(request.form).encode() if request.form else request.json.encode()
    return Arrived(method=request.method, path=f"{request.path}{query}", headers=headers, body=body)


async def _posted(
    app: httpx2.ASGITransport | object, callback: str, body: bytes, headers: dict[str, str]
) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=transport) as client:
        return await client.post(callback, content=body, headers=headers)


def shuffler(seed: int) -> Random:
    """Return what shuffles, always in the same way for a seed."""
    return Random(seed)  # noqa: S311 - no secret
