"""The cohort is what it claims to be: its planted truth is recomputed here.

It is deterministic and has no times in the future.
"""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.alert import Tier
from model.calendar import DAY_MS, MINUTE_MS, local_date, monday, utc
from model.intensity import ZoneThresholds
from simulate import bodies, plan, signals
from simulate.cast import Role
from simulate.cohort import Cohort, Person, cohort, demo_cohort
from simulate.deliveries import history, last_minutes, live
from simulate.faults import Faults, arrivals, disturb
from simulate.truth import truth
from stream.compute.intensity.thresholds import zone_thresholds
from stream.compute.intensity.zones import time_in_zones
from tests.rows import matching, values_of

_MONDAY_MORNING = 1_795_426_200_000  # 2026-11-23T09:30:00Z
INSTANTS = st.integers(1_767_225_600_000, 1_830_297_600_000)  # 2026 and 2027


@pytest.fixture(scope="module")
def demo() -> Cohort:
    return demo_cohort(now_ms=_MONDAY_MORNING)


def _person_with(value: Cohort, role: Role) -> Person:
    return matching(value.people, role=role)[0]


def _every_fiftieth(value: Cohort) -> list[tuple[str, int, bytes]]:
    """Return a sample of a history, bodies included."""
    return [(item.key, item.due_ms, item.make()) for item in list(history(value))[::50]]


def _weekly_sessions(value: Cohort, person: Person, weeks: int) -> list[int]:
    """Return the sessions in each of the last whole weeks, the oldest first."""
    done: Counter[date] = Counter()
    for out in plan.outings(person, value):
        done[monday(local_date(out.start_ms, person.zone))] += 1
    this_week = monday(local_date(value.now_ms, person.zone))
    return [done[this_week - timedelta(weeks=back)] for back in range(weeks, 0, -1)]


def limits(person: Person) -> ZoneThresholds:
    return zone_thresholds(person.profile, date(2026, 11, 23))


def test_eight_people_of_two_zones_each_with_an_invented_name(demo: Cohort) -> None:
    assert [person.name.split()[0] for person in demo.people] == ["Demo"] * 8
    assert Counter(values_of(demo.people, "zone")) == {
        "Europe/Stockholm": 7,
        "America/New_York": 1,
    }
    assert Counter(values_of(demo.people, "role")) == {
        Role.ON_TRACK: 3, Role.PAIN: 1, Role.LOW: 1, Role.STALE: 1, Role.PAUSED: 1, Role.MANUAL: 1,
    }  # fmt: skip


def test_both_zones_change_their_clocks_within_the_history(demo: Cohort) -> None:
    for person in demo.people:
        offsets = {
            utc(out.start_ms).astimezone(ZoneInfo(person.zone)).utcoffset()
            for out in plan.outings(person, demo)
        }
        assert len(offsets) == 2


@pytest.mark.parametrize(
    ("now", "done"),
    [
        (
            _MONDAY_MORNING,
            [3, 3, 1, 1, 1],
        ),  # last week is not judged yet: the two before it are low as well
        # nor is it 60 hours later, while the patient may still answer
        (_MONDAY_MORNING + 2 * DAY_MS, [3, 3, 1, 1, 1]),
        (_MONDAY_MORNING + 3 * DAY_MS, [3, 3, 3, 1, 1]),
    ],
)
def test_the_low_one_is_low_in_exactly_the_two_latest_judged_weeks_and_since(
    now: int, done: list[int]
) -> None:
    total = demo_cohort(now_ms=now)
    assert _weekly_sessions(total, _person_with(total, Role.LOW), 5) == done
    assert (
        _person_with(total, Role.LOW).prescription.sessions_per_week == 3
    )  # 1 of 3 is below 0.8, 3 of 3 is not


def test_the_low_one_wore_the_watch_ten_hours_on_every_day_of_them(demo: Cohort) -> None:
    person = _person_with(demo, Role.LOW)
    first = monday(local_date(demo.now_ms, person.zone)) - timedelta(weeks=2)
    worn = {local_date(span.start_ms, person.zone): span for span in plan.wear_days(person, demo)}
    for day in (first + timedelta(days=n) for n in range(14)):
        span = worn[day]
        assert (span.end_ms - span.start_ms) // MINUTE_MS * (1 - 2 * 0.04) > 600


