"""The API for one patient's data gives exact answers on the invented patients.

Its answers are limited to the care unit, and each access is written to the audit log.
"""

from typing import Any

import pytest

from clinic.answers.sessions import SessionLine
from model.derived.sessions import Session
from tests.clinic_world import Served
from tests.rows import cells_of
from web.problems import Violation

_WATCH = {
    "vendor": "files",
    "app": "",
    "device": "Invented watch 3",
    "device_type": "watch",
    "method": "workout",
}
_DAY = "from=2026-11-22&to=2026-11-22"
QUESTIONS = (
    "timeline?metric=heart_rate",
    "sessions",
    "days",
    "weeks",
    "prescriptions",
    "prescriptions/rx-{}/weeks",
)


def _ask(door: Served, what: str, patient: str = "p-pain") -> Any:  # noqa: ANN401 - JSON
    result = door.get(f"/api/v1/patients/{patient}/{what}")
    assert result.status_code == 200, result.text
    return result.json()


def last(door: Served, patient: str = "p-pain") -> str:
    text: str = _ask(door, "sessions?limit=1", patient)["sessions"][0]["id"]
    return text


def test_bands_of_a_day(door: Served) -> None:
    assert _ask(door, f"timeline?metric=heart_rate&{_DAY}&points=4") == {
        "metric": "heart_rate",
        "unit": "/min",
        "kind": "band",
        "zone": "Europe/Stockholm",
        "start": "2026-11-21T23:00:00Z",
        "end": "2026-11-22T23:00:00Z",
        "width_ms": 21_600_000,
        "samples": 444,
        "sources": [_WATCH],
        "t": ["2026-11-22T11:00:00Z"],
        "n": [444],
        "minimum": [72.0],
        "mean": [57_905 / 444],
        "maximum": [151.0],
        "v": [],
        "source": [0],
    }


def test_a_line_keeps_both_ends_and_no_more_points_than_asked(door: Served) -> None:
    span = "from=2026-11-22T16:12:00Z&to=2026-11-22T17:54:00%2B01:00"
    result = _ask(door, f"timeline?metric=heart_rate&{span}&points=5&as=line")
    assert (result["kind"], result["width_ms"], result["samples"], result["n"]) == (
        "line",
        None,
        444,
        [],
    )
    assert (result["end"], len(result["t"])) == ("2026-11-22T16:54:00Z", 5)
    assert (result["t"][0], result["v"][0]) == ("2026-11-22T16:12:00Z", 72.0)
    assert (result["t"][-1], result["v"][-1]) == ("2026-11-22T16:53:55Z", 72.0)
    total = _ask(door, f"timeline?metric=heart_rate&{span}&points=10000&as=line")
    assert len(total["t"]) == total["samples"] == 444


@pytest.mark.parametrize("points", [1, 2, 7, 50, 1_000])
@pytest.mark.parametrize("kind", ["band", "line"])
def test_never_more_points_than_asked(door: Served, points: int, kind: str) -> None:
    result = door.get(
        f"/api/v1/patients/p-pain/timeline?metric=heart_rate&{_DAY}&points={points}&as={kind}"
    )
    if (kind, points) == ("line", 1):
        assert (result.status_code, result.json()["detail"]) == (
            422,
            "a line needs at least 2 points",
        )
        return
    timeline = result.json()
    assert 1 <= len(timeline["t"]) <= points
    columns = ("n", "minimum", "mean", "maximum", "source") if kind == "band" else ("v", "source")
    assert {len(timeline[name]) for name in columns} == {len(timeline["t"])}


def test_a_timeline_without_a_range_is_the_last_four_weeks(door: Served) -> None:
    result = _ask(door, "timeline?metric=heart_rate")
    assert (result["start"], result["end"]) == ("2026-10-26T12:40:00Z", "2026-11-23T12:40:00Z")
    assert _ask(door, "timeline?metric=power")["t"] == []


