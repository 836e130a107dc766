"""Each property sees the fault that it is for: it fails as soon as that fault is planted."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from model.derived.days import Day, TypeTotal, Week
from model.derived.sessions import Session, SourceSelection
from model.fact_properties import measured_until_ms
from model.facts import AttributedFact
from model.intensity import ZoneTimes
from tests.depth import INVARIANT
from tests.derivation.test_adding_up import (
    test_the_steps_of_a_date_are_those_of_the_source_selected_in_each_minute as steps_property,
)
from tests.derivation.test_adding_up import (
    test_zones_unknown_and_paused_time_are_the_elapsed_time_at_every_level as times_property,
)
from tests.derivation.test_hostile import (
    test_no_body_passes_its_receipt_or_makes_silence_a_miss as silence_property,
)
from tests.fortnight import fortnights
from tests.lives.life import lives

_FEW = settings(
    INVARIANT, max_examples=400, phases=(Phase.generate,), database=None, derandomize=True
)
_Result = Callable[[Any], Any]  # what a function gives, changed


def _session(session: Session) -> Session:
    zones = replace(session.zones, unknown=session.zones.unknown + 1)
    return replace(session, zones=zones)


def _day(day: Day) -> Day:
    return replace(day, paused_ms=day.paused_ms + 1)


def _week(week: Week) -> Week:
    return replace(week, elapsed_ms=week.elapsed_ms + 1)


def _week_steps(week: Week) -> Week:
    return replace(week, steps=(week.steps or 0) + 1)


def _types(totals: tuple[TypeTotal, ...]) -> tuple[TypeTotal, ...]:
    return totals[1:]


def _volume(_: ZoneTimes) -> ZoneTimes:
    return ZoneTimes()


def _raised(steps: int | None) -> int | None:
    return None if steps is None else steps + 1


def _first_only(selections: tuple[SourceSelection, ...]) -> tuple[SourceSelection, ...]:
    return selections[:1]


_DERIVE, _DAY_ROWS = "stream.compute.derive", "stream.compute.day_rows"
_COUNTED = "stream.compute.sessions.sessions_of_dates"
_HELD, _STATES = "kadens.derivation.held_facts", "stream.compute.day_states"
# What is planted: the property, where a function is used, and what its result becomes.
_PLANTED: Mapping[str, tuple[Any, str, _Result]] = {
    "a millisecond of a session": (times_property, f"{_COUNTED}.derive_session", _session),
    "a millisecond of a day": (times_property, f"{_DERIVE}.derive_day", _day),
    "a millisecond of a week": (times_property, "tests.oracle.week_of_days", _week),
    "a step of a week": (times_property, "tests.oracle.week_of_days", _week_steps),
    "a type of session left out": (times_property, f"{_DAY_ROWS}._by_type", _types),
    "minutes of a day lost": (times_property, f"{_DAY_ROWS}.zone_times_between", _volume),
    "a step too many": (steps_property, f"{_DAY_ROWS}._counted", _raised),
    "steps added to the stated ones": (steps_property, f"{_DAY_ROWS}._greater", _raised),
    "minutes of another source": (steps_property, f"{_DERIVE}.source_selections", _first_only),
    "a day that nobody wore": (silence_property, f"{_STATES}._was_worn", lambda _: True),
    "a day that is not over": (silence_property, f"{_STATES}._has_synced", lambda _: True),
}
_STRATEGIES: Mapping[Any, st.SearchStrategy[Any]] = {
    times_property: lives(),
    steps_property: lives(),
    silence_property: fortnights(),
}


def _fails(property_: Any) -> bool:  # noqa: ANN401 - a test of hypothesis
    """Return whether a property fails for one of a few examples."""
    check = property_.hypothesis.inner_test

    @_FEW
    @given(item=_STRATEGIES[property_])
    def look(item: object) -> None:
        check(item)

    try:
        look()
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("name", _PLANTED)
def test_a_planted_fault_is_seen(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    property_, where, changed = _PLANTED[name]
    module, _, function = where.rpartition(".")
    right = getattr(__import__(module, fromlist=[function]), function)
    monkeypatch.setattr(where, lambda *values, **named: changed(right(*values, **named)))
    assert _fails(property_)


def _until(item: AttributedFact) -> int | None:
    return measured_until_ms(item.fact)


def test_a_watermark_of_the_future_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    # readers refuse what is later, and storage refuses it again; the third fault shows itself alone
    monkeypatch.setattr(f"{_HELD}.delivered_until_ms", _until)
    assert _fails(silence_property)
