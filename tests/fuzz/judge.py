"""What must hold of every payload; a failure is a `Find`. Reads the CPU clock."""

import resource
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path

from model.codec import decode_fact, dumps, encode_fact, loads, plain
from model.errors import BodyError
from model.facts import AttributedFact, Fact, Parsed, Reject
from model.received import Part
from model.storable import LAST_MS, fact_refusal
from parsers.formats import format_of, read_items
from stream.compute.derive import derive
from tests.fuzz.seeds import context_of
from tests.lives.circumstances import PROFILE, SHORT
from tests.oracle import window

CPU_SECONDS = 2.0
GROWTH = 300 * 1024 * 1024  # bytes that reading one body may take
DERIVE_SECONDS = 10.0
_ZONE = "America/Argentina/Buenos_Aires"


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """A payload that breaks a rule: which rule, and how."""

    connector: str
    body: bytes
    what: str


class Broken(AssertionError):  # noqa: N818 - reads as what was found
    """A rule that does not hold."""


def judge(connector: str, body: bytes, *rules: Callable[[str, bytes, Parsed], None]) -> Find | None:
    """Read a payload and check all rules; return the failure, or None."""
    try:
        parsed = _read(connector, body)
        if parsed is not None:
            _facts(parsed)
            for rule in rules:
                rule(connector, body, parsed)
    except Exception as error:  # noqa: BLE001 - whatever comes out is the find
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        at = f"{Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else ""
        return Find(
            connector=connector, body=body, what=f"{type(error).__name__} at {at}: {error}"[:300]
        )
    return None


def parse(connector: str, body: bytes) -> Parsed:
    """Return everything that a body holds, of all its accounts together; raises BodyError."""
    facts: list[Fact] = []
    rejects: list[Reject] = []
    accounts: list[str] = []
    complete = True
    for item in read_items(format_of(connector, body), body, context_of(connector)):
        if isinstance(item, Part):
            facts += item.facts
            rejects += item.rejects
            accounts.append(item.account)
            complete = complete and item.complete
        elif isinstance(item, Reject):
            rejects.append(item)
    return Parsed(
        account="/".join(accounts), facts=tuple(facts), rejects=tuple(rejects), complete=complete
    )


def _read(connector: str, body: bytes) -> Parsed | None:
    """Return what a payload holds, or None when it is refused.

    Raises what a reader must not raise, or Broken.
    """
    with warnings.catch_warnings(), _room():
        warnings.simplefilter("error")
        began = time.process_time()
        try:
            item = parse(connector, body)
        except BodyError:
            item = None
        took = time.process_time() - began
        if took > CPU_SECONDS:
            raise Broken(f"reading took {took:.1f} s of CPU")
        try:
            two = parse(connector, body)
        except BodyError:
            two = None
    if _bytes(item) != _bytes(two):
        raise Broken("read twice, it says two things")
    return item


@contextmanager
def _room() -> Iterator[None]:
    """Limit the growth of this process to `GROWTH` bytes; beyond it a MemoryError is raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    now = (
        int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        * resource.getpagesize()
    )
    resource.setrlimit(resource.RLIMIT_AS, (now + GROWTH, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _bytes(parsed: Parsed | None) -> object:
    return parsed and (
        parsed.account,
        parsed.rejects,
        parsed.complete,
        list(map(encode_fact, parsed.facts)),
    )


def _facts(parsed: Parsed) -> None:
    for fact in parsed.facts:
        if why := fact_refusal(fact):
            raise Broken(f"a fact that cannot be stored: {why}")
        written = encode_fact(fact)
        if encode_fact(decode_fact(loads(written))) != written:
            raise Broken("a fact that the codec changes")


def attributed_facts(
    connector: str, body: bytes, facts: Sequence[Fact], patient: str = "p1"
) -> list[AttributedFact]:
    """Return the facts of a body on their way."""
    digest = sha256(body).hexdigest()
    return [
        AttributedFact(
            patient=patient, connector=connector, received_ms=LAST_MS, body=digest, fact=fact
        )
        for fact in facts
    ]


def derives(connector: str, body: bytes, parsed: Parsed) -> None:
    """Check that the facts can be derived from, in bounded time, into rows that JSON can hold."""
    total = window(attributed_facts(connector, body, parsed.facts), _ZONE, (PROFILE,), (SHORT,))
    began = time.process_time()
    rows = derive(total)
    took = time.process_time() - began
    if took > DERIVE_SECONDS:
        raise Broken(f"deriving took {took:.1f} s of CPU")
    for row in (*rows.sessions, *rows.days):
        if b"null" in dumps(list(chain.from_iterable(map(_figures, getattr(row, "loads", ()))))):
            raise Broken("a figure that is no number")
        loads(dumps(plain(row)))


def _figures(load: object) -> list[float]:
    value = getattr(load, "value", None)
    return [] if value is None else [value, *getattr(load, "inputs", {}).values()]
