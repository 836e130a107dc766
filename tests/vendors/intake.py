"""Receives what a simulated vendor pushes and answers, without processes, as the worker does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from random import Random

from ingest.connector import Connector
from ingest.proving.evidence import Evidence
from ingest.proving.verify import Check, Verdict
from kadens.derivation.held_facts import HeldFacts, hold_facts
from model.calendar import MINUTE_MS
from model.envelope import Envelope
from model.facts import AttributedFact, Reject
from model.received import Context, Fetch, Notice, Part
from model.vendor_api import ApiRequest
from parsers.formats import read_items
from simulate.vendors.platform.exchanges import Arrived, Reply
from tests.rows import of_type

Asks = Callable[[Arrived], Reply]


def as_known(fetch: Fetch) -> Fetch:
    """Return what the reader of an answer knows of its fetch: what travels with the answer."""
    envelope = Envelope(connector="", received_ms=0, sha256="", size=0, requested=fetch)
    known = Envelope.read(envelope.headers()).requested
    assert known is not None
    return known


@dataclass(slots=True, kw_only=True)
class Intake:
    """What was received of one user of a connector: each body with its context.

    `ask` is the vendor's interface. `began_ms` is when the first body was received (epoch ms), the
    others came a minute apart.
    """

    row: Connector
    ask: Asks
    zone: str
    began_ms: int
    received: list[tuple[bytes, Context]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    requests: list[ApiRequest] = field(default_factory=list)

    def take(self, *bodies: bytes) -> None:
        """Receive pushes, and then every answer to what they announce."""
        for body in bodies:
            self.fetch(*self._read(body, Context(connector=self.row.name)))

    def fetch(self, *fetches: Fetch) -> None:
        """Ask for something, and for all that its answers lead to; 204 and 404 have no data."""
        waiting = list(fetches)
        while waiting:
            fetch = waiting.pop(0)
            reply = self.ask(self._arrived(fetch))
            assert reply.status in {200, 204, 404}
            if reply.status == 200:
                known = as_known(fetch)
                context = Context(connector=self.row.name, requested=known, zone=self.zone)
                waiting += self._read(reply.body, context)

    def _arrived(self, fetch: Fetch) -> Arrived:
        api = self.row.api
        assert api is not None
        assert api.request is not None
        request = api.request(fetch)
        api.check_reads(request)
        self.requests.append(request)
        query = "&".join(f"{name}={value}" for name, value in request.query)
        return Arrived(method=request.method, path=f"{request.path}?{query}".rstrip("?"))

    def _read(self, body: bytes, context: Context) -> list[Fetch]:
        context = replace(context, received_ms=self.began_ms + len(self.received) * MINUTE_MS)
        self.received.append((body, context))
        items = list(read_items(self._format(context), body, context))
        self.notices += of_type(Notice, items)
        self.rejects += of_type(Reject, items)
        return of_type(Fetch, items)

    def _format(self, context: Context) -> str:
        return context.requested.format if context.requested else self.row.format(context)

    def held(self, order: Sequence[int], *, again: bool = False) -> HeldFacts:
        """Return what is current of the bodies in some order; `again`: as a replay reads them."""
        facts: list[AttributedFact] = []
        for number in order:
            body, context = self.received[number]
            for part in of_type(Part, list(read_items(self._format(context), body, context))):
                self.rejects += part.rejects
                facts += self._attributed(part, body, context, again=again)
        return hold_facts(facts, "p1", self.zone)

    def _attributed(
        self, part: Part, body: bytes, context: Context, *, again: bool
    ) -> list[AttributedFact]:
        kept = body if part.kept is None else part.kept
        if again:
            # nothing is known of a kept body but itself and its receipt
            alone = Context(connector=context.connector, received_ms=context.received_ms)
            (part,) = of_type(Part, list(read_items(self._format(context), kept, alone)))
        facts = []
        for fact in part.facts:
            attributed = AttributedFact(
                patient="p1",
                connector=self.row.name,
                received_ms=context.received_ms,
                body=sha256(kept).hexdigest(),
                fact=fact,
            )
            facts.append(attributed)
        return facts

    def mixed(self, seed: int) -> list[int]:
        """Return an order of all bodies, shuffled, with half of them doubled."""
        random = Random(seed)  # noqa: S311 - nothing secret
        order = list(range(len(self.received)))
        order += random.choices(order, k=len(order) // 2)
        random.shuffle(order)
        return order


def verdict_on(row: Connector, evidence: Evidence, body: bytes) -> Verdict:
    """Return the verdict of a connector's proof on a body."""
    check = row.proof.begin(evidence)
    if isinstance(check, Check):
        check.update(body)
        return check.verdict()
    return check
