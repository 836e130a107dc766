"""Whether other patients wait while one patient's huge export is imported, and the worker's memory.

The time from posting a workout until its session is visible, one after the other, first on an idle
product and then while the pieces of an export flow as `kadens import` lets them flow. The peak of
the worker's memory is read at the end.
"""

import math
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

from bench.latency import P99
from bench.loads import day_of, deliveries, workouts
from bench.processes import peak_mib
from bench.row import Row
from bench.stage import Stage, stage
from kadens.importing.flow import ImportFlow
from kadens.importing.tally import FileTally
from model.calendar import utc
from parsers.packing.walk import Piece
from simulate.cohort import Person
from simulate.delivery import TO_FILES, Delivery
from storage.reads.import_outcomes import FileOutcome

_LOOK_S = 0.004
_APART_S = 0.2  # between two workouts
_MOST_MIB = 256  # of a worker's resident memory, about 105 when it begins
_MOST = 1.5  # so many times the latency of an idle product
_RECORDS, _STEP_S = 1_700, 5  # heart rates of a piece of 0.6 MiB
_SESSION = "select 1 from session where patient = %s limit 1"
_KEPT = "select encode(sha256, 'hex') from body where sha256 = any(%s)"
_RECORD = (
    '<Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch" sourceVersion="10.1" '
    'device="&lt;&lt;HKDevice: 0x1&gt;, name:Watch, manufacturer:Maker, model:Watch, '
    'hardware:Watch6,1, software:10.1&gt;" unit="count/min" creationDate="{at}" '
    'startDate="{at}" endDate="{at}" value="{bpm}"/>\n'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """How many workouts are timed, on the idle and on the importing product each."""

    probes: int = 100


FULL, TINY = _Size(), _Size(probes=2)


def run(size: _Size) -> list[Row]:
    """Return the latency beside an import, with that of an idle product as baseline."""
    with stage(1 + 3 * size.probes) as on:
        importer, others = on.people.people[0], on.people.people[1:]
        groups = [others[n * size.probes : (n + 1) * size.probes] for n in range(3)]
        _latencies(on, groups[0])  # warms up
        idle = _latencies(on, groups[1])
        with _import_going_on(on, importer) as tally:
            busy = _latencies(on, groups[2])
            pieces = tally.new
        peak = max(peak_mib(worker.process.pid) for worker in on.workers)
    return [_row(idle, busy, pieces), _memory(peak)]


def _memory(most_mib: float) -> Row:
    return Row(
        name="worker while an export is imported, peak of memory",
        value=most_mib,
        unit="MiB",
        baseline=f"{_MOST_MIB} MiB, however large the export",
        ratio=_MOST_MIB / most_mib,
        floor=1.0,
    )


def _row(idle: Sequence[float], busy: Sequence[float], pieces: int) -> Row:
    alone_s, beside_s = _part(idle), _part(busy)
    return Row(
        name="session of others while an export is imported, p99",
        value=beside_s * 1e3,
        unit="ms",
        baseline=f"{alone_s * 1e3:,.0f} ms on an idle product; {pieces} pieces imported meanwhile",
        ratio=alone_s / beside_s,
        floor=1 / _MOST,
    )


def _part(seconds: Sequence[float]) -> float:
    return sorted(seconds)[math.ceil(len(seconds) * P99 / 100) - 1]


def _latencies(on: Stage, people: Sequence[Person]) -> list[float]:
    """Return the seconds from posting a workout of each until its session is visible."""
    took: list[float] = []
    for person in people:
        (number,) = on.of([person])
        delivery = deliveries(workouts, on.people, [person], day_of(0))[0]
        begun = time.perf_counter()
        on.door.post(delivery)
        on.wait(lambda: bool(on.rows(_SESSION, [number])), _LOOK_S)  # noqa: B023 - waits here
        took.append(time.perf_counter() - begun)
        time.sleep(max(_APART_S - took[-1], 0))
    return took


@contextmanager
def _import_going_on(on: Stage, person: Person) -> Iterator[FileTally]:
    """Import an export without an end for as long as the block lasts."""
    stop, tally = threading.Event(), FileTally(path=Path("export"))
    thread = threading.Thread(target=_import, args=(on, person, tally, stop))
    thread.start()
    try:
        on.wait(lambda: tally.new > 0)
        yield tally
    finally:
        stop.set()
        thread.join()


def _import(on: Stage, person: Person, tally: FileTally, stop: threading.Event) -> None:
    with psycopg.connect(on.dsn, autocommit=True) as conn:

        def look(digests: Collection[str]) -> Mapping[str, FileOutcome]:
            rows = conn.execute(_KEPT, [list(map(bytes.fromhex, digests))]).fetchall()
            return {digest: FileOutcome(kept=True) for (digest,) in rows}

        def send(piece: Piece) -> str:
            on.door.post(_delivery(person, piece))
            return ""

        flow = ImportFlow(send=send, look=look)
        for number in count():
            if stop.is_set():
                return
            flow.take(_piece(number), tally)


def _delivery(person: Person, piece: Piece) -> Delivery:
    return Delivery(
        key=f"import{piece.where}",
        connector=TO_FILES,
        patient=person.pseudonym,
        due_ms=0,
        content_type="application/octet-stream",
        weight=len(piece.content),
        make=lambda: piece.content,
    )


def _piece(number: int) -> Piece:
    """Return a piece of an export: hours of heart rates, later ones for a greater number."""
    begin_ms = day_of(0) + number * _RECORDS * _STEP_S * 1000
    records = []
    for position in range(_RECORDS):
        at = f"{utc(begin_ms + position * _STEP_S * 1000):%Y-%m-%d %H:%M:%S} +0000"
        records.append(_RECORD.format(at=at, bpm=60 + position % 60))
    document = f'<?xml version="1.0"?>\n<HealthData>\n{"".join(records)}</HealthData>\n'
    return Piece(where=f"#{number}", format="apple_health", filename="", content=document.encode())
