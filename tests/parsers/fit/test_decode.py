"""Columns of tiny files with values checked by hand.

They cover every kind of field, both byte orders, expansion and short times.
"""

import numpy as np
import pytest

from parsers.fit import FIT_EPOCH, Code, decode, read_activity
from parsers.fit.crc import crc16
from simulate.fit_messages import (
    BYTES,
    CHARS,
    ENUM,
    FLOAT32,
    SINT8,
    SINT32,
    UINT8,
    UINT8Z,
    UINT16,
    UINT32,
    UINT32Z,
    FieldShape,
    FitShape,
    definition,
    encoded,
    fit_file,
    rows,
)
from tests.rows import values_of

_T0 = 1_000_000_000
_NAN = float("nan")


def _equal(column: np.ndarray, values: object) -> bool:
    return bool(np.array_equal(column, np.array(values, dtype=np.float64), equal_nan=True))


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("count", [3, 100])
def test_scaled_numbers_in_both_byte_orders(*, big: bool, count: int) -> None:
    fields = {
        "t": FieldShape(number=253, base=UINT32),
        "hr": FieldShape(number=3, base=UINT8),
        "alt": FieldShape(number=78, base=UINT32, scale=5, offset=500),
        "dist": FieldShape(number=5, base=UINT32, scale=100),
        "temp": FieldShape(number=13, base=SINT8),
        "power": FieldShape(number=7, base=UINT16),
        "flow": FieldShape(number=115, base=FLOAT32),
    }
    shape = FitShape(number=20, local=3, fields=fields, big=big)
    tail = [_NAN] * (count - 3)
    result = {
        "t": np.arange(count) + _T0,
        "hr": np.array([60, _NAN, 254, *tail]),
        "alt": np.array([-500, 12.4, _NAN, *tail]),
        "dist": np.array([0, 0.01, 42_949_672.94, *tail]),
        "temp": np.array([-128, 126, _NAN, *tail]),
        "power": np.array([_NAN, 0, 65534, *tail]),
        "flow": np.array([0.5, _NAN, -2, *tail]),
    }
    record = decode(fit_file([definition(shape), rows(shape, result, count).tobytes()]))["record"]
    assert len(record) == count
    assert _equal(record["timestamp"], _T0 + np.arange(count))
    assert _equal(record["heart_rate"], [60, _NAN, 254, *tail])
    assert _equal(record["enhanced_altitude"], [-500, 2562 / 5 - 500, _NAN, *tail])
    assert _equal(record["distance"], [0, 0.01, 4_294_967_294 / 100, *tail])
    assert _equal(record["temperature"], [-128, 126, _NAN, *tail])
    assert _equal(record["power"], [_NAN, 0, 65534, *tail])
    assert _equal(record["flow"], [0.5, _NAN, -2, *tail])


@pytest.mark.parametrize("count", [2, 300])  # few messages are read in another way
def test_a_signalling_nan_is_no_number_and_no_warning(count: int) -> None:
    fields = {
        "t": FieldShape(number=253, base=UINT32),
        "flow": FieldShape(number=115, base=FLOAT32),
    }
    shape = FitShape(number=20, local=3, fields=fields)
    result = {"t": _T0 + np.arange(count), "flow": np.array([1.0, *[0.5] * (count - 1)])}
    stored = rows(shape, result, count).tobytes()
    signalling = stored.replace(np.float32(1).tobytes(), np.uint32(0x7FA00000).tobytes())
    record = decode(fit_file([definition(shape), signalling]))["record"]
    assert _equal(record["flow"], [_NAN, *[0.5] * (count - 1)])


def test_arrays_texts_bytes_and_zero_invalid_types() -> None:
    fields = {
        "serial": FieldShape(number=3, base=UINT32Z),
        "name": FieldShape(number=8, base=CHARS, items=8),
        "z": FieldShape(number=200, base=UINT8Z, items=3),
        "raw": FieldShape(number=201, base=BYTES, items=4),
    }
    shape = FitShape(number=0, local=0, fields=fields)
    result = {
        "serial": 0,
        "name": "å",
        "z": np.array([1.0, _NAN, 3.0]),
        "raw": np.array([1.0, 255, 0, 7]),
    }
    ident = decode(fit_file([encoded(shape, result)]))["file_id"]
    assert _equal(ident["serial_number"], [_NAN])
    assert ident.texts("product_name") == ["å"]
    assert _equal(ident["unknown_200"], [[1, _NAN, 3]])
    assert ident["unknown_201"].tolist() == [[1, 255, 0, 7]]
    assert ident["unknown_201"].dtype == np.uint8
    assert ident.texts("nobody") == [None]