def test_a_line_of_the_list(door: Served) -> None:
    (result,) = _ask(door, f"sessions?{_DAY}")["sessions"]
    assert result["zones_ms"] == {
        "very_light": 105_000,
        "light": 205_000,
        "moderate": 200_000,
        "vigorous": 1_735_000,
        "near_max": 0,
        "unknown": 275_000,
    }
    assert sum(result["zones_ms"].values()) == result["timer_ms"] == 2_520_000
    assert (result["elapsed_ms"], result["paused_ms"]) == (2_520_000, 0)
    assert result["heart"] == {"n": 444, "minimum": 72.0, "mean": 57_905 / 444, "maximum": 151.0}
    assert (result["start"], result["end"]) == ("2026-11-22T16:12:00Z", "2026-11-22T16:54:00Z")
    assert (result["offset_min"], result["offset_origin"], result["local_date"]) == (
        60,
        "source",
        "2026-11-22",
    )
    assert (result["type"], result["vendor_type"], result["origin"], result["counts"]) == (
        "walking",
        "Nordic walk",
        "declared",
        True,
    )
    assert (result["exertion_cr10"], result["partial"], result["why"]) == (5.0, False, "")
    assert result["declared_by"] == result["heart_source"] == _WATCH


def test_every_field_of_a_session_has_a_place() -> None:
    """A field that derivation adds must be shown in the list or in the full session."""
    renamed = {"start_ms": "start", "end_ms": "end", "zones": "zones_ms", "flags": "quality_flags"}
    total = {"thresholds", "zone_times_by_method", "quality_flags", "pauses", "stops"}
    fields = {renamed.get(name, name) for name in Session.__dataclass_fields__}
    assert fields - set(SessionLine.model_fields) == total


@pytest.mark.parametrize("limit", [1, 7, 29, 30])
def test_pages_neither_skip_nor_repeat(door: Served, limit: int) -> None:
    total = _ask(door, "sessions?limit=500")
    items: list[Any] = []
    before: str | None = ""
    while before is not None:
        page = _ask(door, f"sessions?limit={limit}{before and '&before='}{before}")
        assert len(page["sessions"]) == limit or page["next"] is None
        items += page["sessions"]
        before = page["next"]
    assert items == total["sessions"]
    assert (len(items), total["next"]) == (30, None)


def test_sessions_of_one_instant_come_once_each(door: Served) -> None:
    """Two sessions that began at the same millisecond lie on both sides of a page's end."""
    twin = "twin" + last(door, "p-mild")[4:]
    columns = cells_of(door.rows(
        "select column_name from information_schema.columns where table_name = 'session' "
        "order by ordinal_position"
    ), 0)  # fmt: skip
    kept = ", ".join("%s" if name == "session" else name for name in columns)
    door.change(
        f"insert into session select {kept} "  # noqa: S608 - names of columns
        "from session where session = %s",
        twin,
        last(door, "p-mild"),
    )
    try:
        first = _ask(door, "sessions?limit=1", "p-mild")
        second = _ask(door, f"sessions?limit=1&before={first['next']}", "p-mild")
        third = _ask(door, f"sessions?limit=1&before={second['next']}", "p-mild")
        keys = [first["sessions"][0]["id"], second["sessions"][0]["id"], third["sessions"][0]["id"]]
        assert keys[0] == twin
        assert (
            first["sessions"][0]["start"]
            == second["sessions"][0]["start"]
            > third["sessions"][0]["start"]
        )
        assert len(set(keys)) == 3
    finally:
        door.change("delete from session where session = %s", twin)


def test_sessions_of_a_type_and_of_a_range(door: Served) -> None:
    assert _ask(door, "sessions?type=cycling")["sessions"] == []
    assert len(_ask(door, "sessions?type=walking&limit=500")["sessions"]) == 30
    edge = "2026-11-22T16:12:00Z"
    assert len(_ask(door, f"sessions?from={edge}")["sessions"]) == 1
    assert last(door) not in set(cells_of(_ask(door, f"sessions?to={edge}")["sessions"], "id"))
    assert len(_ask(door, "sessions?from=2026-11-16&to=2026-11-18")["sessions"]) == 2


