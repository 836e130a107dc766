"""What the simulator sends is read by the parsers without a reject, and says what was planned."""

from datetime import UTC
from io import BytesIO

import numpy as np
import pytest
from fitparse import FitFile

from model.calendar import MINUTE_MS, utc
from model.facts import DeviceType, Instrument, Method, Phase, Report, SampleBlock, Workout
from parsers import reports
from parsers.vendors.open_wearables.reader import parse_open_wearables
from simulate import bodies, plan
from simulate.cast import Role
from simulate.cohort import Cohort, Person, demo_cohort
from simulate.deliveries import history, live
from simulate.delivery import TO_FILES, TO_OPEN_WEARABLES, TO_REPORTS, Delivery
from simulate.open_wearables_writer import MOST_BODY_SAMPLES, heart_rate_body
from tests.rows import matching, of_type, values_of

_MONDAY_MORNING = 1_795_426_200_000  # 2026-11-23T09:30:00Z
AUTUMN_NIGHT = (
    1_792_879_200_000  # 2026-10-25T00:00:00+02:00 in Stockholm, whose clocks go back at 03:00
)


@pytest.fixture(scope="module")
def demo() -> Cohort:
    return demo_cohort(now_ms=_MONDAY_MORNING)


def _deliveries_of(cohort: Cohort, patient: str, kind: str) -> list[Delivery]:
    return [d for d in history(cohort) if d.key.startswith(f"{patient}/{kind}/")]


def person(cohort: Cohort, role: Role) -> Person:
    return matching(cohort.people, role=role)[0]


def test_every_webhook_body_is_read_whole(demo: Cohort) -> None:
    accounts = dict(values_of(demo.people, "pseudonym", "account"))
    sent = matching([*history(demo), *live(demo)], connector=TO_OPEN_WEARABLES)
    for delivery in sent[::3]:
        parsed = parse_open_wearables(delivery.make())
        assert parsed.rejects == ()
        assert parsed.account == accounts[delivery.patient]
        assert len(parsed.facts) in {1, 2}  # two only on a night when the offset changes


def test_every_report_body_is_read_whole(demo: Cohort) -> None:
    sent = matching([*history(demo), *live(demo)], connector=TO_REPORTS)
    assert len(sent) > 250
    for delivery in sent:
        parsed = reports.parse_reports(delivery.make())
        assert parsed.rejects == ()
        assert parsed.account == delivery.patient


