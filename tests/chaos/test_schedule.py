"""A schedule depends on its seed alone.

Schedules are repeatable and complete, and every kind of fault has its turn.
"""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos import program
from tests.chaos.fault_actions import FAULT_ACTIONS
from tests.chaos.schedule import (
    KINDS,
    MOST_FAULTS,
    PRODUCERS,
    SESSION_S,
    Copy,
    Kind,
    Schedule,
    schedule,
    schedules,
)
from tests.chaos.world import CHAOS_NOW_MS, END_MS
from tests.rows import keyed, values_of

_SEEDS = st.integers(min_value=0, max_value=10**9)


def copies(plan: Schedule) -> list[Copy]:
    in_turns: list[Copy] = []
    for turn in plan.turns:
        in_turns += [*turn.before, *turn.during]
    return [*plan.first, *in_turns, *plan.rest]


def test_every_kind_is_a_row_and_an_action() -> None:
    assert values_of(KINDS, "kind") == list(dict.fromkeys(values_of(KINDS, "kind")))
    assert set(values_of(KINDS, "kind")) == set(Kind) == set(FAULT_ACTIONS)


@given(_SEEDS, st.integers(min_value=1, max_value=60))
def test_each_body_is_appended_once_to_three_times(seed: int, bodies: int) -> None:
    plan = schedule(seed, bodies)
    times = Counter(values_of(copies(plan), "body"))
    assert set(times) == set(range(bodies))
    assert set(times.values()) <= {1, 2, 3}
    assert plan.copies == times.total()
    assert set(values_of(copies(plan), "producer")) <= set(range(PRODUCERS))


@given(_SEEDS)
def test_a_schedule_is_its_seeds_alone(seed: int) -> None:
    assert list(schedules(seed - 2, 4, 30))[2] == schedule(seed, 30)
    assert schedule(seed, 30) != schedule(seed + 1, 30)


@given(_SEEDS)
def test_faults_keep_to_their_rows(seed: int) -> None:
    plan = schedule(seed, 30)
    assert 2 <= len(plan.turns) <= MOST_FAULTS
    rows = keyed(KINDS, "kind")
    for kind, number in Counter(values_of(plan.turns, "fault.kind")).items():
        assert number <= rows[kind].most
    for turn in plan.turns:
        row, targets = (
            rows[turn.fault.kind],
            plan.brokers if turn.fault.kind is Kind.BROKER_KILLED else plan.workers,
        )
        assert row.lasts_s[0] <= turn.fault.lasts_s <= row.lasts_s[1]
        assert 0 <= turn.fault.target < targets


def test_consecutive_seeds_meet_every_kind() -> None:
    for first in (0, 7, 123_456):
        met: set[Kind] = set()
        for plan in schedules(first, len(KINDS), 30):
            met.update(values_of(plan.turns, "fault.kind"))
        assert met == set(Kind)


def test_a_zombie_sleeps_past_its_session_and_the_clock_ends_past_every_step() -> None:
    rows = keyed(KINDS, "kind")
    assert rows[Kind.WORKER_ZOMBIE].lasts_s[0] > SESSION_S
    assert CHAOS_NOW_MS + rows[Kind.CLOCK_STEP].strength[1] * 1000 < END_MS


@pytest.mark.parametrize("seeds", ["-1", "0", "few"])
def test_no_schedules_are_refused_before_anything_starts(
    seeds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["chaos", "--seeds", seeds])
    with pytest.raises(SystemExit, match="2"):
        program.main()