def test_text_without_end_and_broken_text() -> None:
    shape = FitShape(number=0, local=0, fields={"name": FieldShape(number=8, base=CHARS, items=4)})
    head = definition(shape)
    ident = decode(fit_file([head, b"\0abcd", b"\0a\0zz", b"\0\0xyz", b"\0\xff\xfeab"]))["file_id"]
    assert ident.texts("product_name") == ["abcd", "a", None, "\ufffd\ufffdab"]


def test_messages_of_several_definitions_keep_their_order() -> None:
    shape = FitShape(number=20, local=0, fields={"hr": FieldShape(number=3, base=UINT8)})
    two = FitShape(
        number=20,
        local=1,
        fields={"p": FieldShape(number=7, base=UINT16), "hr": FieldShape(number=3, base=UINT8)},
        big=True,
    )
    parts = [
        encoded(shape, {"hr": 1}),
        encoded(two, {"hr": 2, "p": 300}),
        rows(shape, {"hr": 3}).tobytes(),
    ]
    parts += [
        definition(shape),
        rows(two, {"hr": 4, "p": 400}).tobytes(),
        rows(shape, {"hr": 5}).tobytes(),
    ]
    record = decode(fit_file(parts))["record"]
    assert _equal(record["heart_rate"], [1, 2, 3, 4, 5])
    assert _equal(record["power"], [_NAN, 300, _NAN, 400, _NAN])
    assert record.offsets.tolist() == sorted(record.offsets.tolist())


def test_a_redefined_local_type_changes_at_once() -> None:
    hr = FitShape(number=20, local=0, fields={"hr": FieldShape(number=3, base=UINT8)})
    lap = FitShape(number=19, local=0, fields={"hr": FieldShape(number=15, base=UINT8)})
    fit = decode(
        fit_file(
            [
                encoded(hr, {"hr": 100}),
                encoded(lap, {"hr": 120}),
                encoded(hr, {"hr": 101}),
            ]
        )
    )
    assert _equal(fit["record"]["heart_rate"], [100, 101])
    assert _equal(fit["lap"]["avg_heart_rate"], [120])
    assert fit.names == ("record", "lap")


def test_arrays_of_different_length_are_widened() -> None:
    short = FitShape(
        number=78, local=0, fields={"time": FieldShape(number=0, base=UINT16, items=1, scale=1000)}
    )
    long = FitShape(
        number=78, local=1, fields={"time": FieldShape(number=0, base=UINT16, items=3, scale=1000)}
    )
    fit = decode(
        fit_file(
            [
                encoded(short, {"time": 0.8}),
                encoded(long, {"time": np.array([0.9, _NAN, 1.0])}),
            ]
        )
    )
    assert _equal(fit["hrv"]["time"], [[0.8, _NAN, _NAN], [0.9, _NAN, 1.0]])


def test_speed_and_altitude_are_expanded_where_no_enhanced_value_is() -> None:
    fields = {
        "speed": FieldShape(number=6, base=UINT16, scale=1000),
        "fast": FieldShape(number=73, base=UINT32, scale=1000),
        "alt": FieldShape(number=2, base=UINT16, scale=5, offset=500),
    }
    shape = FitShape(number=20, local=0, fields=fields)
    result = {
        "speed": np.array([1.011, 2, _NAN]),
        "fast": np.array([_NAN, 70, _NAN]),
        "alt": np.array([0, _NAN, 8000]),
    }
    record = decode(fit_file([definition(shape), rows(shape, result, 3).tobytes()]))["record"]
    assert _equal(record["enhanced_speed"], [1.011, 70, _NAN])
    assert _equal(record["enhanced_altitude"], [0, _NAN, 8000])


def test_compressed_speed_and_distance() -> None:
    shape = FitShape(number=20, local=0, fields={"csd": FieldShape(number=8, base=BYTES, items=3)})

    def packed(speed: int, distance: int) -> bytes:
        return b"\0" + (speed | distance << 12).to_bytes(3, "little")

    data = fit_file(
        [definition(shape), packed(250, 16), packed(300, 4000), b"\0\xff\xff\xff", packed(100, 8)]
    )
    record = decode(data)["record"]
    assert _equal(record["speed"], [2.5, 3.0, _NAN, 1.0])
    assert _equal(record["enhanced_speed"], [2.5, 3.0, _NAN, 1.0])
    # the 12-bit counter of sixteenths of a metre has turned once: 4096 + 8
    assert _equal(record["distance"], [1.0, 250.0, _NAN, 4104 / 16])


