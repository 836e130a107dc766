"""`kadens inspect` exits 1 where all of a payload is refused, in each of its forms alike."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kadens.cli import app
from kadens.inspect import CountedItems, inspect
from model.facts import Deletion, Head, Method, Reject, Source
from model.received import Fetch, Notice, NoticeKind, Part, ReaderItem
from tests.parsers.packing.zip_files import tcx_run, zipped

_JUNK = b"a letter to a clinician"
_GARMIN = ("--connector", "garmin")
_NO_START = b'{"activities":[{"userId":"runner","summaryId":"run-1"}]}'
_SESSION = json.dumps(
    {
        "exportVersion": "1.6",
        "startTime": "2026-09-01T08:00:00.000",
        "stopTime": "2026-09-01T08:20:00.000",
        "timezoneOffset": 120,
        "exercises": [{"startTime": "soon", "timezoneOffset": 120, "duration": "PT1200S"}],
    }
).encode()
_SESSION_NAME = "training-session-2026-09-01.json"


@pytest.mark.parametrize(
    ("name", "content", "words", "code"),
    [
        pytest.param("a.zip", zipped(("a.txt", _JUNK)), (), 1, id="a zip of junk"),
        pytest.param("a.gz", gzip.compress(_JUNK, mtime=0), (), 1, id="a gz of junk"),
        pytest.param("a.json", _NO_START, _GARMIN, 1, id="the only record"),
        pytest.param(_SESSION_NAME, _SESSION, (), 1, id="the only exercise"),
        pytest.param("a.json", b'{"dailies":[]}', _GARMIN, 0, id="empty, but right"),
        pytest.param(
            "a.zip", zipped(("a.txt", _JUNK), ("a.tcx", tcx_run(1))), (), 0, id="a part is refused"
        ),
    ],
)
def test_each_form_has_the_same_exit_code(
    tmp_path: Path, name: str, content: bytes, words: tuple[str, ...], code: int
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for form in ((), ("--json",), ("--facts",)):
        done = CliRunner().invoke(app, ["inspect", str(path), *words, *form])
        assert done.exit_code == code, form
        if form == ("--json",):
            assert json.loads(done.stdout)["complete"] is (code == 0)
        if not form:
            assert ("nothing in it can be used" in done.stdout) is (code == 1)


_HEAD = Head(
    source=Source(vendor="files", method=Method.WORKOUT),
    record="r",
    start_ms=0,
    end_ms=0,
)
_REJECT = Reject(where="body", why="not a number")


@pytest.mark.parametrize(
    ("items", "all_refused"),
    [
        ([], False),
        ([Part(account="", facts=())], False),
        ([_REJECT], True),
        ([Part(account="", facts=(), rejects=(_REJECT,))], True),
        ([_REJECT, Part(account="", facts=[Deletion(head=_HEAD)])], False),
        ([_REJECT, Notice(account="a", kind=NoticeKind.PING)], False),
        ([Fetch(account="a", resource="r", key="k", path="/"), _REJECT], False),
    ],
)
def test_whatever_is_no_reject_counts_as_read(
    items: list[ReaderItem], *, all_refused: bool
) -> None:
    counted = CountedItems(items)
    assert inspect(counted, None)["complete"] is (_REJECT not in items and not all_refused)
    assert counted.are_all_refused is all_refused
