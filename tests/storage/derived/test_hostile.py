"""One hostile body among honest ones, in the database: the same watermarks and states of days.

What `kadens derive` holds of the same bodies is what the worker stores.
"""

from collections.abc import Sequence
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.api.patient_queries import patient_day_states
from kadens.derivation.conclusions import conclude
from kadens.derivation.held_facts import hold_facts
from model.facts import AttributedFact
from storage.facts.writer import put_facts
from storage.people import consents
from storage.pg.pool import Connection
from storage.reads.clinic_queries import patient_brief
from stream.compute.day_states import DayStateInput, day_states
from stream.deriving import patient_inputs
from stream.deriving.batches import derive_written
from tests.derivation.test_hostile import FORTNIGHT_MANIFEST
from tests.fortnight import (
    EVERY_DAY,
    FORTNIGHT,
    FORTNIGHT_NOW_MS,
    Fortnight,
    assert_nothing_is_promised,
    fortnights,
)
from tests.hostile import FORTNIGHT_ZONE
from tests.storage.facts.test_life import EMBEDDED, Connected, connected, newborn

__all__ = ["connected"]


@st.composite
def _orders(draw: st.DrawFn) -> tuple[Fortnight, list[list[AttributedFact]]]:
    """Return a history, and its bodies in the order in which they are worked on."""
    item = draw(fortnights())
    return item, draw(st.permutations(item.batches()))


@EMBEDDED
@given(drawn=_orders())
@pytest.mark.parametrize("dsn", ["embedded"], indirect=True)
def test_no_body_passes_its_receipt_or_makes_silence_a_miss(
    connected: Connected, drawn: tuple[Fortnight, list[list[AttributedFact]]]
) -> None:
    runner, conn = connected
    item, order = drawn
    facts = list(chain.from_iterable(item.batches()))
    known = runner.run(_stored(conn, order))
    states = day_states(FORTNIGHT, known)
    assert_nothing_is_promised(facts, known.watermarks, states)
    held = hold_facts(facts, "p1", FORTNIGHT_ZONE)
    assert known.watermarks == held.watermarks
    assert states == day_states(FORTNIGHT, conclude(FORTNIGHT_MANIFEST, held).state_input)


async def _stored(conn: Connection, batches: Sequence[Sequence[AttributedFact]]) -> DayStateInput:
    """Return what the states of the dates depend on, after the worker has had each batch."""
    async with newborn(conn, FORTNIGHT_ZONE):
        for vendor in ("open_wearables", "files", "reports"):
            await consents.give_consent(conn, "p1", vendor, from_ms=0, now_ms=0)
        await patient_inputs.prescribe(conn, "p1", EVERY_DAY, 0)
        for batch in batches:
            await derive_written(conn, await put_facts(conn, batch))
        who = await patient_brief(conn, "unit", "p1")
        assert who is not None
        return await patient_day_states(conn, who, FORTNIGHT_NOW_MS, FORTNIGHT)