def test_the_low_ones_watch_has_spoken_since_the_last_week_ended(demo: Cohort) -> None:
    person = _person_with(demo, Role.LOW)
    *_, last = plan.wear_days(person, demo)
    assert local_date(last.start_ms, person.zone) >= monday(local_date(demo.now_ms, person.zone))


def test_the_paused_one_did_nothing_but_within_the_pause(demo: Cohort) -> None:
    person = _person_with(demo, Role.PAUSED)
    assert _weekly_sessions(demo, person, 3) == [3, 0, 0]
    (pause,) = person.prescription.pauses
    last_monday = monday(local_date(demo.now_ms, person.zone))
    assert (pause.first, pause.last) == (
        last_monday - timedelta(days=14),
        last_monday - timedelta(days=1),
    )


def test_the_stale_one_is_silent_for_ten_days(demo: Cohort) -> None:
    reported = matching(history(demo), patient=_person_with(demo, Role.STALE).pseudonym)
    assert (
        demo.now_ms - 12 * DAY_MS < max(values_of(reported, "due_ms")) <= demo.now_ms - 10 * DAY_MS
    )


@pytest.mark.parametrize("role", [Role.ON_TRACK, Role.PAIN, Role.MANUAL])
def test_the_others_kept_to_it_in_every_late_week(demo: Cohort, role: Role) -> None:
    for person in matching(demo.people, role=role):
        assert _weekly_sessions(demo, person, 4) == [3, 3, 3, 3]


def test_nobody_else_is_low_in_two_weeks_running(demo: Cohort) -> None:
    for person in demo.people:
        if person.role in {Role.LOW, Role.PAUSED, Role.STALE}:
            continue
        done = _weekly_sessions(demo, person, 12)
        for n in done:
            assert 2 <= n <= 4
        for a, b in pairwise(done):
            assert not (a < 3 and b < 3)


def test_pain_stays_below_every_rule_until_the_live_part(demo: Cohort) -> None:
    known = truth(demo).patients
    assert max(map(max, values_of(known.values(), "pain"))) <= 4
    assert all(max(person.pain) - min(person.pain) <= 1 for person in known.values())
    assert {name: person.live_pain for name, person in known.items() if person.live_pain} == {
        "demo-01": (8,)
    }


def test_two_alerts_are_expected(demo: Cohort) -> None:
    expected = values_of(truth(demo).expected, "patient", "rule", "tier", "live")
    assert expected == [("demo-01", "P1", Tier.A, True), ("demo-02", "A1", Tier.B, False)]


@pytest.mark.parametrize("number", range(8))
def test_the_planned_effort_is_moderate_by_the_profile(demo: Cohort, number: int) -> None:
    person = demo.people[number]
    edges = (
        limits(person).edges if limits(person).valid and person.role is not Role.MANUAL else None
    )
    if edges is None:
        edges = (person.body.low - 10, person.body.low, person.body.high, person.body.high + 30)
    out = plan.outings(person, demo)[0]
    heart = bodies.heart(person, demo, out)
    t = out.start_ms + np.arange(len(heart), dtype=np.int64) * 1000
    read = ~np.isnan(heart)
    zones = time_in_zones(t[read], heart[read], out.start_ms, out.end_ms, edges)
    assert zones.total == out.end_ms - out.start_ms
    assert zones.moderate / zones.total > 0.7
    assert zones.unknown / zones.total < 0.2
    assert zones.vigorous > 0


def test_the_day_at_ease_stays_below_moderate(demo: Cohort) -> None:
    for person in (p for p in demo.people if p.wear):
        ease = signals.background_heart(np.random.default_rng(3), person.body, 720)
        assert np.nanmax(ease) < min(person.body.low, limits(person).edges[1])


def test_one_seed_one_cohort(demo: Cohort) -> None:
    again, other = demo_cohort(now_ms=_MONDAY_MORNING), demo_cohort(now_ms=_MONDAY_MORNING, seed=2)
    assert again == demo
    first = _every_fiftieth(demo)
    assert _every_fiftieth(again) == first
    assert _every_fiftieth(other) != first


