"""Damaged, wrong and hostile input: what is kept and what is reported.

It takes little time and memory.
"""

import gzip
import time

import numpy as np
import pytest

from parsers.fit import Code, FitError, Limits, decode
from parsers.fit.crc import crc16
from simulate.fit_messages import (
    BYTES,
    UINT8,
    UINT16,
    UINT32,
    FieldShape,
    FitShape,
    definition,
    encoded,
    fit_file,
    rows,
)
from tests.rows import values_of

_FIELDS = {"t": FieldShape(number=253, base=UINT32), "hr": FieldShape(number=3, base=UINT8)}
SHAPE = FitShape(number=20, local=0, fields=_FIELDS)
COUNT = 50
_BODY = (
    definition(SHAPE)
    + rows(SHAPE, {"t": np.arange(COUNT) + 1e9, "hr": np.arange(COUNT) + 60}, COUNT).tobytes()
)
_GOOD = fit_file([_BODY])
HEADER, _FIRST, STEP = 14, 14 + 12, 6


def _problems(data: bytes, **limits: int) -> list[tuple[Code, int, int]]:
    return values_of(decode(data, limits=Limits(**limits)).problems, "code", "offset", "segment")


def _kept(data: bytes) -> int:
    fit = decode(data)
    assert not fit.complete
    heart = fit["record"].numbers("heart_rate")
    assert np.array_equal(heart, np.arange(len(heart)) + 60)
    return len(heart)


def with_size(size: int, data: bytes = _GOOD) -> bytes:
    return data[:4] + size.to_bytes(4, "little") + data[8:12] + b"\0\0" + data[14:]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Code.EMPTY),
        (b"\x0e", Code.NOT_FIT),
        (_GOOD[:11], Code.NOT_FIT),
        (_GOOD[:13], Code.NOT_FIT),
        (b"\x0e" + bytes(7) + b".FIX" + bytes(90), Code.NOT_FIT),
        (b"\x00" + _GOOD[1:], Code.NOT_FIT),
        (b"\x0b" + _GOOD[1:], Code.NOT_FIT),
        (b"\xff" + _GOOD[1:200], Code.NOT_FIT),
        (gzip.compress(_GOOD), Code.NOT_FIT),
        (b"PK\x03\x04" + _GOOD, Code.NOT_FIT),
        (b"<?xml version='1.0'?><gpx/>", Code.NOT_FIT),
    ],
)
def test_what_is_no_fit_file_is_refused(data: bytes, code: Code) -> None:
    with pytest.raises(FitError) as caught:
        decode(data)
    assert (caught.value.code, caught.value.offset) == (code, 0)


def test_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(FitError) as caught:
        decode(_GOOD, limits=Limits(size=len(_GOOD) - 1))
    assert (caught.value.code, caught.value.offset) == (Code.TOO_LARGE, len(_GOOD) - 1)


def test_a_good_file_has_no_problem() -> None:
    assert _problems(_GOOD) == []
    assert decode(_GOOD).complete


