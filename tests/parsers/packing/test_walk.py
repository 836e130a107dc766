"""What is in a file of any kind, piece by piece: each quirk of zips with its outcome and reason."""

import gzip
import struct
import tarfile
import tempfile
import tracemalloc
import zipfile
from dataclasses import replace
from io import BytesIO
from random import Random
from typing import BinaryIO

import pytest

from model.errors import BodyError
from model.facts import Reject, RejectKind
from parsers import formats
from parsers.format_rows.row import Format
from parsers.formats import LARGEST_PIECE
from parsers.lazy_readers import Named
from parsers.packing import zips
from parsers.packing.bounds import BOMB, ON_A_DESK
from parsers.packing.other_files import EMPTY, NOT_READ
from parsers.packing.streams import DAMAGED
from parsers.packing.walk import pieces_of
from tests.parsers.packing.zip_files import (
    flagged_zip,
    long_zip,
    miscounted_zip,
    misplaced_zip,
    streamed_zip,
    tcx_run,
    zipped,
)

_A, _B, _C = ("a.tcx", tcx_run(1)), ("b.tcx", tcx_run(2)), ("c.tcx", tcx_run(3))
_BOTH = [("[0]", tcx_run(1)), ("[1]", tcx_run(2))]
_LINE = b"lines " + bytes(1017) + b"\n"  # of one KiB


def _walk(content: bytes, **bounds: int) -> tuple[list[object], list[object]]:
    """Return the pieces of a file with their places, and the places and reasons of what is none."""
    pieces: list[object] = []
    rejects: list[object] = []
    with tempfile.TemporaryFile() as file:
        file.write(content)
        for item in pieces_of(file, "", replace(ON_A_DESK, **bounds), _new_file):
            if isinstance(item, Reject):
                rejects.append((item.where, item.why))
            else:
                pieces.append((item.where, item.content))
    return pieces, rejects


def _new_file() -> BinaryIO:
    return tempfile.TemporaryFile()


def _tar() -> bytes:
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.tcx"))
    return out.getvalue()


