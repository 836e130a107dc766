"""Tables and JSON files that were saved anew, with a mark of their encoding or in UTF-16."""

import json
from dataclasses import replace

import pytest

from kadens.recorded.cases import read_case
from model.errors import BodyError
from model.received import Context
from parsers.formats import parse, read_items, sniff
from parsers.packing.text_marks import unmarked
from tests.rooms import ROOT

_DATA = ROOT / "tests" / "data"
# A case of each format whose files a program on a desk may save anew.
_CASES = (
    "fitbit/heart_rate",
    "fitbit_steps/steps",
    "garmin_account/activities",
    "google_fit/raw_heart_rate",
    "samsung_health/exercises",
    "samsung_bins/heart_rate",
    "strava_activities/french_list",
)


# A case of each format that only a connector's body has, and that is JSON.
_BODIES = (
    "coros/push",
    "fitbit_api/activity_logs",
    "garmin/activities",
    "google_health/exercise_points",
    "huawei/workouts_fetched",
    "junction/day",
    "open_wearables/workout",
    "oura/workout_cue",
    "polar/v4_sessions_answer",
    "reports/manual_session",
    "strava/activity_created",
    "suunto/workout_created",
    "terra/activity",
    "whoop/workout_updated",
    "withings/workouts",
)


def _body(case: str) -> tuple[bytes, str]:
    request = json.loads((_DATA / case / "request.json").read_text())
    return (_DATA / case / request["body"]).read_bytes(), request["filename"]


def _items(content: bytes, filename: str) -> str:
    name = sniff(content, filename)
    assert name is not None
    context = Context(connector="files", filename=filename)
    return repr(list(read_items(name, content, context)))


@pytest.mark.parametrize("case", _CASES)
def test_a_mark_of_the_encoding_changes_nothing(case: str) -> None:
    content, filename = _body(case)
    plain = content.removeprefix(b"\xef\xbb\xbf")
    text = plain.decode()
    right = _items(plain, filename)
    for saved in (
        b"\xef\xbb\xbf" + plain,
        text.encode("utf-16"),
        b"\xfe\xff" + text.encode("utf-16be"),
    ):
        assert _items(saved, filename) == right


@pytest.mark.parametrize("case", _BODIES)
def test_a_mark_before_a_body_changes_nothing(case: str) -> None:
    recorded = read_case(_DATA / case)
    marked = replace(recorded, payload=b"\xef\xbb\xbf" + recorded.payload)
    assert marked.lines() == recorded.lines()
    assert any("reject" not in line for line in recorded.lines())


def test_a_text_that_is_cut_off_anywhere_is_read_up_to_there() -> None:
    text = "a\u20acb".encode("utf-16")
    assert [unmarked(text[:end]) for end in (2, 3, 4, 6)] == [
        b"",
        b"\xef\xbf\xbd",
        b"a",
        "a\u20ac".encode(),
    ]
    assert unmarked(b"\xff") == b"\xff"


def test_what_is_no_known_format_stays_unknown_in_any_encoding() -> None:
    with pytest.raises(BodyError, match="not a file format that is read"):
        parse("files", "hello".encode("utf-16"))