def test_beats_continue_from_the_reference() -> None:
    seed = FitShape(
        number=132,
        local=0,
        fields={
            "t": FieldShape(number=253, base=UINT32),
            "at": FieldShape(number=9, base=UINT32, scale=1024),
        },
    )
    beats = FitShape(number=132, local=1, fields={"b": FieldShape(number=10, base=BYTES, items=12)})
    start = 2_837_016_000 / 1024  # its low 12 bits are 3520
    ticks = [4000, 100, 1200, 2300, 3400, 404, 1500, 2600]
    stored = sum(tick << (12 * i) for i, tick in enumerate(ticks)).to_bytes(12, "little")
    data = fit_file([encoded(seed, {"t": _T0, "at": start}), definition(beats), b"\1" + stored])
    column = decode(data)["hr"]["event_timestamp"]
    base = 2_837_016_000 - 3520
    assert 2_837_016_000 & 0xFFF == 3520
    turned = [4000, 4196, 5296, 6396, 7496, 8596, 9692, 10792]
    assert _equal(column, [[start, *[_NAN] * 7], [(base + tick) / 1024 for tick in turned]])


def test_half_a_beat_is_left_out() -> None:
    beats = FitShape(number=132, local=1, fields={"b": FieldShape(number=10, base=BYTES, items=4)})
    stored = (5 | 9 << 12 | 0xAB << 24).to_bytes(4, "little")
    column = decode(fit_file([definition(beats), b"\1" + stored]))["hr"]["event_timestamp"]
    assert _equal(column, [[5 / 1024, 9 / 1024]])


def test_compressed_timestamps_roll_over_and_need_a_reference() -> None:
    full = FitShape(
        number=20,
        local=0,
        fields={"t": FieldShape(number=253, base=UINT32), "hr": FieldShape(number=3, base=UINT8)},
    )
    bare = FitShape(number=20, local=1, fields={"hr": FieldShape(number=3, base=UINT8)})

    def short(offset: int, hr: int) -> bytes:
        return rows(bare, {"hr": hr}, header=0x80 | 1 << 5 | offset).tobytes()

    start = _T0 - _T0 % 32 + 30
    parts = [
        definition(full),
        definition(bare),
        short(3, 50),
        rows(full, {"t": start, "hr": 60}).tobytes(),
    ]
    parts += [short(31, 61), short(31, 62), short(0, 63), short(30, 64), short(2, 65)]
    record = decode(fit_file(parts))["record"]
    assert _equal(record["heart_rate"], [50, 60, 61, 62, 63, 64, 65])
    assert _equal(record["timestamp"] - start, [_NAN, 0, 1, 1, 2, 32, 36])


def test_timestamp_16_is_the_nearest_to_the_last_known_one() -> None:
    info = FitShape(number=103, local=0, fields={"t": FieldShape(number=253, base=UINT32)})
    fields = {"t16": FieldShape(number=26, base=UINT16), "hr": FieldShape(number=27, base=UINT8)}
    short = FitShape(number=55, local=1, fields=fields)
    start = _T0 - _T0 % 65536 + 65_500
    result = {"t16": np.array([65_530, 20, 20, _NAN, 19]), "hr": np.array([60, 61, 62, 63, 64])}
    fit = decode(
        fit_file([encoded(info, {"t": start}), definition(short), rows(short, result, 5).tobytes()])
    )
    assert _equal(fit["monitoring"]["timestamp"] - start, [30, 56, 56, _NAN, 55])
    (part,) = read_activity(fit).background
    background = part.samples
    assert background.t[:3].tolist() == [(start + FIT_EPOCH + s) * 1000 for s in (30, 56, 56)]
    assert background.t[3] == (start + FIT_EPOCH + 55) * 1000
    assert background.v.tolist() == [60, 61, 62, 64]


def _described(index: int, number: int, name: str, base: int, units: str = "") -> bytes:
    fields = {
        "index": FieldShape(number=0, base=UINT8),
        "number": FieldShape(number=1, base=UINT8),
        "base": FieldShape(number=2, base=UINT8),
        "name": FieldShape(number=3, base=CHARS, items=16),
        "units": FieldShape(number=8, base=CHARS, items=12),
    }
    result = {"index": index, "number": number, "base": base, "name": name, "units": units}
    return encoded(FitShape(number=206, local=5, fields=fields), result)


def developed(number: int = 4, base: int = UINT16) -> FitShape:
    fields = {
        "hr": FieldShape(number=3, base=UINT8),
        "own": FieldShape(number=number, base=base, developer=0),
    }
    return FitShape(number=20, local=0, fields=fields)


def test_developer_fields_are_named_by_their_description_even_a_late_one() -> None:
    shape = developed()
    records = definition(shape) + rows(shape, {"hr": 70, "own": np.array([512, _NAN])}, 2).tobytes()
    for parts in (
        [_described(0, 4, "Form", UINT16), records],
        [records, _described(0, 4, "Form", UINT16)],
    ):
        record = decode(fit_file(parts))["record"]
        assert _equal(record["dev:Form"], [512, _NAN])
        assert _equal(record["heart_rate"], [70, 70])