def test_a_session_whole_goes_down_to_what_it_rests_on(door: Served) -> None:
    result = _ask(door, f"sessions/{last(door)}")
    assert result["thresholds"]["edges"] == [90.75, 101.0, 121.5, 152.25]
    assert result["thresholds"]["inputs"]["hr_rest"] == 60.0
    assert cells_of(result["source_selections"], "metric", "source", "start", "end", "why") == [
        ("heart_rate", _WATCH, "2026-11-22T16:12:00Z", "2026-11-22T16:54:00Z", "only")
    ]
    assert cells_of(result["facts"], "kind", "metric", "record") == [
        ("workout", None, "fit:p-pain:2026-11-22"),
        ("samples", "heart_rate", "fit:p-pain:2026-11-22"),
    ]
    assert set(cells_of(result["facts"], "body")) == {result["body"]}
    assert cells_of(result["reports"], "instrument", "value", "named") == [
        ("exertion", 5.0, True),
        ("pain", 8.0, True),
        ("day_form", 4.0, False),
    ]
    assert result["curve"]["gaps"] == [[1_045_000, 1_320_000]]
    for item in result["zone_times_by_method"]:
        assert sum(item["ms"]) + item["unknown_ms"] == result["timer_ms"]


def test_every_date_of_a_range_has_a_state(door: Served) -> None:
    result = _ask(door, "days?from=2026-11-16&to=2026-11-23")["days"]
    assert [
        (item["local_date"][-2:], item["state"], item["sessions"], item["wear_min"])
        for item in result
    ] == [
        ("16", "active", 1, 40),
        ("17", "not_worn", 0, 0),
        ("18", "active", 1, 21),
        ("19", "not_worn", 0, 0),
        ("20", "not_worn", 0, 0),
        ("21", "not_worn", 0, 0),
        # a gap of five minutes is worn (at most ten), that of 14 minutes on the 18th is not
        ("22", "active", 1, 42),
        ("23", "no_data", 0, 0),
    ]
    assert result[-1]["algorithm"] is None
    assert result[6]["volume_ms"]["vigorous"] == 1_735_000
    paused = _ask(door, "days?from=2026-11-01&to=2026-11-03", "p-pause")["days"]
    assert cells_of(paused, "state") == ["no_data", "paused", "paused"]


def test_days_after_consent_is_withdrawn_are_blocked(door: Served) -> None:
    door.change(
        "insert into consent (patient, vendor, given_at, withdrawn_at, recorded_at) "
        "select id, 'files',"
        " '2026-09-01Z', '2026-11-17T10:00Z', '2026-09-01Z' from patient where pseudonym = 'p-fine'"
    )
    try:
        result = _ask(door, "days?from=2026-11-16&to=2026-11-19", "p-fine")["days"]
        assert cells_of(result, "state") == ["not_worn", "active", "blocked", "blocked"]
        weeks = _ask(door, "weeks?from=2026-11-09&to=2026-11-22", "p-fine")["weeks"]
        # from the 18th on nothing is due: 2 of 7 days of three sessions are none
        assert [row["adherence"][0]["due_sessions"] for row in weeks] == [3, 0]
    finally:
        door.change("delete from consent")


def test_days_without_a_range_are_twelve_weeks(door: Served) -> None:
    result = _ask(door, "days")["days"]
    assert (len(result), result[0]["local_date"], result[-1]["local_date"]) == (
        84,
        "2026-09-01",
        "2026-11-23",
    )


@pytest.mark.promise(6)
def test_weeks_against_the_prescription(door: Served) -> None:
    (result,) = _ask(door, "weeks?from=2026-11-16&to=2026-11-22")["weeks"]
    assert (result["monday"], result["iso_week"], result["over"], result["complete"]) == (
        "2026-11-16",
        "2026-W47",
        True,
        False,
    )
    assert (result["sessions"], result["session_ms"]) == (3, 7_020_000)
    # 159 by heart rate; the gap on the 22nd, 275 s without any, is vigorous by an exertion of 5
    dose_min = 159 + 2 * 275 / 60
    assert result["dose_min"] == pytest.approx(dose_min)
    assert result["zones_ms"]["unknown"] == 1_090_000
    (against,) = result["adherence"]
    (prescribed,) = _ask(door, "prescriptions")
    assert against["sha256"] == prescribed["versions"][0]["sha256"] != ""
    assert (against["prescription"], against["version"], against["due_min"]) == (
        "rx-p-pain",
        2,
        120.0,
    )
    assert against["a_freq"] == {"uncapped": 1.0, "capped": 1.0}
    assert against["a_time"] == {"uncapped": 0.975, "capped": 0.975}
    assert against["a_dose"] == {"uncapped": pytest.approx(dose_min / 120), "capped": 1.0}
    assert against["a_int"]["uncapped"] == 410_000 / (7_020_000 - 1_090_000)


