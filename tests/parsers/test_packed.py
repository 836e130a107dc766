"""Files in a gzip or zip are read as the files in it, within bounds; every member is told of."""

import gzip
import zipfile
import zlib
from dataclasses import replace
from io import BytesIO

import pytest

from model.errors import BodyError
from model.facts import Parsed, RejectKind, Workout
from parsers import formats, packed
from parsers.formats import format_named, parse, sniff, version_of
from parsers.packing.bounds import IN_A_BODY
from simulate.fit_messages import fit_file
from tests.parsers.fit.pieces import BASE_MS, ident, plain, records, session
from tests.rows import of_type, values_of

_RUN = plain(records(range(1200)), session(start=0, written=1200, elapsed=1200, sport=1))
_RIDE = plain(records(range(9000, 9900)), session(start=9000, written=9900, elapsed=900, sport=2))
_NOTE = b"an account export holds notes, too"


def _zip(*contents: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a folder/", b"")
        for number, content in enumerate(contents):
            archive.writestr(f"a folder/{number}", content)
    return out.getvalue()


def _view(parsed: Parsed) -> list[tuple[object, ...]]:
    return values_of(parsed.facts, "head")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(gzip.compress(_RUN), id="gzip"),
        pytest.param(gzip.compress(_RUN[:999]) + gzip.compress(_RUN[999:]), id="gzip in two"),
        pytest.param(gzip.compress(_RUN) + bytes(512), id="gzip filled up with zeros"),
        pytest.param(_zip(_RUN), id="zip"),
        pytest.param(_zip(_RUN, method=zipfile.ZIP_STORED), id="zip that packs nothing"),
        pytest.param(_zip(gzip.compress(_RUN)), id="gzip in a zip"),
        pytest.param(_zip(_zip(_RUN)), id="zip in a zip"),
    ],
)
def test_it_is_as_the_file_inside(body: bytes) -> None:
    assert sniff(body) == "packed"
    parsed, inside = parse("files", body), parse("files", _RUN)
    assert _view(parsed) == _view(inside)
    assert (parsed.rejects, parsed.complete) == ((), True)


def test_each_member_is_read_and_what_is_not_read_is_told_with_its_number() -> None:
    parsed = parse("files", _zip(_RUN, _NOTE, _RIDE, _NOTE, plain(records(range(60)))))
    assert values_of(of_type(Workout, parsed.facts), "type") == ["running", "cycling", "other"]
    assert values_of(parsed.rejects, "where", "count", "kind") == [
        ("[1]", 2, RejectKind.UNKNOWN),
        ("[4]@56", 1, RejectKind.RANGE),
    ]
    assert "not a file format that is read" in parsed.rejects[0].why
    assert parsed.complete


def test_a_member_that_nobody_did_or_that_lies_in_the_future_costs_itself_alone() -> None:
    course = fit_file([ident(kind=6), records(range(60))])
    received_ms = BASE_MS + 3_600_000  # the ride is hours later
    parsed = parse("files", _zip(_RUN, course, _RIDE), received_ms=received_ms)
    assert values_of(of_type(Workout, parsed.facts), "type") == ["running"]
    assert [reject.where[:3] for reject in parsed.rejects] == ["[1]", "[2]"]


@pytest.mark.parametrize(
    "body",
    [_zip(_NOTE), _zip(b""), gzip.compress(b"")],
    ids=["a note", "an empty member", "an empty gzip"],
)
def test_a_packed_file_without_a_recording_has_no_fact_and_a_reason(body: bytes) -> None:
    parsed = parse("files", body)
    assert (parsed.facts, values_of(parsed.rejects, "kind")) == ((), [RejectKind.UNKNOWN])


def test_a_packed_file_without_a_file_is_refused() -> None:
    with pytest.raises(BodyError, match="without a file"):
        parse("files", _zip())


@pytest.mark.parametrize(
    ("body", "workouts"),
    [
        pytest.param(gzip.compress(_RUN)[:-1], 1, id="gzip without its last byte"),
        pytest.param(gzip.compress(_RUN)[:-900], 1, id="gzip that is cut"),
        pytest.param(gzip.compress(_RUN) + b"noise", 1, id="noise after a gzip"),
        pytest.param(
            _zip(_RUN, _RIDE).replace(zlib.crc32(_RUN).to_bytes(4, "little"), b"1234"),
            2,
            id="zip with a wrong checksum",
        ),
        pytest.param(_zip(_RUN)[:-30], 1, id="zip without its directory"),
    ],
)
def test_of_a_damaged_one_what_lies_before_the_damage_is_kept(body: bytes, workouts: int) -> None:
    parsed = parse("files", body)
    assert len(of_type(Workout, parsed.facts)) == workouts
    assert not parsed.complete
    assert RejectKind.DAMAGED in values_of(parsed.rejects, "kind")


