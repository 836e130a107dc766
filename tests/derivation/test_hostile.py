"""One hostile body among honest ones: no watermark passes its receipt, and no silence is a miss."""

from itertools import chain

from hypothesis import find, given, settings

from kadens.derivation.conclusions import Conclusions, conclude
from kadens.derivation.held_facts import HeldFacts, hold_facts
from kadens.derivation.manifest import Manifest
from model.codec import dumps, plain
from model.derived.days import DayState
from stream.compute.day_states import day_states
from tests.depth import INVARIANT
from tests.fortnight import (
    EVERY_DAY,
    FORTNIGHT,
    FORTNIGHT_NOW_MS,
    Fortnight,
    assert_nothing_is_promised,
    fortnights,
)
from tests.hostile import FORTNIGHT_ZONE

FORTNIGHT_MANIFEST = Manifest.model_validate_json(
    dumps({"zone": FORTNIGHT_ZONE, "now": FORTNIGHT_NOW_MS, "prescriptions": [plain(EVERY_DAY)]})
)


def held_of(item: Fortnight) -> tuple[HeldFacts, Conclusions]:
    held = hold_facts(chain.from_iterable(item.batches()), "p1", FORTNIGHT_ZONE)
    return held, conclude(FORTNIGHT_MANIFEST, held)


@INVARIANT
@given(item=fortnights())
def test_no_body_passes_its_receipt_or_makes_silence_a_miss(item: Fortnight) -> None:
    held, conclusions = held_of(item)
    facts = list(chain.from_iterable(item.batches()))
    states = day_states(FORTNIGHT, conclusions.state_input)
    assert_nothing_is_promised(facts, held.watermarks, states)
    for source, at_ms in held.watermarks.items():
        assert at_ms <= FORTNIGHT_NOW_MS, source


def test_the_histories_hold_both_misses_and_silence() -> None:
    """Without these, the property above could not fail."""

    def has(item: Fortnight) -> bool:
        states = set(day_states(FORTNIGHT, held_of(item)[1].state_input).values())
        return {DayState.NO_ACTIVITY, DayState.NOT_WORN, DayState.NO_DATA} <= states

    find(fortnights(), has, settings=settings(INVARIANT, max_examples=500))
