"""What `kadens derive` holds of any life is what the oracle says, in whatever order it came."""

from collections.abc import Sequence
from itertools import chain, repeat

from hypothesis import given

from kadens.derivation.conclusions import day_and_week_rows
from kadens.derivation.held_facts import hold_facts
from model.facts import AttributedFact
from stream.compute.derive import derive
from stream.compute.row_changes import selection_changes
from tests import oracle
from tests.depth import INVARIANT
from tests.lives.life import Life
from tests.stream.compute.test_life import shuffled


def held_rows(life: Life, facts: Sequence[AttributedFact]) -> oracle.Rows:
    """Return the rows that the command shows of facts."""
    window = hold_facts(facts, "p1", life.zone).window(life.profiles, life.prescriptions)
    derived = derive(window)
    days, weeks = day_and_week_rows(window, derived)
    selections = selection_changes({}, {0: derived}).put
    in_order = chain.from_iterable(map(selections.get, sorted(selections), repeat(())))
    return oracle.Rows(
        sessions=derived.sessions,
        days=tuple(days.values()),
        weeks=tuple(weeks.values()),
        selections=tuple(in_order),
    )


@INVARIANT
@given(drawn=shuffled())
def test_any_order_and_repetition_gives_the_rows_of_the_oracle(
    drawn: tuple[Life, Sequence[AttributedFact]],
) -> None:
    life, facts = drawn
    wanted = oracle.rows(life.facts, life.zone, life.profiles, life.prescriptions)
    assert held_rows(life, facts).as_bytes() == wanted.as_bytes()