def test_an_encrypted_member_is_told() -> None:
    body = bytearray(_zip(_RUN, _RIDE))
    body[body.rindex(b"PK\1\2") + 8] |= 1
    parsed = parse("files", bytes(body))
    assert values_of(of_type(Workout, parsed.facts), "type") == ["running"]
    assert "encrypted" in parsed.rejects[0].why


def test_a_member_without_a_name_is_read() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(""), _RUN)
    assert values_of(of_type(Workout, parse("files", out.getvalue()).facts), "type") == ["running"]


def test_the_name_of_a_member_helps_to_tell_its_format(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its base name alone, whatever system wrote it; and no reject has it."""
    fit = format_named("fit")
    named = replace(fit, names=r"anna\.fit")
    others = tuple(row for row in formats.FORMATS if row is not fit)
    monkeypatch.setattr(formats, "FORMATS", (named, *others))
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("x/Anna.FIT", "x\\y\\anna.fit", "anna.fit/bob.fit"):
            archive.writestr(name, _RUN)
    parsed = parse("files", out.getvalue())
    assert len(of_type(Workout, parsed.facts)) == 2
    assert values_of(parsed.rejects, "where", "kind") == [("[2]", RejectKind.UNKNOWN)]
    assert "bob" not in str(parsed.rejects)


def test_three_layers_are_too_many() -> None:
    parsed = parse("files", _zip(_RUN, _zip(gzip.compress(_RIDE))))
    assert values_of(of_type(Workout, parsed.facts), "type") == ["running"]
    assert values_of(parsed.rejects, "where", "kind") == [("[1][0]", RejectKind.TOO_MUCH)]


def _refused(body: bytes) -> RejectKind | None:
    try:
        parse("files", body)
    except BodyError as error:
        return error.kind
    return None


_MIB = 1024 * 1024
_XML = b"<TrainingCenterDatabase>"


@pytest.mark.parametrize("pack", [gzip.compress, _zip])
def test_a_bomb_is_refused_as_soon_as_it_grows(pack: object) -> None:
    assert callable(pack)
    assert _refused(pack(_XML + bytes(4 * _MIB))) is RejectKind.TOO_MUCH
    assert _refused(pack(_XML + bytes(_MIB // 2))) in (None, RejectKind.DAMAGED)


@pytest.mark.parametrize("pack", [gzip.compress, _zip])
def test_a_bomb_of_nothing_that_is_read_is_never_unpacked(pack: object) -> None:
    assert callable(pack)
    parsed = parse("files", pack(bytes(4 * _MIB)))
    assert values_of(parsed.rejects, "where", "kind") == [("[0]", RejectKind.UNKNOWN)]


def test_the_bounds_hold_for_all_members_together(monkeypatch: pytest.MonkeyPatch) -> None:
    both, total = _zip(_RUN, _RIDE), len(_RUN) + len(_RIDE)

    def bound(**bounds: int) -> None:
        monkeypatch.setattr(packed, "IN_A_BODY", replace(IN_A_BODY, **bounds))

    bound(members=2, inflated=total)
    assert _refused(both) is None
    assert _refused(_zip(_RUN, _RIDE, b"")) is RejectKind.TOO_MUCH
    assert _refused(_zip(gzip.compress(_RUN), b"")) is RejectKind.TOO_MUCH
    bound(inflated=total - 1)
    assert _refused(both) is RejectKind.TOO_MUCH


def test_packed_files_are_read_again_when_a_reader_of_files_changes() -> None:
    assert version_of("packed") > version_of("fit") + version_of("tcx") - 1


@pytest.mark.parametrize("root", ["gpx", "TrainingCenterDatabase", "HealthData"])
def test_what_lies_unpacked_in_a_zip_does_not_show_its_format(root: str) -> None:
    # many programs store small files as they are, so their text begins within the first bytes
    body = _zip(f"<{root}></{root}>".encode(), _RUN, method=zipfile.ZIP_STORED)
    assert sniff(body, "export.zip") == "packed"
    assert len(of_type(Workout, parse("files", body).facts)) == 1