def test_a_developer_field_without_a_description_keeps_its_bytes() -> None:
    shape = developed()
    record = decode(
        fit_file([definition(shape), rows(shape, {"hr": 70, "own": 0x0201}).tobytes()])
    )["record"]
    assert record["dev:0:4"].tolist() == [[1, 2]]


def test_a_description_in_one_segment_names_nothing_in_the_next() -> None:
    shape = developed()
    records = definition(shape) + rows(shape, {"hr": 70, "own": 9}).tobytes()
    fit = decode(fit_file([_described(0, 4, "Form", UINT16), records]) + fit_file([records]))
    assert _equal(fit["record"]["dev:Form"], [9, _NAN])
    assert fit["record"]["dev:0:4"].tolist() == [[255, 255], [9, 0]]
    assert fit["record"].segment.tolist() == [0, 1]


def test_places_are_left_out_unless_asked_for() -> None:
    fields = {
        "lat": FieldShape(number=0, base=SINT32),
        "long": FieldShape(number=1, base=SINT32),
        "hidden": FieldShape(number=210, base=SINT32),
        "hr": FieldShape(number=3, base=UINT8),
        "own": FieldShape(number=4, base=SINT32, developer=0),
    }
    shape = FitShape(number=20, local=0, fields=fields)
    result = {"lat": 1, "long": 2, "hidden": 3, "hr": 60, "own": 5}
    data = fit_file([_described(0, 4, "Place", SINT32, "semicircles"), encoded(shape, result)])
    assert decode(data)["record"].names == ("heart_rate",)
    with pytest.raises(KeyError):
        decode(data)["record"]["position_lat"]
    shown = decode(data, positions=True)["record"]
    assert shown.names == (
        "position_lat",
        "position_long",
        "unknown_210",
        "heart_rate",
        "dev:Place",
    )
    assert _equal(shown["position_lat"], [1])


def test_unknown_messages_and_fields_are_kept() -> None:
    shape = FitShape(number=65_280, local=0, fields={"x": FieldShape(number=77, base=UINT16)})
    fit = decode(fit_file([encoded(shape, {"x": 513})]))
    assert fit.names == ("unknown_65280",)
    assert _equal(fit["unknown_65280"]["unknown_77"], [513])
    assert _equal(fit[65_280]["unknown_77"], [513])


def test_a_field_of_another_kind_than_the_profile_says_carries_it_in_its_name() -> None:
    shape = FitShape(number=20, local=0, fields={"hr": FieldShape(number=3, base=CHARS, items=3)})
    record = decode(fit_file([encoded(shape, {"hr": "ab"})]))["record"]
    assert record.texts("heart_rate:text") == ["ab"]
    assert _equal(record.numbers("heart_rate"), [_NAN])


def test_only_what_is_asked_for_is_offered() -> None:
    shape = FitShape(number=20, local=0, fields={"hr": FieldShape(number=3, base=UINT8)})
    fit = decode(fit_file([encoded(shape, {"hr": 60})]), messages={"session"})
    assert fit.names == ()
    assert fit.messages == 1
    assert len(fit["session"]) == 0
    assert len(fit["session"].numbers("start_time")) == 0
    with pytest.raises(KeyError):
        fit["record"]
    with pytest.raises(KeyError, match="sesion"):
        decode(fit_file([]), messages={"sesion"})


def test_header_sizes_and_checksums() -> None:
    shape = FitShape(number=20, local=0, fields={"kind": FieldShape(number=42, base=ENUM)})
    body = encoded(shape, {"kind": 1})
    length = len(body).to_bytes(4, "little")
    for size, extra in ((12, b""), (13, b"\0"), (14, b"\0\0"), (20, b"\0" * 8)):
        total = bytes([size, 0x10, 0, 0]) + length + b".FIT" + extra + body
        fit = decode(memoryview(total + crc16(total).to_bytes(2, "little")))
        assert fit.complete
        assert fit.problems == ()
        assert _equal(fit["record"]["activity_type"], [1])
        assert (fit.segments[0].protocol, fit.segments[0].crc_ok) == (1.0, True)
    bad = bytearray(fit_file([body]))
    bad[12] ^= 1
    bad[-2:] = crc16(bytes(bad[:-2])).to_bytes(2, "little")
    fit = decode(bytes(bad))
    assert values_of(fit.problems, "code", "offset") == [(Code.HEADER_CRC, 12)]
    assert fit.complete