def test_a_day_of_wear_has_more_than_ten_hours_of_readings(demo: Cohort) -> None:
    (block,) = parse_open_wearables(_deliveries_of(demo, "demo-03", "wear")[20].make()).facts
    assert isinstance(block, SampleBlock)
    minutes = np.unique(block.t // MINUTE_MS)
    assert 600 < len(minutes) <= 720
    assert block.head.source.device_type is DeviceType.WATCH
    assert block.metric == "heart_rate"


def test_the_night_when_clocks_change_keeps_its_instants() -> None:
    t = AUTUMN_NIGHT + np.arange(6 * 60, dtype=np.int64) * MINUTE_MS
    facts = parse_open_wearables(
        heart_rate_body("a", "Europe/Stockholm", t, np.full(len(t), 60.0))
    ).facts
    blocks = of_type(SampleBlock, facts)
    assert values_of(blocks, "head.offset_min") == [120, 60]
    assert np.concatenate(values_of(blocks, "t")).tolist() == t.tolist()


@pytest.mark.parametrize("count", [0, MOST_BODY_SAMPLES + 1])
def test_a_body_of_no_or_too_many_samples_is_refused(count: int) -> None:
    t = np.arange(count, dtype=np.int64) * 1000
    with pytest.raises(ValueError, match="samples"):
        heart_rate_body("a", "Europe/Stockholm", t, np.full(count, 60.0))


def test_a_workout_of_the_phone_hub_has_its_planned_time_and_its_heart(demo: Cohort) -> None:
    hub = next(p for p in demo.people if p.hub)
    out = plan.outings(hub, demo)[3]
    workout_body, series_body = (
        _deliveries_of(demo, hub.pseudonym, kind)[3].make() for kind in ("workout", "series")
    )
    (workout,), (series,) = values_of(
        map(parse_open_wearables, (workout_body, series_body)), "facts"
    )
    assert isinstance(workout, Workout)
    assert isinstance(series, SampleBlock)
    assert (workout.head.start_ms, workout.head.end_ms, workout.type) == (
        out.start_ms,
        out.end_ms,
        "walking",
    )
    assert workout.head.source.method is Method.WORKOUT
    planned = bodies.heart(hub, demo, out)
    assert series.v.tolist() == planned[(series.t - out.start_ms) // 1000].tolist()
    assert np.diff(series.t).min() == 5000


def test_background_heart_during_a_session_is_the_sessions(demo: Cohort) -> None:
    pain = person(demo, Role.PAIN)
    out = plan.outings(pain, demo)[0]
    day = next(d for d in _deliveries_of(demo, "demo-01", "wear") if d.due_ms > out.end_ms)
    (block,) = parse_open_wearables(day.make()).facts
    assert isinstance(block, SampleBlock)
    within = (block.t >= out.start_ms) & (block.t < out.end_ms)
    assert 30 < within.sum() <= 45
    planned = bodies.heart(pain, demo, out)
    assert block.v[within].tolist() == planned[(block.t[within] - out.start_ms) // 1000].tolist()


def test_the_live_report_is_pain_eight_after_the_session(demo: Cohort) -> None:
    facts = of_type(Report, reports.parse_reports([*live(demo)][-1].make()).facts)
    (pain,) = matching(facts, instrument=Instrument.PAIN)
    hurt = plan.live_outing(person(demo, Role.PAIN), demo)
    assert (pain.value, pain.scale, pain.phase) == (8, "nrs-0-10", Phase.AFTER)
    assert pain.head.start_ms == hurt.end_ms + MINUTE_MS < demo.now_ms


def test_who_has_no_watch_reports_sessions_by_hand(demo: Cohort) -> None:
    manual = person(demo, Role.MANUAL)
    sent = matching(history(demo), patient=manual.pseudonym)
    assert set(values_of(sent, "connector")) == {TO_REPORTS}
    facts: list[Report] = []
    for delivery in sent:
        facts += of_type(Report, reports.parse_reports(delivery.make()).facts)
    sessions = matching(facts, instrument=Instrument.SESSION)
    assert values_of(sessions, "head.start_ms", "head.end_ms") == values_of(
        plan.outings(manual, demo), "start_ms", "end_ms"
    )


def test_a_file_is_read_by_an_independent_reader(demo: Cohort) -> None:
    cyclist = next(p for p in demo.people if "power" in p.columns)
    out = plan.outings(cyclist, demo)[0]
    rows = list(
        FitFile(BytesIO(_deliveries_of(demo, cyclist.pseudonym, "fit")[0].make())).get_messages(
            "record"
        )
    )
    assert [row.get_value("timestamp").replace(tzinfo=UTC) for row in rows] == [
        utc(out.start_ms + n * 1000) for n in range((out.end_ms - out.start_ms) // 1000)
    ]
    heart = [
        float("nan") if row.get_value("heart_rate") is None else row.get_value("heart_rate")
        for row in rows
    ]
    np.testing.assert_array_equal(heart, bodies.heart(cyclist, demo, out))
    assert {row.get_value("cadence") is not None for row in rows} == {True}


def test_every_file_carries_its_session(demo: Cohort) -> None:
    sent = matching([*history(demo), *live(demo)], connector=TO_FILES)
    assert set(values_of(sent, "patient")) == {p.pseudonym for p in demo.people if p.columns}
    for delivery in sent[::20]:
        start_ms = int(delivery.key.rpartition("/")[2])
        (session,) = FitFile(BytesIO(delivery.make())).get_messages("session")
        assert session.get_value("start_time").replace(tzinfo=UTC) == utc(start_ms)
        assert 40 <= session.get_value("total_elapsed_time") / 60 <= 44
