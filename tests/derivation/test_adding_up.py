"""Every figure of a level is the sum of the level below: minutes, sessions, types, days and weeks.

Zones, unknown and paused time are the elapsed time at every level, and the steps of a date are
those of the source selected in each minute.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import fsum, isclose

from hypothesis import given

from model.calendar import MINUTE_MS, day_bounds
from model.derived.days import Day, TypeTotal, Week
from model.derived.sessions import SourceSelection
from model.facts import Source
from model.intensity import ZoneTimes
from model.prescribing.credit import credited_totals, is_credited
from model.prescription import Prescription
from stream.compute.derive import derive
from tests import oracle
from tests.depth import INVARIANT
from tests.lives.life import Life, lives
from tests.rows import matching, values_of
from tests.stream.compute.test_life import assert_adds_up, full_window
from tests.stream.counted import counted_by_minute

_SUMS = ("sessions", "session_ms", "elapsed_ms", "paused_ms", "exertion_ms", "exertion_dose_ms")
_RANGES = ("in_range_ms", "range_known_ms")
_NEARLY = 1e-6  # of a step: the order of adding may change the last digit


@INVARIANT
@given(life=lives())
def test_zones_unknown_and_paused_time_are_the_elapsed_time_at_every_level(life: Life) -> None:
    rows = oracle.derived(full_window(life))
    for session in rows.sessions:
        assert_adds_up(session)
    for day in rows.days:
        start, end = day_bounds(day.local_date, life.zone)
        assert day.volume.total == end - start
        assert_time_adds_up(day)
        assert_types_add_up(day)
        for prescription in life.prescriptions:
            assert_credited_adds_up(day, prescription)
    for week in rows.weeks:
        assert_time_adds_up(week)
        assert_is_sum_of_days(week, rows.days)


def assert_time_adds_up(row: Day | Week) -> None:
    assert row.zones.total + row.paused_ms == row.elapsed_ms
    assert row.zones.total == row.session_ms
    assert min(row.zones.unknown, row.volume.unknown, row.paused_ms) >= 0
    assert 0 <= row.exertion_ms <= row.zones.unknown
    assert 0 <= row.exertion_dose_ms <= 2 * row.exertion_ms
    assert 0 <= row.in_range_ms <= row.range_known_ms


def assert_types_add_up(day: Day) -> None:
    """Assert that the sessions of a date by their type are the sessions of the date."""
    assert _zones_of(day.by_type) == day.zones
    for name in ("sessions", "exertion_ms", *_RANGES):
        assert sum(values_of(day.by_type, name)) == getattr(day, name)
    zones = day.zones
    dose_ms = zones.moderate + 2 * (zones.vigorous + zones.near_max) + day.exertion_dose_ms
    assert isclose(fsum(values_of(day.by_type, "dose_min")), dose_ms / MINUTE_MS, abs_tol=1e-9)


def assert_credited_adds_up(day: Day, prescription: Prescription) -> None:
    """Assert that a date is what counts for a prescription, and what does not."""
    credited = credited_totals(prescription, day.by_type)
    other = [row for row in day.by_type if not is_credited(prescription, row.type)]
    assert _zones_of([*credited, *other]) == day.zones


def assert_is_sum_of_days(week: Week, days: Sequence[Day]) -> None:
    sunday = week.monday + timedelta(days=6)
    own = [day for day in days if week.monday <= day.local_date <= sunday]
    for name in (*_SUMS, *_RANGES):
        assert getattr(week, name) == sum(values_of(own, name))
    for name in ("zones", "volume"):
        assert getattr(week, name) == sum(values_of(own, name), ZoneTimes())
    steps = [day.steps for day in own if day.steps is not None]
    assert week.steps == (sum(steps) if steps else None)
    # a date without a row may be known by an answer about the week, and then adds nothing
    wanted = dict.fromkeys(values_of(week.days, "local_date"), ())
    wanted |= dict(values_of(own, "local_date", "by_type"))
    assert dict(values_of(week.days, "local_date", "by_type")) == wanted


def _zones_of(totals: Sequence[TypeTotal]) -> ZoneTimes:
    return sum(values_of(totals, "zones"), ZoneTimes())


@INVARIANT
@given(life=lives())
def test_the_steps_of_a_date_are_those_of_the_source_selected_in_each_minute(life: Life) -> None:
    window = full_window(life)
    derived = derive(window)
    counts = counted_by_minute(matching(window.columns, metric="steps"))
    selections = matching(derived.source_selections, metric="steps")
    for day in derived.days:
        own = matching(selections, local_date=day.local_date)
        counted = _selected_steps(own, counts)
        if day.steps_counted is None:
            assert counted == []
        else:
            exact = fsum(counted)
            assert day.steps_counted in {round(exact - _NEARLY), round(exact + _NEARLY)}
        known = [] if day.steps_counted is None else [day.steps_counted]
        known += [round(day.stated["steps"])] if "steps" in day.stated else []
        assert day.steps == max(known, default=None)


def _selected_steps(
    selections: Sequence[SourceSelection], counts: Mapping[tuple[Source, int], float]
) -> list[float]:
    """Return the counts of the selected sources; a minute that is selected twice fails."""
    minutes: set[int] = set()
    steps: list[float] = []
    for row in selections:
        for minute in range(row.start_ms // MINUTE_MS, row.end_ms // MINUTE_MS):
            assert minute not in minutes
            minutes.add(minute)
            if (row.source, minute) in counts:
                steps.append(counts[row.source, minute])
    return steps