def test_a_week_is_complete_with_four_worn_days(door: Served) -> None:
    door.change("update week set valid_days = 4 where monday = '2026-11-16'")
    try:
        assert _ask(door, "weeks?from=2026-11-16&to=2026-11-22")["weeks"][0]["complete"]
    finally:
        door.change("update week set valid_days = 0 where monday = '2026-11-16'")


@pytest.mark.promise(6)
def test_adherence_over_a_prescription(door: Served) -> None:
    result = _ask(door, "prescriptions/rx-p-low/weeks", "p-low")
    assert cells_of(result["weeks"], "monday")[::12] == ["2026-08-31", "2026-11-23"]
    # nine weeks with enough known days: seven complete, a week with one session of three, and a
    # week with none of three
    assert result["total"]["weeks"] == 12
    assert result["total"]["a_freq"] == {
        "uncapped": pytest.approx(22 / 27),
        "capped": pytest.approx(22 / 27),
        "weeks": 9,
    }
    # three weeks of 120 for 90 minutes, four of 120 for 120, 20 and 0 for 120
    assert result["total"]["a_time"]["uncapped"] == pytest.approx(
        (7 * 120 + 20) / (3 * 90 + 6 * 120)
    )
    assert result["total"]["a_time"]["capped"] == pytest.approx(
        (3 * 90 + 4 * 120 + 20) / (3 * 90 + 6 * 120)
    )
    unknown = result["weeks"][0]
    assert (unknown["known_days"], unknown["a_freq"], unknown["a_dose"]) == (0, None, None)
    running = result["weeks"][-1]
    assert (running["over"], running["a_freq"]) == (False, None)
    assert (
        _ask(door, "prescriptions/rx-p-low/weeks?from=2026-11-09&to=2026-11-15", "p-low")["total"][
            "weeks"
        ]
        == 1
    )


def test_prescriptions_with_their_versions(door: Served) -> None:
    (result,) = _ask(door, "prescriptions")
    assert (result["id"], result["first"], result["last"], result["in_force"]) == (
        "rx-p-pain", "2026-08-31", "2027-02-01", True,
    )  # fmt: skip
    assert cells_of(result["versions"], "version", "minutes_per_session") == [
        (2, 40),
        (1, 30),
    ]


def test_a_prescription_bounds_a_range(door: Served) -> None:
    result = _ask(door, "days?prescription=rx-p-pain")["days"]
    assert (result[0]["local_date"], result[-1]["local_date"]) == ("2026-08-31", "2026-11-23")
    assert len(_ask(door, "sessions?prescription=rx-p-pain&limit=500")["sessions"]) == 30


@pytest.mark.parametrize("what", QUESTIONS)
@pytest.mark.parametrize("patient", ["p-south", "nobody"])
def test_a_patient_of_another_unit_does_not_exist(door: Served, what: str, patient: str) -> None:
    result = door.get(f"/api/v1/patients/{patient}/{what.format(patient)}")
    assert (result.status_code, result.headers["content-type"]) == (404, "application/problem+json")
    assert door.rows("select action from audit order by id desc limit 1") == [("data.refused",)]


@pytest.mark.parametrize("what", QUESTIONS)
def test_nobody_gets_an_answer_without_being_known(door: Served, what: str) -> None:
    result = door.get(
        f"/api/v1/patients/p-pain/{what.format('p-pain')}", headers={"host": "rebound.example"}
    )
    assert result.status_code == 401


