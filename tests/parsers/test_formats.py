"""The table of parsers against the folder, and which of them reads a body."""

import gzip
from contextlib import suppress

import pytest

from model.codec import dumps
from model.errors import BodyError
from model.facts import Reject, RejectKind
from model.received import Context
from model.versions.receipt import MEASURED_LATER
from parsers.format_rows.row import Format
from parsers.formats import FORMATS, SNIFFED, load_readers, parse, read_items, sniff
from parsers.lazy_readers import Named
from tests.rooms import ROOT
from tests.rows import values_of

_FOLDER = ROOT / "parsers"
_FILES = [
    *_FOLDER.glob("*.py"),
    *(_FOLDER / "vendors").glob("*.py"),
    *(_FOLDER / "tracks").glob("*.py"),
    *(_FOLDER / "exports").glob("*.py"),
    *(_FOLDER / "phone").glob("h*.py"),
    _FOLDER / "apple" / "apple_health.py",
    *(_FOLDER / "health_connect").glob("h*.py"),
    *(_FOLDER / "takeout").glob("[fgs]*.py"),
]
HELPERS = {
    "fitbit_sessions",
    "alike",
    "bounds",
    "elements",
    "facts",
    "fields",
    "figures",
    "forms",
    "growing",
    "formats",
    "fitbit_exercises",
    "json_records",
    "lenient_json",
    "lazy_readers",
    "paging",
    "pauses",
    "stated_once",
    "streams",
    "tables",
    "word_tables",
    "links",
    "mending",
    "polar_series",
    "polar_times",
    "request_note",
    "huawei_workouts",
    "__init__",
}
# read by the module of the same export
BESIDE_OTHERS = {"fitbit_steps", "fitbit_resting_table", "samsung_bins"}
_HUBS = {"junction", "terra"}  # several formats in one package
# a vendor or a format with several files
_PACKAGES = {path.parent.name for path in (_FOLDER / "vendors").glob("*/__init__.py")}
_PACKAGES |= {"fit_facts"}
_NAMES = {path.stem for path in _FILES if path.stem.endswith(("_names", "_types", "_elements"))}


def test_every_reader_in_the_folder_is_a_row() -> None:
    files = set(values_of(_FILES, "stem")) - HELPERS - _NAMES | _PACKAGES
    names = {name.removesuffix("_facts") for name in files}
    assert set(values_of(FORMATS, "name")) - BESIDE_OTHERS - _HUBS == names - {"hubs"}
    assert len(set(values_of(FORMATS, "name"))) == len(FORMATS)


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_each_named_reader_is_there_and_takes_a_payload(row: Format) -> None:
    assert isinstance(row.read, Named)
    with suppress(BodyError):
        assert not list(row.read(b"", Context(connector=row.name)))
    assert row.sniff is None or row.sniff(b"") is False


def test_all_readers_can_be_loaded_at_once() -> None:
    load_readers()


@pytest.mark.parametrize("target", ["parsers.nobody:read", "parsers.tracks.tcx:nothing"])
def test_a_wrong_name_of_a_reader_is_an_error(target: str) -> None:
    with pytest.raises((ImportError, AttributeError)):
        Named(target).function()


def test_json_connectors_by_their_name() -> None:
    assert parse("reports", b'{"type":"report.created","patient":"p","reports":[]}').account == "p"
    assert parse("open_wearables", b'{"type":"sync.started","data":{"user_id":"u"}}').account == "u"


def test_a_connector_without_a_parser_is_our_bug() -> None:
    with pytest.raises(LookupError, match="nobody"):
        parse("nobody", b"{}")


def test_a_file_is_what_its_bytes_say() -> None:
    assert sniff(b"\x0e\x10\x00\x00\x00\x00\x00\x00.FIT") == "fit"
    assert sniff(b"") is None
    with pytest.raises(BodyError, match="not a file format that is read"):
        parse("files", b"<kml/>", "application/vnd.ant.fit")


def test_a_file_whose_bytes_do_not_tell_is_what_its_name_says() -> None:
    row = Format(
        name="steps",
        version=1,
        read=Named("parsers.tcx:read_tcx"),
        sniff=lambda head: head.startswith(b"["),
        names=r"steps-\d{4}\.json",
    )
    assert row.is_file(b"[]", "Steps-2024.json")
    for head, filename in (
        (b"[]", ""), (b"[]", "steps-2024.json.txt"), (b"[]", "my-steps-2024.json"),
        (b"{}", "steps-2024.json"),
    ):  # fmt: skip
        assert not row.is_file(head, filename)


def test_what_a_file_is_does_not_depend_on_bytes_far_from_its_begin() -> None:
    tcx = b"<TrainingCenterDatabase/>"
    assert sniff(tcx) == "tcx"
    assert sniff(bytes(SNIFFED) + tcx) is None


@pytest.mark.parametrize(("received_ms", "facts"), [(0, 1), (1_790_000_000_000, 0)])
def test_what_is_later_than_its_receipt_is_no_fact(received_ms: int, facts: int) -> None:
    """Without a receipt, as for a file on a desk, nothing is later."""
    workout = {
        "id": "w",
        "user_id": "u",
        "start_time": "2026-10-05T16:00:00Z",
        "end_time": "2026-10-05T16:45:00Z",
    }
    body = dumps({"type": "workout.created", "data": workout})
    parsed = parse("open_wearables", body, received_ms=received_ms)
    assert (parsed.account, len(parsed.facts)) == ("u", facts)
    assert values_of(parsed.rejects, "where", "why") == [("facts[0]", MEASURED_LATER)] * (1 - facts)


@pytest.mark.parametrize(
    "row", [row for row in FORMATS if row.name != "packed"], ids=lambda row: row.name
)
def test_what_is_packed_where_nothing_is_unpacked_says_so(row: Format) -> None:
    for body in (gzip.compress(b'{"event": 1}'), b"PK\3\4" + bytes(40)):
        items = list(read_items(row.name, body, Context(connector="c")))
        why = "packed, and bodies of this kind are never unpacked"
        assert items == [Reject(where="@0", why=why, kind=RejectKind.DAMAGED)]


def test_what_grows_is_named_in_the_row_of_its_format() -> None:
    grows = {row.name: row.grows for row in FORMATS if row.grows}
    assert grows == {
        "open_wearables": ("is_daily_total",),
        "fit": ("monitoring",),
        "polar_flow": ("activity",),
        "garmin_account": ("UDSFile",),
        "garmin": ("dailies", "epochs", "sleeps", "hrv", "moveIQActivities"),
        "polar": ("activity_summary",),
        "health_auto_export": ("days",),
        "hc_webhook": ("steps", "distance", "active_calories"),
        "junction": ("activity",),
        "terra": ("daily",),
        "withings": ("getactivity",),
        "fitbit_api": ("activities-steps",),
        "google_fit": ("Daily activity metrics",),
        "samsung_health": ("pedometer_day_summary",),
    }
