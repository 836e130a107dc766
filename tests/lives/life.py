"""What happens to the facts of a patient in life, as hypothesis strategies.

Lives are small, so that facts meet. Everything lies around one or two instants in a time zone: a
midnight of a zone of whole or half hours, or a night on which the clocks change. There are the same
workout by two routes, breaks, pauses, overlaps, equal instants, a record name at two sources,
revisions out of order, growing totals, impossible readings, retractions, data of months ago;
counts of two sources that overlap in part, marks of what was no exercise, versions that
`life_again` makes, bouts over midnight, and a payload that is received in the middle of what it
measures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from itertools import chain, repeat

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from model.calendar import MINUTE_MS, midnight
from model.facts import AttributedFact, Fact, Joining, SampleBlock
from model.intensity import HeartProfile
from model.prescription import Prescription
from model.versions.receipt import as_received, is_later
from tests.lives.circumstances import (
    CENTRES_MS,
    EARLY,
    EARLY_MIN,
    FORBIDDING,
    LIFE_BODIES,
    ON_A_BIKE,
    PLACES,
    PROFILE,
    RECEIVED_MS,
    SHORT,
    SHORTER,
    SLOWER,
    STATED_LATER_MS,
)
from tests.lives.happenings import life_happenings
from tests.lives.nights import life_evenings, life_nights
from tests.storage.life_again import stated_again


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A patient: where they live, the facts of their sources, and what the clinician sets.

    `later` are facts that were measured after their receipt; they must change nothing.
    """

    zone: str
    facts: tuple[AttributedFact, ...]
    later: tuple[AttributedFact, ...] = ()
    profiles: tuple[HeartProfile, ...] = ()
    prescriptions: tuple[Prescription, ...] = ()


@st.composite
def lives(draw: st.DrawFn, most: int = 8) -> Life:
    """Return a life of at most `most` happenings, each of up to three facts."""
    zone, day = draw(st.sampled_from(PLACES))
    first = midnight(day, zone)
    centres = [first + draw(st.sampled_from(CENTRES_MS)) for _ in range(draw(st.integers(1, 2)))]
    facts = list(chain.from_iterable(draw(life_happenings(centres, most))))
    early_ms = centres[0] + draw(st.sampled_from(EARLY_MIN)) * MINUTE_MS
    bodies = draw(st.lists(LIFE_BODIES, min_size=len(facts), max_size=len(facts)))
    sent = list(zip(facts, bodies, strict=True))
    for version in draw(stated_again(facts)):
        sent += zip(version, repeat(draw(LIFE_BODIES)))
    allowed, later = _as_received(sent, early_ms, is_file=draw(st.booleans()))
    assume(allowed)
    return Life(
        zone=zone,
        facts=unambiguous(allowed),
        later=unambiguous(later),
        profiles=draw(
            st.sampled_from([(PROFILE,), (PROFILE,), (PROFILE, SLOWER), (SLOWER, FORBIDDING), ()])
        ),
        prescriptions=draw(
            st.sampled_from([(), (SHORT,), (SHORT, SHORTER), (SHORT, SHORTER, ON_A_BIKE)])
        ),
    )


@st.composite
def night_lives(draw: st.DrawFn) -> Life:
    """Return a life of which nothing is known but what is near a midnight."""
    zone, day = draw(st.sampled_from([*PLACES, ("America/New_York", date(2026, 11, 1))]))
    at = st.sampled_from([0, 0, 0, 30_000]).map(lambda ms: midnight(day, zone) + ms)
    happens = st.one_of(life_nights(at), life_nights(at), life_evenings(at))
    facts = list(chain.from_iterable(draw(st.lists(happens, min_size=1, max_size=3))))
    return Life(
        zone=zone,
        facts=unambiguous([attributed(fact, draw(st.sampled_from("abce"))) for fact in facts]),
        profiles=draw(st.sampled_from([(PROFILE,), (PROFILE,), (PROFILE, SLOWER), ()])),
        prescriptions=draw(st.sampled_from([(), (SHORT,), (SHORT, SHORTER)])),
    )


def _as_received(
    sent: Iterable[tuple[Fact, str]], early_ms: int, *, is_file: bool
) -> tuple[list[AttributedFact], list[AttributedFact]]:
    """Return what the receipts of bodies allow, and what is later than they are."""
    allowed: list[AttributedFact] = []
    early: list[Fact] = []
    for fact, body in sent:
        if body == EARLY:
            early.append(fact)
        else:
            allowed.append(attributed(fact, body))
    later = [fact for fact in early if is_later(fact, early_ms)]
    kept = as_received(early, early_ms, is_file=is_file).facts
    allowed += _of_early_body(kept, early_ms)
    return allowed, _of_early_body(later, early_ms)


def _of_early_body(facts: Iterable[Fact], early_ms: int) -> list[AttributedFact]:
    return [attributed(fact, EARLY, received_ms=early_ms) for fact in facts]


def attributed(
    fact: Fact, body: str = "a", patient: str = "p1", *, received_ms: int | None = None
) -> AttributedFact:
    """Return a fact on its way; `b` is stated first, then `e`, `a` and `c`.

    `received_ms` is the receipt of a body that is not one of these.
    """
    return AttributedFact(
        patient=patient,
        connector=fact.head.source.vendor,
        received_ms=RECEIVED_MS[body] if received_ms is None else received_ms,
        body=sha256(body.encode()).hexdigest(),
        fact=fact,
        stated_ms=STATED_LATER_MS.get(body, 0),
    )


def unambiguous(facts: Sequence[AttributedFact]) -> tuple[AttributedFact, ...]:
    """Keep the contract of parsers: a payload has each part of a record once."""
    seen: dict[object, AttributedFact] = {}
    for fact in facts:
        head = fact.fact.head
        metric, part = (
            (fact.fact.metric, fact.fact.part) if isinstance(fact.fact, SampleBlock) else ("", 0)
        )
        seen.setdefault(
            (head.source, head.record, head.revision, fact.body, type(fact.fact), metric, part),
            fact,
        )
    return tuple(seen.values())


def split(life: Life) -> Life:
    """Return the same life with every block split into two halves.

    The derived rows must be the same.
    """
    return replace(life, facts=tuple(chain.from_iterable(map(_halves, life.facts))))


def _halves(attributed_fact: AttributedFact) -> list[AttributedFact]:
    fact = attributed_fact.fact
    if not isinstance(fact, SampleBlock):
        return [attributed_fact]
    middle = int(
        np.searchsorted(fact.t, fact.t[len(fact.t) // 2])
    )  # never between two samples of one instant
    return [
        replace(attributed_fact, fact=_half(fact, slice(None, middle), 0)),
        replace(attributed_fact, fact=_half(fact, slice(middle, None), 1)),
    ]


def _half(block: SampleBlock, some: slice, n: int) -> SampleBlock:
    """Return a part of a block: for a record another part, for a stream another block."""
    until = None if block.until is None else block.until[some]
    cut = replace(block, t=block.t[some], v=block.v[some], until=until)
    if block.joining is Joining.RECORD:
        return replace(cut, part=2 * block.part + n)
    return replace(cut, head=replace(block.head, record=f"{block.head.record}/{n}"))