def test_a_session_of_another_patient_does_not_exist(door: Served) -> None:
    assert door.get(f"/api/v1/patients/p-good/sessions/{last(door)}").status_code == 404


@pytest.mark.parametrize("what", QUESTIONS)
def test_every_question_is_written_down(door: Served, what: str) -> None:
    seen = {
        "timeline?metric=heart_rate": "timeline:heart_rate",
        "prescriptions/rx-{}/weeks": "prescription:rx-p-good",
    }
    _ask(door, what.format("p-good"), "p-good")
    row = door.rows(
        "select a.action, a.object, p.pseudonym from audit a "
        "join patient p on p.id = a.patient order by a.id desc"
    )[0]
    assert row == ("data.read", seen.get(what, what), "p-good")


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("timeline", "The query parameter `metric` is missing."),
        (
            "timeline?metric=pulse",
            "The query parameter `metric` must be one of heart_rate, cadence,",
        ),
        (
            "timeline?metric=power&points=0",
            "The query parameter `points` must be at least 1.",
        ),
        (
            "timeline?metric=power&points=10001",
            "The query parameter `points` must be at most 10000.",
        ),
        ("timeline?metric=power&as=dots", "The query parameter `as` must be 'band' or 'line'."),
        (
            "timeline?metric=power&from=yesterday",
            (
                "The query parameter `from` must be a date such as 2026-11-23, "
                "or an instant with its offset"
            ),
        ),
        (
            "timeline?metric=power&from=2026-11-23T08:00:00",
            "The query parameter `from` must be a date such as",
        ),
        (
            "timeline?metric=power&from=2026-02-30",
            "The query parameter `from` is not a date or time that exists.",
        ),
        (
            "timeline?metric=power&to=0999-02-03",
            "The query parameter `to` must be between the years 1900 and 2199.",
        ),
        ("timeline?metric=power&from=2026-11-23&to=2026-11-22", "`from` must be before `to`"),
        (
            "sessions?before=soon",
            "The query parameter `before` must be the `next` of the page before.",
        ),
        ("sessions?type=flying", "The query parameter `type` must be one of "),
        ("sessions?limits=5", "The query parameter `limits` is not known."),
        (
            "days?from=2026-11-23T08:00:00Z",
            "The query parameter `from` must be a date such as 2026-11-23.",
        ),
        ("days?from=1990-01-01", "at most 3700 days are answered at a time"),
        ("weeks?from=2026-11-23&to=2026-11-22", "`from` must not be after `to`"),
        (
            "prescriptions/rx-p-pain/weeks?from=2026-11-23&to=2026-11-22",
            "`from` must not be after `to`",
        ),
    ],
)
def test_what_cannot_be_answered_is_told_in_a_line(door: Served, what: str, reason: str) -> None:
    result = door.get(f"/api/v1/patients/p-pain/{what}")
    problem = result.json()
    assert (result.status_code, result.headers["content-type"]) == (422, "application/problem+json")
    assert sentences(problem)[0].startswith(reason)


def test_a_prescription_that_is_not_there_is_404(door: Served) -> None:
    for what in ("prescriptions/none/weeks", "days?prescription=none"):
        result = door.get(f"/api/v1/patients/p-pain/{what}")
        assert (result.status_code, result.json()["detail"]) == (
            404,
            "This patient has no such prescription.",
        )


def test_before_the_first_that_was_told_a_day_is_no_data_and_not_unworn(door: Served) -> None:
    result = {item["local_date"]: item["state"] for item in _ask(door, "days")["days"]}
    (first,) = _ask(door, "sessions?from=2026-01-01&to=2026-11-23&limit=200")["sessions"][-1:]
    before = {state for at, state in result.items() if at < first["local_date"]}
    after = {state for at, state in result.items() if at > first["local_date"]}
    assert before == {"no_data"}
    assert "not_worn" in after


def sentences(problem: dict[str, Any]) -> list[str]:
    """Return what is wrong with a request, as the sentences of a page."""
    return [str(Violation(**row)) for row in problem["errors"]] or [problem["detail"]]
