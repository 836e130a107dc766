"""Words, curve, evidence and the order of the worklist: pure functions, exact values."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.language.vocabulary import STORED_NAMES
from clinic.pages import scheme_words, words
from clinic.pages.curve import curve, unbroken
from clinic.pages.evidence.readable import grids
from clinic.pages.weeks import WeekLook, last_four, view, week_views
from clinic.worklist.lines import worklist_line, worklist_lines
from clinic.worklist.needs import Need
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from model.derived.days import Week
from model.intensity import ZoneTimes
from model.words.rounding import half_up
from model.words.source_names import device_name
from patient.words import SITE_WORDS, sender_words
from storage.reads.shown_values import AlertBrief, PatientBrief, WorkRow
from tests.clinic_world import (
    CLINIC_NOW,
    CLINIC_ZONE,
    MONDAY,
    monday,
    prescriptions,
)
from tests.rows import cells_of, values_of
from tests.weeks import week_of


@pytest.mark.parametrize("site", list(SITE_WORDS))
def test_each_place_that_patients_choose_reads_as_they_chose_it(site: str) -> None:
    assert words.label(site) == SITE_WORDS[site]
    assert SITE_WORDS[site] in STORED_NAMES


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0:00"),
        (59_000, "0:59"),
        (2_520_000, "42:00"),
        (3_600_000, "1:00:00"),
        (36_061_250, "10:01:01.25"),
    ],
)
def test_span_is_exact(ms: int, text: str) -> None:
    assert words.span(ms) == text


@given(st.integers(0, 10**10))
def test_span_can_be_read_back(ms: int) -> None:
    *hours, minutes, seconds = words.span(ms).split(":")
    complete, _, rest = seconds.partition(".")
    total = (int(hours[0]) if hours else 0) * 3_600 + int(minutes) * 60 + int(complete)
    assert total * 1_000 + int(rest.ljust(3, "0")) * bool(rest) == ms


@pytest.mark.parametrize(
    ("past", "text"),
    [
        (-5 * MINUTE_MS, "just now"), (59_999, "just now"), (MINUTE_MS, "1 min ago"),
        (2 * HOUR_MS, "2 h ago"),
        (2 * DAY_MS - 1, "47 h ago"), (2 * DAY_MS, "2 days ago"),
    ],
)  # fmt: skip
def test_ago(past: int, text: str) -> None:
    assert words.ago(CLINIC_NOW - past, CLINIC_NOW) == text


def test_when_has_the_zone_and_the_date() -> None:
    assert words.when(CLINIC_NOW, "Europe/Stockholm") == "Mon 23 Nov 2026, 13:40"
    assert words.when(CLINIC_NOW, "America/New_York") == "Mon 23 Nov 2026, 07:40"


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(135.5, "136"), (136.5, "137"), (136.4999, "136"), (0.5, "1"), (2.5, "3"), (120, "120")],
)
def test_half_is_rounded_up(value: float, rounded: str) -> None:
    assert words.without_decimals(value) == rounded
    assert half_up(value) == rounded


def test_half_of_a_decimal_is_rounded_up_as_it_is_written() -> None:
    assert [words.number(value) for value in (0.15, 0.25, 0.35, 1.0)] == ["0.2", "0.3", "0.4", "1"]
    assert [words.decimal(value) for value in (0.05, 99.95)] == ["0.1", "100.0"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (("polar", "Polar Pacer", "Polar Flow"), "Polar Pacer, Polar Flow"),
        (("garmin", "Garmin Forerunner 255", ""), "Garmin Forerunner 255"),
        (("polar", "", ""), "Polar"),
        (("polar", "Polar", "Polar Flow"), "Polar Flow"),
        (("apple_health", "Watch7,1", "Strava"), "Apple Health, Watch7,1, Strava"),
        (("health_auto_export", "", ""), "Health Auto Export"),
        (("whoop", "WHOOP 4.0", ""), "WHOOP 4.0"),
        (("files", "Polar Pacer", ""), "Files, Polar Pacer"),
        (("oura", "Ouraring", "Oura"), "Oura, Ouraring"),
        # a FIT file has keys of its maker
        (("files", "fr245", "garmin"), "Files, Forerunner 245, Garmin"),
        (("files", "edge_530", "garmin"), "Files, Edge 530, Garmin"),
        (("garmin", "fr245", "garmin"), "Garmin, Forerunner 245"),
        (("files", "2", "wahoo_fitness"), "Files, 2, Wahoo Fitness"),
        (("reports", "", "invented app"), "Patient's answers, invented app"),
    ],
)
def test_a_source_is_named_as_people_know_it_and_once(
    source: tuple[str, str, str], text: str
) -> None:
    assert words.source(*source) == text


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("fr245_music", "Forerunner 245 Music"),
        ("fr945_lte", "Forerunner 945 LTE"),
        ("fr50", "Forerunner 50"),
        ("Edge_130", "Edge 130"),
        ("edge500", "Edge 500"),
        ("edge_explore_1000", "Edge Explore 1000"),
        ("fenix6S_sport", "Fenix 6S Sport"),
        ("fenix", "Fenix"),
        ("venu2_plus", "Venu 2 Plus"),
        ("vivo_active_hr", "Vivoactive HR"),
        ("vivoactive4_small", "Vivoactive 4 Small"),
        ("marq_driver", "MARQ Driver"),
        ("approachS44", "Approach S44"),
        # what is no key of that table stays as it was sent
        ("Watch7,5", "Watch7,5"),
        ("Invented watch 3", "Invented watch 3"),
        ("walleye", "walleye"),
        ("friend", "friend"),
        ("fr", "fr"),
        ("3113", "3113"),
        ("", ""),
    ],
)
def test_a_device_is_named_as_people_know_it(key: str, name: str) -> None:
    assert device_name(key) == name


def test_both_doors_name_a_brand_alike() -> None:
    assert sender_words("apple_health", {}) == words.vendor("apple_health") == "Apple Health"


def test_an_answer_is_no_stored_name_of_a_scale() -> None:
    assert scheme_words.metric_phrase("exertion_cr10") == "exertion"
    assert scheme_words.metric_phrase("heart_rate") == "heart rate"
    assert scheme_words.method("rpe:borg-cr10") == "as the patient answered, Borg CR10"


def test_edges_are_listed_from_below() -> None:
    held = {"hr_max": 180.0, "percent_light": 30, "percent_near_max": 90, "percent_vigorous": 60}
    names = [name for name, _value in scheme_words.profile_inputs(held)]
    assert names == ["hr_max", "percent_light", "percent_vigorous", "percent_near_max"]


def test_percent_never_claims_the_cut_off_early() -> None:
    assert (words.percent(0.7999), words.percent(0.8), words.percent(1.0)) == (
        "79 %",
        "80 %",
        "100 %",
    )


def test_curve_breaks_where_nothing_holds() -> None:
    result = curve([(10_000, 90), (40_000, 91), (70_001, 92)], (0, 120_000), (), 30_000)
    assert list(result.v) == [90, 91, None, 92]
    assert result.gaps == ((0, 10_000), (70_000, 70_001), (100_001, 120_000))
    assert (result.samples, result.thinned) == (3, False)


def test_curve_leaves_a_pause_out_and_breaks_there() -> None:
    samples = [(10_000, 90.0), (20_000, 91.0), (30_000, 140.0), (40_000, 92.0)]
    result = curve(samples, (10_000, 50_000), ((25_000, 35_000),), 30_000)
    assert (list(result.t_ms), list(result.v)) == ([0, 10_000, 10_000, 30_000], [90, 91, None, 92])
    # the time of the pause before the next sample is no gap, and its own is none either
    assert result.gaps == ((25_000, 30_000),)
    assert (result.pauses, result.samples) == (((15_000, 25_000),), 3)


def test_curve_of_nothing_is_one_gap() -> None:
    assert curve([], (1_000, 61_000), (), 30_000).gaps == ((0, 60_000),)


@given(
    st.lists(st.tuples(st.integers(1, 60_000), st.integers(30, 230)), min_size=1, max_size=400),
    st.integers(10, 100),
)
def test_thinning_keeps_extremes_ends_and_gaps(steps: list[tuple[int, int]], most: int) -> None:
    t, samples = 0, []
    for step, v in steps:
        t += step
        samples.append((t, float(v)))
    span = (0, t + 1)
    total, thin = curve(samples, span, (), 30_000), curve(samples, span, (), 30_000, most)
    assert thin.gaps == total.gaps
    known = [v for v in thin.v if v is not None]
    assert (min(known), max(known)) == (min(cells_of(samples, 1)), max(cells_of(samples, 1)))
    assert thin.v.count(None) == len(unbroken(samples, 30_000)) - 1
    assert set(zip(thin.t_ms, thin.v, strict=True)) <= set(zip(total.t_ms, total.v, strict=True))


def test_evidence_lists_what_happened_first_and_turns_wide_tables() -> None:
    wide = [{"record": "r", "value": 8.0, "local_date": "2026-11-22", "at": "2026-11-22T17:02:00Z"}]
    tall = [{"record": "r1", "value": 6.0}, {"record": "r2", "value": 7.5}]
    result = grids(
        {
            "from_ms": CLINIC_NOW,
            "gap_ms": 61_000,
            "ratings": wide,
            "more": tall,
            "thresholds": {"high": 6},
        },
        CLINIC_ZONE,
    )
    assert values_of(result, "title") == ["Ratings", "More", "Thresholds", "Rule and window"]
    assert result[0].turned
    assert result[0].heads == ("Local date", "Sun 22 Nov 2026")
    # a record's name is for programs
    assert result[0].rows == (("When", "Sun 22 Nov 2026, 18:02"), ("Value", "8"))
    assert (result[1].heads, result[1].rows) == (("Value",), (("6",), ("7.5",)))
    assert result[3].rows == (("Evidence from", "Mon 23 Nov 2026, 13:40"), ("Gap", "1:01"))


def test_thresholds_of_evidence_are_in_the_order_in_which_they_are_read() -> None:
    stored = {"high": 6, "of_last": 3, "sessions": 2, "very_high": 8, "fresh_days": 14}
    (result,) = grids({"thresholds": stored}, CLINIC_ZONE)
    assert result.rows == (
        ("Very high from", "8"),
        ("High from", "6"),
        ("In so many sessions", "2"),
        ("Of so many last sessions", "3"),
        ("Raises an alert for", "14 days"),
    )


def test_figures_of_evidence_have_their_unit_and_shares_are_in_percent() -> None:
    week = {"monday": "2026-11-16", "frequency": 1 / 3, "minutes": 42.0, "unseen_days": 6}
    part = {"id": "rx", "version": 1, "sha256": "0" * 64, "sessions": 1}
    result = grids({"weeks": [{**week, "prescriptions": [part]}], "sha256": "f" * 64}, CLINIC_ZONE)
    assert values_of(result, "title") == ["Weeks"]
    assert (result[0].heads, result[0].rows) == (
        ("Monday", "Mon 16 Nov 2026"),
        (
            ("Minutes", "42 min"),
            ("Sessions done, of those due", "33.3 %"),
            ("Days with the watch off for as long as a session", "6 days"),
            ("Prescriptions", "rx, version 1"),
        ),
    )


def _week(first: date, sessions: int, known: int) -> Week:
    return week_of(first, sessions, ZoneTimes(unknown=sessions * 40 * MINUTE_MS), known)


def test_a_week_of_which_too_little_is_known_is_never_low() -> None:
    result = prescriptions("p")
    assert view(_week(monday(1), 0, 3), result).share is None
    assert view(_week(monday(1), 0, 3), result).label == "too thin to judge"
    # 3 of 3 sessions on the days about which nothing is known
    assert view(_week(monday(1), 0, 4), result).label == "too thin to judge"
    assert view(_week(monday(1), 0, 5), result).label == "0 %"
    assert view(_week(monday(1), 3, 0), result).label == "100 %"
    assert view(_week(monday(20), 3, 7), result).label == "none due"


def test_every_week_that_is_no_figure_says_why() -> None:
    result = prescriptions("p")
    rows = [_week(monday(2), 0, 0), _week(monday(1), 1, 3), _week(monday(0), 1, 1)]
    views = week_views(rows, result, [monday(ago) for ago in (20, 3, 2, 1, 0)])
    assert values_of(views, "look", "label") == [
        (WeekLook.SILENT, "nothing known"),
        (WeekLook.SILENT, "nothing known"),
        (WeekLook.SILENT, "nothing known"),
        (WeekLook.THIN, "too thin to judge"),
        (WeekLook.RUNNING, "running"),
    ]
    assert all(values_of(views, "why"))
    paused = week_views(rows, prescriptions("p-pause"), [monday(1), monday(0)])
    assert values_of(paused, "look") == [WeekLook.PAUSED, WeekLook.RUNNING]


def test_last_four_leaves_the_running_week_out() -> None:
    weeks = [_week(monday(0), 3, 7), _week(monday(2), 3, 7), _week(monday(5), 3, 7)]
    result = prescriptions("p")
    assert last_four(weeks, result, MONDAY) == (None, None, view(weeks[1], result), None)


def row(
    name: str,
    tier: str = "",
    state: str = "open",
    raised: int = CLINIC_NOW,
    last: int | None = CLINIC_NOW,
    *,
    worn: bool = True,
) -> WorkRow:
    alert = AlertBrief(
        id=name, pseudonym=name, family="pain", rule="P1", rule_version=1, tier=tier, state=state,
        raised_ms=raised, changed_ms=raised, snoozed_until_ms=None, sentence="Said.", resolution="",
    )  # fmt: skip
    patient = PatientBrief(
        pseudonym=name, zone=CLINIC_ZONE, care_unit="u", created_ms=0, last_data_ms=last, worn=worn
    )
    return WorkRow(
        patient=patient,
        alerts=(alert,) if tier else (),
        prescriptions=tuple(prescriptions(name)),
    )


def test_worklist_is_sorted_by_need_then_age() -> None:
    rows = (
        row("fine"), row("silent", last=CLINIC_NOW - 2 * DAY_MS), row("b new", "B"),
        row("snoozed", "A", "snoozed"), row("a new", "A"),
        row("a old", "A", "acknowledged", CLINIC_NOW - DAY_MS),
        row("b old", "B", raised=CLINIC_NOW - DAY_MS),
        row("c", "C", raised=CLINIC_NOW - 9 * DAY_MS),
    )  # fmt: skip
    lines = worklist_lines(rows, {}, CLINIC_NOW)
    order = ["a old", "a new", "b old", "b new", "c", "silent", "snoozed", "fine"]
    assert values_of(lines, "pseudonym") == order
    assert [
        worklist_lines(rows[::-1], {}, CLINIC_NOW)[n].pseudonym for n in range(len(rows))
    ] == order


def test_silence_is_grey_and_no_alert() -> None:
    edge = worklist_line(row("p", last=CLINIC_NOW - 2 * DAY_MS), {}, CLINIC_NOW)
    assert (edge.need, edge.reason, edge.alert) == (
        Need.NO_DATA,
        "No data for 2 days",
        None,
    )
    assert (
        worklist_line(row("p", last=CLINIC_NOW - 2 * DAY_MS + 1), {}, CLINIC_NOW).need
        is Need.ON_TRACK
    )
    never = worklist_line(row("p", last=None), {}, CLINIC_NOW)
    assert (never.need, never.reason.partition(":")[0]) == (
        Need.NOT_STARTED,
        "No data yet",
    )


def test_days_between_sessions_are_no_silence_where_nothing_is_worn_all_day() -> None:
    assert (
        worklist_line(row("p", last=CLINIC_NOW - 7 * DAY_MS + 1, worn=False), {}, CLINIC_NOW).need
        is Need.ON_TRACK
    )
    assert (
        worklist_line(row("p", last=CLINIC_NOW - 7 * DAY_MS, worn=False), {}, CLINIC_NOW).need
        is Need.NO_DATA
    )


def test_nobody_is_missed_in_a_pause_or_without_prescription() -> None:
    silent = row("p-pause", last=CLINIC_NOW - 20 * DAY_MS)
    assert worklist_line(silent, {}, CLINIC_NOW).reason == "Paused until Thu 3 Dec 2026: holiday"
    ended = WorkRow(patient=silent.patient, alerts=(), prescriptions=())
    assert worklist_line(ended, {}, CLINIC_NOW).need is Need.NOT_STARTED