@pytest.mark.parametrize("cut", range(_FIRST, len(_GOOD)))
def test_cut_anywhere_keeps_the_whole_messages(cut: int) -> None:
    total = min((cut - _FIRST) // STEP, COUNT)
    assert _kept(_GOOD[:cut]) == total
    ((code, offset, segment),) = _problems(_GOOD[:cut])
    assert (code, segment) == (Code.TRUNCATED, 0)
    assert offset == (_FIRST + STEP * total if cut < len(_GOOD) - 2 else len(_GOOD) - 2)


def test_cut_inside_the_definition() -> None:
    for cut in range(HEADER + 1, _FIRST):
        assert _problems(_GOOD[:cut]) == [(Code.TRUNCATED, HEADER, 0)]
        assert _kept(_GOOD[:cut]) == 0


def test_data_size_zero_or_absurd_reads_to_the_end() -> None:
    for size in (0, 0xFFFFFFFF, 64 * 1024 * 1024 + 1):
        data = with_size(size)
        assert _problems(data) == [(Code.UNTERMINATED, 4, 0)]
        assert _kept(data) == COUNT


def test_data_size_too_small_reads_to_the_end() -> None:
    data = with_size(len(_BODY) - 7)
    assert _problems(data) == [(Code.UNTERMINATED, 4, 0)]
    assert _kept(data) == COUNT


def test_data_size_somewhat_too_large_is_a_cut() -> None:
    data = with_size(len(_BODY) + 100)
    ((code, _, _),) = _problems(data)
    assert code is Code.TRUNCATED
    assert _kept(data) == COUNT


def test_an_open_end_stops_at_the_next_header() -> None:
    data = with_size(0) + _GOOD
    fit = decode(data)
    assert len(fit.segments) == 2
    assert len(fit["record"]) == 2 * COUNT
    assert _problems(data) == [(Code.UNTERMINATED, 4, 0)]


def test_bad_checksum_keeps_everything_and_says_so() -> None:
    data = _GOOD[:-1] + bytes([_GOOD[-1] ^ 1])
    assert _problems(data) == [(Code.FILE_CRC, len(_GOOD) - 2, 0)]
    assert _kept(data) == COUNT
    assert decode(data).segments[0].crc_ok is False
    assert _problems(data + _GOOD) == [(Code.FILE_CRC, len(_GOOD) - 2, 0)]


def test_undefined_local_type_keeps_what_was_before() -> None:
    data = fit_file([_BODY, b"\x07abc"])
    assert _problems(data) == [(Code.UNDEFINED_LOCAL, 14 + len(_BODY), 0)]
    assert _kept(data) == COUNT
    assert _problems(fit_file([_BODY, b"\xe1abc"])) == [(Code.UNDEFINED_LOCAL, 14 + len(_BODY), 0)]


def test_a_damaged_segment_does_not_cost_the_next() -> None:
    fit = decode(fit_file([_BODY, b"\x07abc"]) + _GOOD)
    assert len(fit["record"]) == 2 * COUNT
    assert values_of(fit.problems, "code", "segment") == [(Code.UNDEFINED_LOCAL, 0)]


def test_bytes_after_the_end() -> None:
    assert _problems(_GOOD + b"garbage") == [(Code.TRAILING_BYTES, len(_GOOD), 0)]
    assert _kept(_GOOD + b"garbage") == COUNT


@pytest.mark.parametrize("filling", [b"\0" * 7, b"\xff" * 512, b"\r\n", b"x.FIT garbage .FIT"])
def test_a_file_behind_a_filling_is_read(filling: bytes) -> None:
    data = _GOOD + filling + _GOOD + filling
    fit = decode(data)
    assert len(fit["record"]) == 2 * COUNT
    after = 2 * len(_GOOD) + len(filling)
    assert _problems(data) == [
        (Code.TRAILING_BYTES, len(_GOOD), 0),
        (Code.TRAILING_BYTES, after, 1),
    ]


def test_field_size_that_is_no_multiple_gives_bytes() -> None:
    head = bytes([0x40, 0, 0, 20, 0, 2, 7, 3, UINT16, 3, 1, UINT8])
    fit = decode(fit_file([head, b"\0\1\2\3\x50"]))
    assert fit.complete
    assert fit["record"]["power:bytes"].tolist() == [[1, 2, 3]]
    assert fit["record"]["heart_rate"].tolist() == [80]
    assert np.isnan(fit["record"].numbers("power")).all()


def test_zero_size_field_is_skipped() -> None:
    head = bytes([0x40, 0, 0, 20, 0, 2, 7, 0, UINT16, 3, 1, UINT8])
    fit = decode(fit_file([head, b"\0\x50"]))
    assert fit["record"].names == ("heart_rate",)
    assert fit["record"]["heart_rate"].tolist() == [80]


def test_unknown_base_type_gives_bytes() -> None:
    head = bytes([0x40, 0, 0, 20, 0, 1, 3, 2, 0x1F])
    assert decode(fit_file([head, b"\0\1\2"]))["record"]["heart_rate:bytes"].tolist() == [[1, 2]]


def test_definition_that_says_everything_twice() -> None:
    head = bytes([0x40, 0, 0, 20, 0, 2, 3, 1, UINT8, 3, 1, UINT8])
    assert decode(fit_file([head, b"\0\x50\x51"]))["record"]["heart_rate"].tolist() == [80]


def test_zeros_and_ones_for_ever() -> None:
    assert _problems(fit_file([bytes(1000)])) == [(Code.UNDEFINED_LOCAL, 14, 0)]
    assert _problems(fit_file([b"\xff" * 1000])) == [(Code.UNDEFINED_LOCAL, 14, 0)]


def test_chained_files_up_to_the_limit() -> None:
    assert _problems(_GOOD * 64) == []
    assert len(decode(_GOOD * 64)["record"]) == 64 * COUNT
    assert _problems(_GOOD * 65) == [(Code.TOO_MANY_SEGMENTS, 64 * len(_GOOD), 64)]
    assert kept_rows(_GOOD * 65) == 64 * COUNT


def kept_rows(data: bytes) -> int:
    return len(decode(data)["record"])


def two_megabytes(part: bytes) -> bytes:
    return part * (2_000_000 // len(part))


HOSTILE = {
    "chained empty files": (two_megabytes(fit_file([])), Code.TOO_MANY_SEGMENTS),
    "messages of one byte": (
        fit_file([bytes([0x40, 0, 0, 20, 0, 0]), two_megabytes(b"\0")]),
        Code.EMPTY_MESSAGES,
    ),
    "one definition for ever": (
        fit_file([two_megabytes(definition(SHAPE))]),
        Code.TOO_MANY_DEFINITIONS,
    ),
    "distinct definitions": (
        fit_file([bytes([0x40, 0, 0, n & 255, n >> 8, 1, 3, 1, 2, 0, 80]) for n in range(65_000)]),
        Code.TOO_MANY_DEFINITIONS,
    ),
    "255 fields of one byte": (
        fit_file(
            [
                bytes([0x40, 0, 0, 20, 0, 255]) + b"".join(bytes([n, 1, 2]) for n in range(255)),
                two_megabytes(b"\0" + bytes(range(255))),
            ]
        ),
        None,
    ),
    "the longest definition": (
        fit_file(
            [bytes([0x40, 0, 0, 20, 0, 255]) + b"".join(bytes([n, 255, BYTES]) for n in range(255))]
        ),
        None,
    ),
    "headers for ever": (
        with_size(0)[:14] + two_megabytes(b"\x0e" + bytes(7) + b".FIT\1\1"),
        Code.UNTERMINATED,
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_answered_soon(name: str) -> None:
    data, code = HOSTILE[name]
    begun = time.perf_counter()
    fit = decode(data)
    fit.materialise()
    assert time.perf_counter() - begun < 5  # the slowest takes half a second on a quiet machine
    codes = values_of(fit.problems, "code")
    assert (code in codes) if code else codes == []
    assert len(codes) <= 2


def test_message_cap_stops_and_says_where() -> None:
    many = fit_file([_BODY, definition(SHAPE), rows(SHAPE, {"hr": 1}, 300_000).tobytes()])
    fit = decode(many, limits=Limits(messages=100_000))
    ((code, offset, _),) = values_of(fit.problems, "code", "offset", "segment")
    assert code is Code.TOO_MANY_MESSAGES
    assert 100_000 < len(fit["record"]) <= 150_000
    assert int(fit["record"].offsets[-1]) + STEP == offset


def test_redefinition_before_every_message_is_real_and_fine() -> None:
    fit = decode(fit_file([encoded(SHAPE, {"t": n, "hr": 60}) for n in range(6000)]))
    assert fit.complete
    assert len(fit["record"]) == 6000


def test_columns_far_beyond_the_input_are_refused_all_at_once() -> None:
    parts = [bytes([0x40, 0, 0, 20, 0, 1, n, 1, 2, 0, 80]) for n in range(200)]
    data = fit_file([*parts, bytes([0x40, 0, 0, 20, 0, 1, 3, 1, 2]), b"\0\x50" * 50_000])
    fit = decode(data)
    assert len(fit["record"]["heart_rate"]) == 50_200
    with pytest.raises(FitError, match="far more values than bytes"):
        fit.materialise()


def test_problem_names_place_and_reason_and_no_value() -> None:
    (problem,) = decode(_GOOD[:-40]).problems
    assert problem.reason == "message cut off"
    with pytest.raises(AttributeError):
        problem.offset = 1  # type: ignore[misc]  # frozen


def test_checksum_of_the_whole_makes_zero() -> None:
    assert crc16(_GOOD) == 0
