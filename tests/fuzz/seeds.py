"""The payloads that the fuzzer starts from.

They are recorded payloads, the simulator's, small poison, and what earlier runs kept.
"""

import gzip
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from io import BytesIO

import numpy as np

from kadens.payload_formats import format_name
from kadens.recorded.cases import RecordedCase, read_case
from model.received import Context
from parsers.formats import FORMATS, format_named
from simulate.fit_messages import (
    ENUM,
    UINT8,
    UINT32,
    WRITTEN_EPOCH,
    FieldShape,
    FitShape,
    encoded,
    fit_file,
)
from simulate.fit_writer import Recording, write_activity
from simulate.open_wearables_writer import heart_rate_body, workout_body
from tests.fuzz.database_changes import small_database
from tests.poison import FILES, OPEN_WEARABLES, POISON, POISON_MS
from tests.rooms import ROOT
from tests.rows import cells_of

_DATA = ROOT / "tests" / "data"
_FINDS = _DATA / "found"  # one file a find: CONNECTOR-WHAT.bin
_SMALL = frozenset(  # poison that is worth changing
    """
    session_start_beyond_all_time elapsed_beyond_all_time record_defined_twice product_of_301_digits
    timestamps_beyond_all_time report_with_a_nul totals_of_the_last_day totals_of_an_impossible_zone
    names_as_long_as_can_be
    """.split()  # noqa: SIM905 - words to read, not syntax
)
_MOST_BYTES = 100_000  # a larger payload takes long, and shows nothing more
# Phones send these by a link as well.
_PUSHED = frozenset({"health_auto_export", "hc_webhook"})


def _keys() -> Iterator[str]:
    """Yield the connector of files, and each format that the bytes of a file do not lead to."""
    yield FILES
    for row in FORMATS:
        if row.sniff is None or row.names or row.name in _PUSHED:
            yield row.name


@cache
def recorded_by_format() -> dict[str, list[RecordedCase]]:
    """Return the recorded payloads by the format that reads them."""
    cases: dict[str, list[RecordedCase]] = {}
    for path in sorted(_DATA.glob("*/*/request.json")):
        case = read_case(path.parent)
        name = format_name(case.payload, case.context)
        if name and len(case.payload) <= _MOST_BYTES:
            cases.setdefault(name, []).append(case)
    return cases


@cache
def context_of(connector: str) -> Context:
    """Return what is known of a payload besides its bytes: of a format as its first case has it."""
    cases = recorded_by_format().get(connector)
    return cases[0].context if cases and connector != FILES else Context(connector=connector)


CONNECTORS = tuple(_keys())


@cache
def seeds(connector: str) -> tuple[bytes, ...]:
    """Return the payloads of a connector to begin with, in the same order everywhere."""
    made = _files() if connector == FILES else _of_format(connector)
    return (*made, *_poison(connector), *cells_of(kept_finds(connector), 1))


def kept_finds(connector: str) -> Iterator[tuple[str, bytes]]:
    """Yield what the fuzzer has kept from earlier runs, by name."""
    for path in sorted(_FINDS.glob(f"{connector}-*.bin")):
        yield path.stem, path.read_bytes()


def _poison(connector: str) -> Iterator[bytes]:
    return (item.body() for item in POISON if item.connector == connector and item.name in _SMALL)


def _of_format(connector: str) -> Iterator[bytes]:
    for case in recorded_by_format().get(connector, ()):
        yield case.payload
    if connector == OPEN_WEARABLES:
        t = POISON_MS + 60_000 * np.arange(30, dtype=np.int64)
        yield heart_rate_body("account", "Europe/Stockholm", t, np.full(30, 100.0))
        yield workout_body(
            "account", "Europe/Stockholm", "w1", "walking", (POISON_MS, POISON_MS + 3_600_000), {}
        )


def _all_day() -> bytes:
    """Return a file of counters and short times of day, without a recording."""
    stamp = FieldShape(number=253, base=UINT32, offset=POISON_MS // 1000 - WRITTEN_EPOCH)
    info = {"t": stamp, "local": replace(stamp, number=0)}
    counted = {"t": stamp, "cycles": FieldShape(number=3, base=UINT32)}
    counted |= {"kind": FieldShape(number=5, base=ENUM), "hr": FieldShape(number=27, base=UINT8)}
    messages = [encoded(FitShape(number=103, local=0, fields=info), {"t": 0, "local": 7200})]
    for at in range(5):
        values = {"t": 60 * at, "cycles": 40 * at, "kind": 6, "hr": 70 + at}
        messages.append(encoded(FitShape(number=55, local=1, fields=counted), values))
    night = {"t": stamp, "level": FieldShape(number=0, base=ENUM)}
    for at in (0, 600):
        shape = FitShape(number=275, local=2, fields=night)
        messages.append(encoded(shape, {"t": at, "level": 2}))
    return fit_file(messages)


def _files() -> Iterator[bytes]:
    n = 40
    recording = Recording(
        start_ms=POISON_MS,
        end_ms=POISON_MS + 40_500,
        t=POISON_MS + 1000 * np.arange(n),
        columns={
            "heart_rate": np.linspace(60, 99, n),
            "cadence": np.full(n, 111.0),
            "distance": np.linspace(0, 60, n),
        },
        developer={"Form": np.arange(n) / 4},
        exertion_cr10=4,
        strap=True,
    )
    yield write_activity(recording)
    yield write_activity(recording, compressed=True)
    yield fit_file([])
    yield _all_day()
    packed = gzip.compress(write_activity(recording), mtime=0)
    yield packed
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("1.fit.gz"), packed)  # without the time of today
        archive.writestr(zipfile.ZipInfo("2.fit"), write_activity(recording))
    yield out.getvalue()
    yield small_database()
    for name in sorted(recorded_by_format()):
        if format_named(name).sniff is not None:
            yield from _of_format(name)