def test_a_body_does_not_depend_on_the_order_of_asking(demo: Cohort) -> None:
    reported = list(history(demo))[200:260]
    forwards = {d.key: d.make() for d in reported}
    assert {d.key: d.make() for d in reversed(reported)} == forwards


def test_keys_name_one_delivery_each(demo: Cohort) -> None:
    keys = values_of([*history(demo), *live(demo)], "key")
    assert len(keys) == len(set(keys))


@given(now=INSTANTS)
@settings(max_examples=25, deadline=None)
def test_nothing_comes_before_its_time_whenever_it_is_played(now: int) -> None:
    total = demo_cohort(now_ms=now, weeks=3)
    due = values_of(history(total), "due_ms")
    assert due == sorted(due)
    assert due[-1] <= now
    for person in total.people:
        assert all(out.end_ms < now for out in plan.outings(person, total))
    hurt = plan.live_outing(_person_with(total, Role.PAIN), total)
    assert hurt.start_ms < hurt.end_ms < now
    assert all(
        out.end_ms <= hurt.start_ms for out in plan.outings(_person_with(total, Role.PAIN), total)
    )


def test_live_part_ends_with_the_report_of_pain_eight(demo: Cohort) -> None:
    reported = list(live(demo))
    assert values_of(reported[-2:], "connector") == ["files", "reports"]
    assert b'"value":8' in reported[-1].make()
    assert [b.due_ms - a.due_ms for a, b in pairwise(reported)] == [1000] * (len(reported) - 1)


def test_a_minute_comes_from_everyone_who_still_wears_a_watch(demo: Cohort) -> None:
    reported = list(last_minutes(demo, demo.now_ms + 90_000, 1))
    assert values_of(reported, "patient") == ["demo-01", "demo-02", "demo-05", "demo-07", "demo-08"]
    for d in reported:
        assert d.due_ms == demo.now_ms + 60_000


def test_a_larger_cohort_repeats_the_cast_under_other_names() -> None:
    total = cohort(now_ms=_MONDAY_MORNING, seed=5, patients=20, weeks=4)
    assert (
        len(set(values_of(total.people, "pseudonym")))
        == len(set(values_of(total.people, "name")))
        == 20
    )
    accounts = [p.account for p in total.people if p.account]
    assert len(accounts) == len(set(accounts))
    assert Counter(values_of(truth(total).expected, "rule")) == {"P1": 3, "A1": 3}


@pytest.mark.parametrize(("patients", "weeks"), [(0, 12), (8, 2)])
def test_too_small_a_cohort_is_refused(patients: int, weeks: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        cohort(now_ms=_MONDAY_MORNING, seed=1, patients=patients, weeks=weeks)


def test_faults_lose_nothing_and_are_the_seeds_choice(demo: Cohort) -> None:
    reported = list(history(demo))
    faults = Faults(duplicate=0.2, delay=0.1, shuffle_ms=3_600_000)
    arriving = disturb(reported, faults, seed=9)
    assert set(values_of(arriving, "key")) == set(values_of(reported, "key"))
    assert 1.1 * len(reported) < len(arriving) < 1.3 * len(reported)
    assert values_of(arriving, "key") != values_of(reported, "key")
    assert values_of(arriving, "due_ms") == sorted(values_of(arriving, "due_ms"))
    assert values_of(disturb(reported, faults, seed=9), "key", "due_ms") == values_of(
        arriving, "key", "due_ms"
    )


def test_no_faults_change_nothing(demo: Cohort) -> None:
    reported = list(history(demo))
    assert values_of(disturb(reported, Faults(), seed=1), "key") == values_of(reported, "key")


def test_arrivals_are_history_and_live_part_of_any_cohort() -> None:
    total = cohort(now_ms=_MONDAY_MORNING, seed=3, patients=10, weeks=3)
    arriving = arrivals(total, Faults(duplicate=0.5, shuffle_ms=60_000))
    assert set(values_of(arriving, "key")) == set(values_of([*history(total), *live(total)], "key"))
