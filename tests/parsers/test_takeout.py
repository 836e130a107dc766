"""Exports of accounts as they come: a zip of many files, which say some things twice."""

import json
import zipfile
from io import BytesIO

import pytest

from model.errors import BodyError
from model.facts import DaySummary, Parsed, SampleBlock, Workout
from parsers.formats import parse, sniff
from tests.rooms import ROOT
from tests.rows import matching, of_type, values_of

_DATA = ROOT / "tests" / "data"


def _read(*cases: str) -> Parsed:
    """Return what is read of a zip of recorded cases, each under the name that it came with."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for case in cases:
            request = json.loads((_DATA / case / "request.json").read_text())
            content = (_DATA / case / request["body"]).read_bytes()
            archive.writestr(f"Takeout/{case}/{request['filename']}", content)
    return parse("files", out.getvalue())


def test_what_google_fit_states_raw_and_merged_is_of_two_sources() -> None:
    parsed = _read("google_fit/merged_heart_rate", "google_fit/raw_heart_rate")
    beats = of_type(SampleBlock, parsed.facts)
    assert {block.head.source.app: block.v.tolist() for block in beats} == {
        "merged by Google Fit": [71.0],
        "com.example.band": [71.0, 74.0],
    }


def test_steps_of_fitbit_are_known_by_the_name_of_their_file() -> None:
    parsed = _read("fitbit_steps/steps", "fitbit/heart_rate")
    metrics = values_of(of_type(SampleBlock, parsed.facts), "metric")
    assert metrics == ["steps", "heart_rate"]
    body = (_DATA / "fitbit_steps" / "steps" / "body.json").read_bytes()
    names = ("steps-2026-09-24.json", "distance-2026-09-24.json", "calories-2026-09-24.json", "")
    assert [sniff(body, name) for name in names] == ["fitbit_steps", None, None, None]


def test_steps_of_two_devices_of_samsung_are_of_two_sources() -> None:
    parsed = _read("samsung_health/steps_of_two_devices", "samsung_health/day_summary")
    steps = matching(of_type(SampleBlock, parsed.facts), metric="steps")
    assert {block.head.source.device: block.v.tolist() for block in steps} == {
        "watch-1": [100.0],
        "phone-1": [80.0],
    }
    (day,) = of_type(DaySummary, parsed.facts)
    assert day.values == {"steps": 8_123.0, "distance": 6_100.5}


def test_a_mean_of_samsung_is_left_to_its_bins_and_told() -> None:
    parsed = _read("samsung_health/heart_rate", "samsung_bins/heart_rate")
    left = "a mean of values that are in a file of their own, which is read instead"
    assert left in values_of(parsed.rejects, "why")
    beats = [block.v.tolist() for block in of_type(SampleBlock, parsed.facts)]
    assert sorted(beats) == [[64.0], [64.0, 70.0], [66.0]]


@pytest.mark.parametrize(
    ("case", "record", "minutes", "moving_ms"),
    [
        ("google_fit/session", "walking:1790229600000", 30, None),
        ("fitbit/exercises", "log:31994671", 31, 1_800_000),
        ("samsung_health/exercises", "e1", 30, 1_620_000),
    ],
)
def test_a_walk_is_a_workout_with_its_timer(
    case: str, record: str, minutes: int, moving_ms: int | None
) -> None:
    (workout,) = matching(of_type(Workout, _read(case).facts), type="walking")
    length_ms = workout.head.end_ms - workout.head.start_ms
    assert (workout.head.record, length_ms // 60_000) == (record, minutes)
    assert workout.moving_ms == moving_ms


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([f"2026-10-05T07:00:00Z,1,s{k}" for k in range(257)], "more than 256 sources"),
        (["2026-10-05T07:00:00Z,1,s"] * 200_001, "more than 200000 rows"),
        (['2026-10-05T07:00:00Z,1,"' + "x" * 200_000], "not a table"),
    ],
    ids=["sources", "rows", "a cell without end"],
)
def test_a_hostile_table_of_fitbit_is_refused(rows: list[str], why: str) -> None:
    body = "\n".join(["timestamp,steps,data source", *rows]).encode()
    with pytest.raises(BodyError, match=why):
        parse("fitbit_table", body)


@pytest.mark.parametrize(
    ("names", "values"),
    [
        ("Datum,Kalorien (kcal),Distanz (m),Schrittzahl", {"steps": 8400.0}),
        ("Date,Calories (kcal),Distance (m),Nombre de pas", {"steps": 8400.0}),
        ("Fecha,Calorías (kcal),Distancia (m),Número de pasos", {"steps": 8400.0}),
        ("Datum,Kalorier (kcal),Sträcka (m),Antal steg", {"steps": 8400.0}),
        ("Fecha,Calorías (kcal),Distancia (m),Zancadas", {}),
    ],
)
def test_a_table_of_dates_is_read_in_the_language_of_the_account(
    names: str, values: dict[str, float]
) -> None:
    parsed = parse("files", f"{names}\n2026-09-01,2480.5,6200,8400\n".encode())
    (day,) = of_type(DaySummary, parsed.facts)
    assert day.values == {"total_energy": 2480.5, "distance": 6200.0, **values}
    # steps in a column of another name are not lost without a word
    refused = [(reject.where, reject.why) for reject in parsed.rejects]
    why = "no column of steps that is known: the language of the table may not be"
    assert refused == ([] if values else [("columns", why)])
