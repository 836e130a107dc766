"""Writes the ZIP file that a patient takes along: the same data in each open format, and originals.

Scores, alerts, notes and prescriptions are not in it: they are no data that the patient supplied.
Samples are read once for each format, row by row, so that years of them never lie in memory.
"""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import orjson

from fhir_r4.elements import FhirResource, full_url, known_patient
from fhir_r4.supplied import (
    day_observation,
    report_observation,
    sample_observations,
    source_device,
    workout_observation,
)
from kadens.privacy.portable import open_mhealth, tables
from kadens.privacy.portable.read_me import READ_ME
from model.calendar import rfc3339, utc
from model.facts import AttributedFact, DaySummary, Report, Source, Workout
from model.keyring import KeyRing
from model.privacy.supplied import SuppliedSample
from storage.bodies.body_store import BodyStorage
from storage.bodies.kept_bodies import KeptBody, kept_of, open_kept
from storage.people.data_keys import data_key
from storage.pg.pool import Connection
from storage.reads.supplied import supplied_facts, supplied_samples

_PIECE = 1_000  # samples that are turned into FHIR at a time
_ENDINGS = {"application/json": "json", "text/csv": "csv", "application/xml": "xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Portable:
    """What is needed to write the file: the connection, the patient, the keys and the bodies."""

    conn: Connection
    patient: str
    wrapping_key: KeyRing
    bodies: BodyStorage
    now_ms: int


async def write_portable(want: Portable, out: Path) -> dict[str, int]:
    """Write the file, and return how many workouts, reports, day totals, samples and originals.

    `missing` counts originals that do not open. Raises `UnknownNameError`.
    """
    # facts fit into memory: years of them are thousands, samples are tens of millions
    facts = await supplied_facts(want.conn, want.patient)
    with ZipFile(out, "w", ZIP_DEFLATED) as file:
        counts = _write_rows(file, facts)
        counts["samples"] = await _write_samples(file, want)
        await _write_open_mhealth(file, want, facts)
        await _write_fhir(file, want, facts)
        counts |= await _write_originals(file, want)
        file.writestr("README.txt", READ_ME)
    return counts


def _write_rows(file: ZipFile, facts: Iterable[AttributedFact]) -> dict[str, int]:
    """Write workouts, reports and day totals as JSON and as CSV."""
    by_name: dict[str, list[tables.TableRow]] = {"workouts": [], "reports": [], "days": []}
    for item in facts:
        if isinstance(item.fact, Workout):
            by_name["workouts"].append(tables.workout_row(item, item.fact))
        elif isinstance(item.fact, Report):
            by_name["reports"].append(tables.report_row(item, item.fact))
        elif isinstance(item.fact, DaySummary):
            by_name["days"] += tables.day_rows(item, item.fact)
    for name, made in by_name.items():
        file.writestr(f"json/{name}.json", orjson.dumps(made, option=orjson.OPT_INDENT_2))
        with _csv(file, name) as write:
            for row in made:
                write(row)
    return {name: len(made) for name, made in by_name.items()}


async def _write_samples(file: ZipFile, want: Portable) -> int:
    """Write samples as lines of JSON and as CSV, and return how many."""
    count = 0
    with file.open("json/samples.jsonl", "w") as lines:
        async for sample in supplied_samples(want.conn, want.patient):
            lines.write(orjson.dumps(tables.sample_row(sample)) + b"\n")
            count += 1
    with _csv(file, "samples") as write:
        async for sample in supplied_samples(want.conn, want.patient):
            write(tables.sample_row(sample))
    return count


@contextmanager
def _csv(file: ZipFile, name: str) -> Iterator[Callable[[tables.TableRow], object]]:
    """Give a function that writes a row of CSV (RFC 4180), below a header."""
    columns = tables.TABLE_COLUMNS[name]
    with (
        file.open(f"csv/{name}.csv", "w") as raw,
        io.TextIOWrapper(raw, encoding="utf-8", newline="") as text,
    ):
        writer = csv.writer(text)
        writer.writerow(columns)
        yield lambda row: writer.writerow(tables.cells_of_row(columns, row))


async def _write_open_mhealth(
    file: ZipFile, want: Portable, facts: Iterable[AttributedFact]
) -> None:
    with file.open("open_mhealth/data_points.jsonl", "w") as lines:
        for item in facts:
            for point in _points(item):
                lines.write(orjson.dumps(point) + b"\n")
        async for sample in supplied_samples(want.conn, want.patient):
            made = open_mhealth.sample_point(sample)
            if made is not None:
                lines.write(orjson.dumps(made) + b"\n")


def _points(item: AttributedFact) -> Iterator[open_mhealth.DataPoint]:
    fact = item.fact
    if isinstance(fact, DaySummary):
        yield from open_mhealth.day_points(fact)
    elif isinstance(fact, Workout | Report):
        made = open_mhealth.activity_point(fact)
        if made is not None:
            yield made


async def _write_fhir(file: ZipFile, want: Portable, facts: Iterable[AttributedFact]) -> None:
    """Write one bundle, resource by resource; a device comes before what it has recorded."""
    subject = known_patient(want.patient)
    # the bundle is written by hand around its resources, since as a value it would hold years
    head = {"resourceType": "Bundle", "type": "collection", "timestamp": rfc3339(want.now_ms)}
    devices: set[Source] = set()
    with file.open("fhir/bundle.json", "w") as bundle:
        bundle.write(orjson.dumps(head)[:-1] + b',"entry":[\n' + _entry(subject))

        def put(source: Source, made: FhirResource) -> None:
            if source not in devices:
                devices.add(source)
                bundle.write(b",\n" + _entry(source_device(source)))
            bundle.write(b",\n" + _entry(made))

        for item in facts:
            put(item.fact.head.source, _observation(item, subject))
        async for piece in _pieces(supplied_samples(want.conn, want.patient)):
            for made in sample_observations(piece, subject):
                put(piece[0].source, made)
        bundle.write(b"\n]}\n")


def _observation(item: AttributedFact, subject: FhirResource) -> FhirResource:
    fact = item.fact
    if isinstance(fact, Workout):
        return workout_observation(fact, subject)
    if isinstance(fact, Report):
        return report_observation(fact, subject)
    assert isinstance(fact, DaySummary)  # noqa: S101 - the query reads these three kinds
    return day_observation(fact, subject)


def _entry(resource: FhirResource) -> bytes:
    return orjson.dumps({"fullUrl": full_url(resource), "resource": resource})


async def _pieces(samples: AsyncIterator[SuppliedSample]) -> AsyncIterator[list[SuppliedSample]]:
    """Yield samples in pieces of one source and metric."""
    piece: list[SuppliedSample] = []
    async for sample in samples:
        if piece and (
            len(piece) >= _PIECE
            or (piece[0].metric, piece[0].source) != (sample.metric, sample.source)
        ):
            yield piece
            piece = []
        piece.append(sample)
    if piece:
        yield piece


async def _write_originals(file: ZipFile, want: Portable) -> dict[str, int]:
    """Write each body as it was received, and return how many, and how many do not open."""
    kept = await kept_of(want.conn, want.patient)
    # a body that an operator has removed is counted, and the rest of the file is still handed out
    counts = {"originals": 0, "missing": 0}
    # no key is opened for nothing
    if not kept:
        return counts
    key = await data_key(want.conn, want.wrapping_key, want.patient)
    for item in kept:
        body = await open_kept(want.conn, want.bodies, key, want.patient, item)
        # counted and not hidden: the person who hands the file over must know
        if body is None:
            counts["missing"] += 1
            continue
        file.writestr(f"originals/{_name(item)}", body)
        counts["originals"] += 1
    return counts


def _name(kept: KeptBody) -> str:
    envelope = kept.envelope
    # no name of the sender's: a file name may name a person
    day = utc(envelope.received_ms).date().isoformat()
    kind = envelope.content_type.partition(";")[0].strip().lower()
    ending = _ENDINGS.get(kind, kept.format or "bin")
    # not the name that the sender gave: it may be a path, or stand twice
    return f"{day}-{envelope.connector}-{envelope.sha256[:16]}.{ending}"