_QUIRKS = {
    "a file as it is": (tcx_run(1), [("", tcx_run(1))], []),
    "zip64": (long_zip(*_A), [("[0]", tcx_run(1))], []),
    "zip64 without a directory": (
        long_zip(*_A)[:-100],
        [("[0]", tcx_run(1))],
        [("@0", zips.NO_DIRECTORY)],
    ),
    "headers of zip64": (zipped(_A, _B, long=True), _BOTH, []),
    "data descriptors": (streamed_zip(_A, _B), _BOTH, []),
    "stored": (zipped(_A, _B, method=zipfile.ZIP_STORED), _BOTH, []),
    "data descriptors, cut off in the directory": (
        streamed_zip(_A, _B)[:-60],
        _BOTH,
        [("@0", zips.NO_DIRECTORY)],
    ),
    "data descriptors, cut off in the second": (
        streamed_zip(_A, _B, _C)[: len(streamed_zip(_A)) - 20],
        [("[0]", tcx_run(1))],
        [("@0", zips.NO_DIRECTORY), ("[1]", DAMAGED)],
    ),
    "cut off in the directory": (zipped(_A, _B)[:-60], _BOTH, [("@0", zips.NO_DIRECTORY)]),
    "encrypted": (
        flagged_zip(zipped(_A, _B), flag=1),
        [("[1]", tcx_run(2))],
        [("[0]", zips.ENCRYPTED)],
    ),
    "deflate64": (
        flagged_zip(zipped(_A, _B), method=9, first=False),
        [("[0]", tcx_run(1))],
        [("[1]", zips.UNUSUAL)],
    ),
    "bytes before the zip": (b"PK\3\4" + bytes(500) + zipped(_A, _B), _BOTH, []),
    "a zip behind another one": (
        zipped(_C) + zipped(_A, _B),
        _BOTH,
        [("[2]", zips.BEHIND)],
    ),
    "a directory that counts fewer members than it lists": (
        miscounted_zip(zipped(_A, _B, _C), 1),
        [*_BOTH, ("[2]", tcx_run(3))],
        [("@0", zips.NO_DIRECTORY)],
    ),
    "a directory that counts more members than it lists": (
        miscounted_zip(zipped(_A, _B), 3),
        _BOTH,
        [("@0", zips.NO_DIRECTORY)],
    ),
    "two entries of one member": (
        misplaced_zip(zipped(_A, _B), (0, 0)),
        [("[0]", tcx_run(1))],
        [("[1]", zips.WITHIN)],
    ),
    "a member that begins within another": (
        misplaced_zip(zipped(_A, _B), (0, 20)),
        [("[0]", tcx_run(1))],
        [("[1]", zips.WITHIN)],
    ),
    "a directory with wrong places": (
        misplaced_zip(zipped(_A, _B), (7, 7)),
        _BOTH,
        [("@0", zips.NO_DIRECTORY)],
    ),
    "a comment after the zip": (
        zipped(_A, _B)[:-2] + b"\5\0PK\5\6!",
        _BOTH,
        [],
    ),
    "the same name twice": (zipped(_A, ("a.tcx", tcx_run(2))), _BOTH, []),
    "names that lead out of the folder": (
        zipped(("../../etc/passwd", tcx_run(1)), ("/C:\\x.tcx", tcx_run(2))),
        _BOTH,
        [],
    ),
    "names in other scripts": (
        zipped(("Export\u00e9e/x.tcx", tcx_run(1)), ("\ufeff\u5065\u5eb7/\u30c7", tcx_run(2))),
        _BOTH,
        [],
    ),
    "a wrong ending": (zipped(("run.fit", tcx_run(1)), ("run", tcx_run(2))), _BOTH, []),
    "gz": (gzip.compress(tcx_run(1)), [("[0]", tcx_run(1))], []),
    "gz in zip in zip": (
        zipped(("x.zip", zipped(("a.tcx.gz", gzip.compress(tcx_run(1)))))),
        [("[0][0][0]", tcx_run(1))],
        [],
    ),
    "four layers": (
        zipped(("x.zip", zipped(("y.zip", zipped(("a.gz", gzip.compress(tcx_run(1)))))))),
        [],
        [("[0][0][0]", "packed more than three times")],
    ),
    "an empty file": (b"", [], [("@0", EMPTY)]),
    "an empty member": (zipped(("a.tcx", b""), _B), [("[1]", tcx_run(2))], [("[0]", EMPTY)]),
    "an empty zip": (zipped(), [], [("@0", "a packed file without a file in it")]),
    "only a folder": (zipped(("x/", b"")), [], [("body", "a packed file without a file in it")]),
    "a tar": (
        _tar(),
        [],
        [("@0", "a tar, which is not read: unpack it, or pack it as a zip")],
    ),
    "a tar.gz": (
        gzip.compress(_tar()),
        [],
        [("[0]", "a tar, which is not read: unpack it, or pack it as a zip")],
    ),
    "a note": (zipped(("note.txt", b"hello"), _B), [("[1]", tcx_run(2))], [("[0]", NOT_READ)]),
    "a gz without its end": (
        gzip.compress(tcx_run(1))[:-4],
        [("[0]", tcx_run(1))],
        [("[0]", DAMAGED)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("quirk", _QUIRKS)
def test_a_quirk_has_its_outcome_and_a_plain_reason(quirk: str) -> None:
    content, pieces, rejects = _QUIRKS[quirk]
    assert _walk(content) == (pieces, rejects)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Format:
    """Add a format of huge files, whose cutter gives lines."""
    row = Format(
        name="lines",
        version=1,
        read=Named("parsers.tcx:read_tcx"),
        sniff=lambda head: head.startswith(b"lines"),
        cut=Named("tests.parsers.packing.zip_files:cut_lines"),
    )
    monkeypatch.setattr(formats, "FORMATS", (row, *formats.FORMATS))
    return row


def _count_of(content: bytes) -> tuple[int, list[object]]:
    pieces, rejects = _walk(content)
    assert {piece[1] for piece in pieces} == {_LINE}  # type: ignore[index]
    return len(pieces), rejects


@pytest.mark.usefixtures("lines")
def test_a_huge_file_is_cut_and_a_small_one_is_not() -> None:
    small = _LINE * (LARGEST_PIECE // 1024)
    assert _walk(small) == ([("", small)], [])
    assert _count_of(small + _LINE) == (2049, [])
    pieces, _ = _walk(zipped(_A, ("x", small + _LINE)))
    assert [piece[0] for piece in pieces[:3]] == ["[0]", "[1]#0", "[1]#1"]  # type: ignore[index]


@pytest.mark.usefixtures("lines")
def test_of_a_huge_file_that_is_cut_off_all_before_the_damage_is_cut() -> None:
    packed = zipped(("x", _LINE * 3000), method=zipfile.ZIP_STORED)
    cut_off = packed[: 40 + 2500 * 1024]
    pieces, rejects = _walk(cut_off)
    assert [piece[1] for piece in pieces[:2500]] == [_LINE] * 2500  # type: ignore[index]
    assert len(pieces) == 2501  # the last is cut off
    assert rejects == [("@0", zips.NO_DIRECTORY), ("[0]", DAMAGED)]


def test_what_a_cutter_refuses_is_told_with_its_place(
    lines: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = replace(lines, cut=Named("tests.parsers.packing.zip_files:cut_first_line"))
    monkeypatch.setattr(formats, "FORMATS", (row, *formats.FORMATS[1:]))
    pieces, rejects = _walk(zipped(("x", _LINE * 3000), _A))
    assert pieces == [("[0]#0", _LINE), ("[1]", tcx_run(1))]
    assert rejects == [("[0]@1024", "not the lines that were meant")]


def test_a_cutter_that_seeks_gets_a_file_that_can(
    lines: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = replace(lines, seeks=True, cut=Named("tests.parsers.packing.zip_files:cut_last_line"))
    monkeypatch.setattr(formats, "FORMATS", (row, *formats.FORMATS[1:]))
    content = _LINE * 3000 + b"lines end\n"
    for packed in (zipped(("x", content)), gzip.compress(content)):
        assert _walk(packed) == ([("[0]#0", b"lines end\n")], [])
    assert _walk(content) == ([("#0", b"lines end\n")], [])


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize(
    ("bounds", "why"),
    [
        ({"free": 1, "ratio": 20}, BOMB),
        ({"inflated": 2_000_000}, "more than 2000000 bytes when unpacked"),
        ({"members": 1}, "more than 1 files"),
    ],
)
@pytest.mark.parametrize(
    "packed",
    [zipped(("x", _LINE * 3000), _A), streamed_zip(("x", _LINE * 3000), _A)[:-100]],
    ids=["by its directory", "in turn"],
)
def test_beyond_the_bounds_nothing_goes_on(bounds: dict[str, int], why: str, packed: bytes) -> None:
    with pytest.raises(BodyError, match=why) as caught:
        _walk(packed, **bounds)
    assert caught.value.kind is RejectKind.TOO_MUCH


@pytest.mark.usefixtures("lines")
def test_the_memory_of_a_walk_does_not_grow_with_the_file() -> None:
    packed = zipped(("x", _LINE * 30_000), method=zipfile.ZIP_DEFLATED)
    with tempfile.TemporaryFile() as file:
        file.write(packed)
        tracemalloc.start()
        try:
            total = 0
            for item in pieces_of(file, "", ON_A_DESK, _new_file):
                assert not isinstance(item, Reject)
                total += len(item.content)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert total == 30_000 * 1024
    assert peak < 8 * 1024 * 1024


def test_a_directory_that_claims_millions_of_members_costs_nothing() -> None:
    packed = bytearray(zipped(_A, _B))
    packed[-14:-10] = b"\xfe\xff\xfe\xff"
    pieces, rejects = _walk(bytes(packed))
    assert pieces == _BOTH
    assert rejects == [("@0", zips.NO_DIRECTORY)]


def test_a_member_that_thousands_of_entries_claim_is_unpacked_once() -> None:
    entries = 50_000
    packed = zipped(_A)
    directory_at = packed.index(b"PK\1\2")
    local, entry = packed[:directory_at], packed[directory_at:-22]
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, entries, entries, len(entry) * entries, len(local), 0
    )
    pieces, rejects = _walk(local + entry * entries + end)
    assert pieces == [("[0]", tcx_run(1))]
    assert (len(rejects), set(rejects[1:2])) == (entries - 1, {("[2]", zips.WITHIN)})


def _changed(packed: bytes, chance: Random) -> bytes:
    """Return a packed file with some bytes changed, left out, made full or repeated."""
    changed = bytearray(packed)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(changed))
        kind = chance.randrange(4)
        if kind == 0:
            changed[at] = chance.randrange(256)
        elif kind == 1:
            changed[at : at + 4] = chance.choice([b"\xff" * 4, bytes(4), b"\xff\xff\xff\x7f"])
        elif kind == 2 and len(changed) > 100:
            del changed[at : at + chance.randrange(1, 30)]
        else:
            changed[at:at] = changed[max(0, at - 40) : at]
    return bytes(changed)


@pytest.mark.parametrize("kind", ["zip64", "data descriptors", "gz in zip in zip", "a gz"])
def test_whatever_the_bytes_a_walk_ends_with_pieces_and_reasons(kind: str) -> None:
    packed = gzip.compress(tcx_run(1)) if kind == "a gz" else _QUIRKS[kind][0]
    chance = Random(kind)  # noqa: S311 - the same changes each time
    ends = {"walked": 0, "refused": 0}
    for _ in range(500):
        try:
            _walk(_changed(packed, chance))
            ends["walked"] += 1
        except BodyError:
            ends["refused"] += 1
    assert ends["walked"] + ends["refused"] == 500
    assert ends["walked"] > 400
