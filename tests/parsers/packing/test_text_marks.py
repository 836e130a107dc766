"""Tables and JSON files that were saved anew, with a mark of their encoding or in UTF-16."""

import json

import pytest

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
