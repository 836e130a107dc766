"""Payloads that stopped, or could have stopped, the processing for everybody.

Each has a name and is made on request. Each is a payload of a single sender, and it costs that
sender a dead letter, or nothing where it can be read after all. JSON payloads name the account
`ACCOUNT`; files name nobody. Nothing here is sent or parsed by this module.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from model.calendar import DAY_MS, MINUTE_MS, rfc3339
from model.codec import dumps
from simulate.fit_messages import (
    BYTES,
    CHARS,
    ENUM,
    UINT8,
    UINT16,
    UINT32,
    WRITTEN_EPOCH,
    FieldShape,
    FitShape,
    definition,
    encoded,
    fit_file,
    rows,
)

ACCOUNT = "poisoner"
_FIT, _JSON = "application/vnd.ant.fit", "application/json"
_FLOAT64 = 0x89
POISON_MS = 1_790_000_000_000  # 2026-09-21T14:13:20Z
LAST_DAY = 4_102_358_400_000  # 2099-12-31T00:00:00Z
_HOUR_MS = 60 * MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """A payload: its name, the connector it is sent to, and how it is made."""

    name: str
    connector: str
    body: Callable[[], bytes]
    content_type: str


def _field(number: int, base: int, items: int = 1) -> FieldShape:
    return FieldShape(number=number, base=base, items=items)


def _seconds(ms: int) -> int:
    return ms // 1000 - WRITTEN_EPOCH


_SESSION = FitShape(
    number=18,
    local=0,
    fields={
        "start": _field(2, UINT32),
        "elapsed": FieldShape(number=7, base=UINT32, scale=1000),
        "sport": _field(5, 0),
    },
)
RECORD = FitShape(number=20, local=1, fields={"at": _field(253, UINT32), "heart": _field(3, UINT8)})


def _records(count: int, start_ms: int = POISON_MS, step_s: int = 1) -> bytes:
    at = _seconds(start_ms) + step_s * np.arange(count)
    return (
        definition(RECORD) + rows(RECORD, {"at": at, "heart": np.full(count, 100)}, count).tobytes()
    )


def _sessions(count: int, start_ms: int, step_s: float, length_s: float = 600) -> bytes:
    start = _seconds(start_ms) + np.floor(step_s * np.arange(count))
    result = {"start": start, "elapsed": np.full(count, length_s), "sport": np.full(count, 11)}
    return fit_file([definition(_SESSION) + rows(_SESSION, result, count).tobytes()])


def session_start_beyond_all_time() -> bytes:
    """Return a file of 80 bytes whose session starts at 1e308 seconds, as a float64."""
    shape = FitShape(
        number=18, local=0, fields={"start": _field(2, _FLOAT64), "elapsed": _field(7, UINT32)}
    )
    pad = encoded(
        FitShape(number=0, local=1, fields={"type": _field(0, ENUM), "name": _field(8, CHARS, 25)}),
        {"type": 4},
    )
    return fit_file([pad, encoded(shape, {"start": 1e308, "elapsed": 600_000})])


def elapsed_beyond_all_time() -> bytes:
    """Return a session as long as 1e308 seconds, its moving time and totals as great."""
    fields = {
        "start": _field(2, UINT32),
        "elapsed": _field(7, _FLOAT64),
        "moving": _field(8, _FLOAT64),
    }
    shape = FitShape(
        number=18,
        local=0,
        fields=fields | {"distance": _field(9, _FLOAT64), "effort": _field(193, _FLOAT64)},
    )
    great = dict.fromkeys(("elapsed", "moving", "distance", "effort"), 1e308)
    return fit_file([encoded(shape, {"start": _seconds(POISON_MS), **great})])


def record_defined_twice() -> bytes:
    """Return a recording in which a later `record` gives an unknown field another type."""
    parts = []
    for number, base in enumerate((UINT8, BYTES)):
        fields = {
            **RECORD.fields,
            "odd": _field(200, base, 3),
            "other": _field(201 + number, UINT16),
        }
        shape = FitShape(number=20, local=1, fields=fields)
        at = _seconds(POISON_MS) + 60 * number + np.arange(60)
        result = {
            "at": at,
            "heart": np.full(60, 100),
            "odd": np.ones((60, 3)),
            "other": np.ones(60),
        }
        parts.append(definition(shape) + rows(shape, result, 60).tobytes())
    return fit_file(parts)


def sessions_into_2100() -> bytes:
    """Return 12,000 sessions of ten minutes, a minute apart, from the last day that is read."""
    return _sessions(12_000, LAST_DAY + 20 * _HOUR_MS, 60)


def sessions_200_000() -> bytes:
    """Return a file of 200,000 sessions."""
    return _sessions(200_000, POISON_MS, 1)


def sessions_of_a_week() -> bytes:
    """Return 150 sessions of a week each, over a week of records."""
    start = _seconds(POISON_MS) + np.arange(150)
    result = {"start": start, "elapsed": np.full(150, 7 * 86_400 - 200), "sport": np.full(150, 11)}
    return fit_file(
        [_records(7 * 86_400), definition(_SESSION) + rows(_SESSION, result, 150).tobytes()]
    )


def product_of_301_digits() -> bytes:
    """Return a file whose product and serial number are 1e300."""
    fields = {"type": _field(0, ENUM), "maker": _field(1, UINT16), "product": _field(2, _FLOAT64)}
    shape = FitShape(
        number=0,
        local=0,
        fields=fields | {"serial": _field(3, _FLOAT64), "created": _field(4, _FLOAT64)},
    )
    result = {"type": 4, "maker": 260, "product": 1e300, "serial": 1e300, "created": 1e300}
    return fit_file([encoded(shape, result), _records(60)])


def timestamps_beyond_all_time() -> bytes:
    """Return records at 1e306 seconds, before others under compressed timestamps."""
    far = FitShape(
        number=20, local=1, fields={"at": _field(253, _FLOAT64), "heart": _field(3, UINT8)}
    )
    bare = FitShape(number=20, local=2, fields={"heart": _field(3, UINT8)})
    short = rows(bare, {"heart": np.full(60, 100)}, 60)
    short["header"] = 0x80 | 2 << 5 | np.arange(60) & 0x1F
    result = {"at": np.array([1e306, np.inf, -1e306, 1e308]), "heart": np.full(4, 100)}
    return fit_file(
        [definition(far) + rows(far, result, 4).tobytes(), definition(bare) + short.tobytes()]
    )


def samples_of_a_century() -> bytes:
    """Return 20,000 samples, two days apart."""
    return fit_file([_records(18_000, 960_000_000_000, 172_800)])


def wide_definitions() -> bytes:
    """Return 4,000 definitions of `record` of 255 fields each, and a message of each."""
    parts = []
    for n in range(4_000):
        names = bytes([253, n & 0xFF, n >> 8]) + bytes(range(252))
        fields = b"".join(bytes([name, 1, UINT8]) for name in names)
        parts.append(bytes([0x40, 0, 0, 20, 0, 255]) + fields + bytes(256))
    return fit_file(parts)


def single_wide_array() -> bytes:
    """Return a million records, and a record whose heart rate is an array of 255."""
    wide = FitShape(
        number=20, local=2, fields={"at": _field(253, UINT32), "heart": _field(3, UINT8, 255)}
    )
    return fit_file(
        [_records(1_000_000), encoded(wide, {"at": _seconds(POISON_MS), "heart": np.ones(255)})]
    )


def many_descriptions() -> bytes:
    """Return 700,000 descriptions of developer fields, and a record that needs only one of them."""
    parts = []
    for n in range(700):
        fields = {
            "i": _field(0, UINT8),
            "n": _field(1, UINT8),
            "b": _field(2, UINT8),
            "x": _field(n % 200 + 20, UINT8),
        }
        fields |= {"y": _field(n // 200 + 230, UINT8)}
        shape = FitShape(number=206, local=2, fields=fields)
        result = {"i": np.zeros(1000), "n": np.arange(1000) % 250, "b": np.full(1000, 2)}
        parts.append(definition(shape) + rows(shape, result, 1000).tobytes())
    used = FitShape(
        number=20,
        local=1,
        fields={**RECORD.fields, "d": FieldShape(number=1, base=UINT8, developer=0)},
    )
    return fit_file([*parts, encoded(used, {"at": _seconds(POISON_MS), "heart": 90, "d": 1})])


def signatures_of_nothing() -> bytes:
    """Return a file of a wrong length, with 1.4 million headers of wrong checksums behind it."""
    good = fit_file([])
    return (
        good[:4]
        + b"\x64"
        + good[5:12]
        + bytes(2)
        + (bytes([14]) + bytes(7) + b".FIT" + b"\x12\x34") * 1_400_000
    )


def many_names() -> bytes:
    """Return two million messages that say who wrote the file."""
    shape = FitShape(number=0, local=0, fields={"name": _field(8, CHARS, 2)})
    return fit_file([definition(shape) + rows(shape, {"name": ""}, 2_000_000).tobytes()])


def many_offsets() -> bytes:
    """Return two million messages with impossible offsets of the local clock from UTC."""
    shape = FitShape(
        number=34, local=0, fields={"at": _field(253, UINT32), "local": _field(5, UINT32)}
    )
    result = {"at": np.full(2_000_000, _seconds(POISON_MS)), "local": np.full(2_000_000, 1e9)}
    return fit_file([definition(shape) + rows(shape, result, 2_000_000).tobytes()])


def reports_100_000() -> bytes:
    """Return a report with 100,000 manual sessions that overlap."""
    return _reports(100_000)


def reports_in_a_mebibyte() -> bytes:
    """Return as many overlapping manual sessions as a body of reports may hold by its bytes."""
    return _reports(4_500)


def _reports(count: int) -> bytes:
    result = [
        {
            "id": f"r{n}",
            "answered_at": rfc3339(POISON_MS + 2 * _HOUR_MS),
            "instrument": "session",
            "activity": "walking",
            "started_at": rfc3339(POISON_MS + 200 * n),
            "ended_at": rfc3339(POISON_MS + 200 * n + _HOUR_MS),
        }
        for n in range(count)
    ]
    return dumps({"type": "report.created", "patient": ACCOUNT, "reports": result})


def report_with_a_nul() -> bytes:
    """Return a report whose names hold what the database cannot store."""
    result = {
        "id": "r\0",
        "answered_at": rfc3339(POISON_MS),
        "instrument": "pain",
        "value": 1,
        "scale": "nrs-0-10",
    }
    return dumps(
        {"type": "report.created", "patient": ACCOUNT, "report": {**result, "site": "knee\0"}}
    )


def _samples(samples: list[dict[str, object]], series: str = "heart_rate") -> bytes:
    data = {"user_id": ACCOUNT, "series_type": series, "samples": samples}
    return dumps({"type": f"{series}.created", "data": data})


def _sample(at: str, value: float, **more: object) -> dict[str, object]:
    source = {"provider": "garmin", "device": "watch"}
    return {
        "timestamp": at,
        "value": value,
        "unit": "bpm",
        "zone_offset": None,
        "source": source,
        **more,
    }


def totals_of_the_last_day() -> bytes:
    """Return a total of 2099-12-31 whose date ends in 2100, because its clock is behind UTC."""
    more = {"unit": "count", "zone_offset": "-10:00", "is_daily_total": True}
    return _samples([_sample("2099-12-31T23:00:00Z", 5000, **more)], "steps")


def totals_of_an_impossible_zone() -> bytes:
    """Return a total under an offset that no clock on earth has."""
    more = {"unit": "count", "zone_offset": "+17:30", "is_daily_total": True}
    return _samples([_sample("2026-09-21T23:00:00Z", 5000, **more)], "steps")


def devices_50_000() -> bytes:
    """Return 50,000 samples, each of another device."""
    many = [
        _sample(rfc3339(POISON_MS), 100, source={"provider": "garmin", "device": f"watch {n}"})
        for n in range(50_000)
    ]
    return _samples(many)


def days_of_a_century() -> bytes:
    """Return a sample each second day for a century."""
    return _samples(
        [_sample(rfc3339(960_000_000_000 + 2 * n * DAY_MS), 100) for n in range(18_000)]
    )


def names_as_long_as_can_be() -> bytes:
    """Return a sample of a device whose names have as many bytes as names can have."""
    name = "".join(chr(0x1F300 + 7 * n % 700) for n in range(256))
    return _samples(
        [_sample(rfc3339(POISON_MS), 100, source={"provider": name, "device": name[::-1]})]
    )


def empty_objects() -> bytes:
    """Return 15 MB of empty objects where samples should be."""
    return (
        b'{"type":"heart_rate.created","data":{"user_id":"poisoner","samples":['
        + b"{}," * 5_000_000
        + b"{}]}}"
    )


def braces_in_a_text() -> bytes:
    """Return three samples of 4,000 bytes, of which the second holds ten million braces more."""
    pads = ("x" * 3_800, "{" * 10_000_000, "x" * 3_800)
    return _samples(
        [{**_sample(rfc3339(POISON_MS + 1000 * n), 100), "pad": pad} for n, pad in enumerate(pads)]
    )


def a_hundred_megabytes() -> bytes:
    """Return 100 MB of JSON."""
    return (
        b'{"type":"heart_rate.created","data":{"user_id":"poisoner","samples":['
        + b"[0]," * 25_000_000
        + b"0]}}"
    )


def deep() -> bytes:
    """Return a million nested levels."""
    return b"[" * 1_000_000


FILES, OPEN_WEARABLES, REPORTS = "files", "open_wearables", "reports"
_MADE: dict[tuple[str, str], tuple[Callable[[], bytes], ...]] = {
    (FILES, _FIT): (
        session_start_beyond_all_time,
        elapsed_beyond_all_time,
        record_defined_twice,
        sessions_into_2100,
        sessions_200_000,
        sessions_of_a_week,
        product_of_301_digits,
        timestamps_beyond_all_time,
        samples_of_a_century,
        wide_definitions,
        single_wide_array,
        many_descriptions,
        signatures_of_nothing,
        many_names,
        many_offsets,
    ),
    (REPORTS, _JSON): (reports_100_000, reports_in_a_mebibyte, report_with_a_nul, deep),
    (OPEN_WEARABLES, _JSON): (
        totals_of_the_last_day,
        totals_of_an_impossible_zone,
        devices_50_000,
        days_of_a_century,
        names_as_long_as_can_be,
        empty_objects,
        braces_in_a_text,
        a_hundred_megabytes,
    ),
}


def _poison() -> Iterator[Poison]:
    """Yield every row of the table with the name of its function."""
    for (connector, content_type), made in _MADE.items():
        for make in made:
            name = make.__name__
            yield Poison(name=name, connector=connector, body=make, content_type=content_type)


POISON: tuple[Poison, ...] = tuple(_poison())
