"""What a patient takes along: each form holds what was supplied, and nothing else."""

import csv
import io
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import orjson
import pytest
from fhir.resources.R4B.bundle import Bundle

from kadens.privacy.portable.portable_file import Portable, write_portable
from model.calendar import MINUTE_MS
from model.envelope import Envelope
from model.facts import Fact, Instrument, Joining
from model.keyring import KeyRing
from model.marks import MarkedSession, clinician_mark
from model.metrics import METRIC
from model.privacy.rectification import RightValues
from storage.bodies.body_store import Directory
from storage.bodies.kept_bodies import Received, keep_all
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from storage.rights import restrictions
from storage.rights.corrections import CorrectedRecord, correct_record
from tests.rows import cells_of
from tests.storage.derived.traces import settle
from tests.storage.tellers import (
    PHONE,
    T0,
    attributed_batch,
    attributed_fact,
    block,
    day,
    deletion,
    head,
    pain,
    run,
)

pytestmark = pytest.mark.anyio
_KEY = KeyRing.single(bytes(32))
_BODY = b'{"as": "it came"}'
_ORIGINAL = f"originals/2026-09-21-files-{sha256(_BODY).hexdigest()[:16]}.json"
_START = "2026-09-21T14:13:20Z"


def _facts() -> list[Fact]:
    """Return a run of a minute with a sample every 10 s, an answer, a day, a count and a loss."""
    times = block(head("c", T0, T0 + 600_000, source=PHONE), [T0], [7.0], joining=Joining.STREAM)
    steps = replace(times, metric="steps", until=times.t + MINUTE_MS)
    return [
        *run("r1", minutes=1),
        pain("q1", T0 + 40 * MINUTE_MS, 6.0, session="r1"),
        day("d", T0, 900.0),
        steps,
        *run("gone", T0 + 500 * MINUTE_MS, minutes=1),
        deletion("x", "gone"),
    ]


async def _tell(conn: Connection, store: Directory) -> None:
    await write_facts(conn, attributed_batch(_facts()))
    marked = MarkedSession(start_ms=T0, end_ms=T0 + MINUTE_MS, record="r1")
    mark = clinician_mark("p1", marked, Instrument.NOT_EXERCISE, "illness", T0)
    # the neighbour's data lie beside the patient's
    other = attributed_fact(pain("other", T0, 1.0), "p2", "other body")
    await write_facts(conn, [mark, other])
    envelope = Envelope(
        connector="files", received_ms=T0, sha256=sha256(_BODY).hexdigest(), size=len(_BODY),
        content_type="application/json; charset=utf-8",
    )  # fmt: skip
    kept = Received(patient="p1", envelope=envelope, body=_BODY, format="fit")
    await keep_all(conn, store, _KEY, [kept])


async def _written(conn: Connection, folder: Path) -> tuple[dict[str, int], dict[str, bytes]]:
    store = Directory(folder / "bodies")
    await _tell(conn, store)
    want = Portable(conn=conn, patient="p1", wrapping_key=_KEY, bodies=store, now_ms=T0)
    out = folder / "out.zip"
    counts = await write_portable(want, out)
    with ZipFile(out) as file:
        return counts, {name: file.read(name) for name in file.namelist()}


@pytest.mark.promise(13)
async def test_a_corrected_value_is_taken_along_as_it_is_right(
    conn: Connection, tmp_path: Path
) -> None:
    store = Directory(tmp_path / "bodies")
    await _tell(conn, store)
    meant, right = CorrectedRecord(record="q1"), RightValues(value=2.0)
    await correct_record(conn, "p1", meant, right, by="c", why="a slip", now_ms=T0)
    want = Portable(conn=conn, patient="p1", wrapping_key=_KEY, bodies=store, now_ms=T0)
    await write_portable(want, tmp_path / "out.zip")
    with ZipFile(tmp_path / "out.zip") as file:
        (answer,) = orjson.loads(file.read("json/reports.json"))
    assert answer["value"] == 2.0


def _csv(text: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode())))


@pytest.mark.promise(13)
async def test_json_and_csv_have_what_was_supplied(conn: Connection, tmp_path: Path) -> None:
    counts, content = await _written(conn, tmp_path)
    assert counts == {
        "workouts": 1, "reports": 1, "days": 1, "samples": 7, "originals": 1, "missing": 0,
    }  # fmt: skip
    source = {
        "vendor": "files", "app": "", "device": "watch 1", "device_type": "watch",
        "method": "workout",
    }  # fmt: skip
    assert orjson.loads(content["json/workouts.json"]) == [
        {
            "record": "r1", "start": _START, "end": "2026-09-21T14:14:20Z", "type": "running",
            "vendor_type": "running", "moving_ms": None, "exertion_cr10": None,
            "effort_stated": "", "summary": {"distance": 1234.5}, "pauses": [], **source,
        }
    ]  # fmt: skip
    (answer,) = orjson.loads(content["json/reports.json"])
    assert answer["at"] == "2026-09-21T14:53:20Z"
    assert (answer["instrument"], answer["value"], answer["scale"]) == ("pain", 6.0, "nrs-0-10")
    assert answer["equipment"] == ["rubber band"]
    total = ["d", "2026-09-21", "steps", METRIC["steps"].unit, "900.0"]
    assert _csv(content["csv/days.csv"])[1][:5] == total
    samples = list(map(orjson.loads, content["json/samples.jsonl"].splitlines()))
    assert cells_of(samples, "metric", "value", "until") == [
        *[("heart_rate", 120.0, None)] * 6,
        ("steps", 7.0, "2026-09-21T14:14:20Z"),
    ]
    rows = _csv(content["csv/samples.csv"])
    assert rows[1] == ["heart_rate", "/min", _START, "", "120.0", *source.values()]
    assert len(rows) == 8
    assert content[_ORIGINAL] == _BODY


@pytest.mark.promise(13)
async def test_the_bundle_is_valid_fhir_with_each_value_as_it_was(
    conn: Connection, tmp_path: Path
) -> None:
    _, content = await _written(conn, tmp_path)
    bundle = orjson.loads(content["fhir/bundle.json"])
    Bundle.model_validate(bundle)
    resources = cells_of(bundle["entry"], "resource")
    urls = set(cells_of(bundle["entry"], "fullUrl"))
    assert len(urls) == len(resources)
    kinds = cells_of(resources, "resourceType")
    assert (kinds[0], kinds.count("Device"), kinds.count("Observation")) == ("Patient", 3, 5)
    # each reference is answered within the bundle
    for resource in resources[1:]:
        for name in ("subject", "device"):
            assert resource.get(name, {"reference": "".join(urls)})["reference"] in {
                *urls, "".join(urls),
            }  # fmt: skip
    (series,) = (item["valueSampledData"] for item in resources if "valueSampledData" in item)
    assert series["period"] == 10_000
    assert series["data"] == " ".join(["120.0"] * 6)
    (count,) = (item for item in resources if item.get("valueQuantity", {}).get("value") == 7.0)
    assert count["effectivePeriod"] == {"start": _START, "end": "2026-09-21T14:14:20Z"}


@pytest.mark.promise(13)
async def test_data_points_of_ieee_and_open_mhealth(conn: Connection, tmp_path: Path) -> None:
    _, content = await _written(conn, tmp_path)
    lines = content["open_mhealth/data_points.jsonl"].splitlines()
    points = list(map(orjson.loads, lines))
    (activity,) = (item for item in points if item["header"]["schema_id"]["namespace"] == "ieee")
    assert activity["body"] == {
        "activity_name": "running",
        "effective_time_frame": {
            "time_interval": {"start_date_time": _START, "end_date_time": "2026-09-21T14:14:20Z"}
        },
        "distance": {"value": 1234.5, "unit": "m"},
    }
    assert activity["header"]["schema_id"]["name"] == "physical-activity"
    assert activity["header"]["modality"] == "sensed"
    beat = next(item for item in points if "heart_rate" in item["body"])
    assert beat["header"]["schema_id"] == {
        "namespace": "omh", "name": "heart-rate", "version": "2.0",
    }  # fmt: skip
    assert beat["body"] == {
        "heart_rate": {"value": 120.0, "unit": "beats/min"},
        "effective_time_frame": {"date_time": _START},
    }
    steps = [item["body"]["step_count"]["value"] for item in points if "step_count" in item["body"]]
    assert sorted(steps) == [7.0, 900.0]
    assert len({item["header"]["uuid"] for item in points}) == len(points) == 1 + 6 + 2


@pytest.mark.promise(13)
async def test_nothing_derived_and_nothing_of_the_clinic_is_in_it(
    conn: Connection, tmp_path: Path
) -> None:
    store = Directory(tmp_path / "bodies")
    await settle(conn, store, "taking-patient")
    await settle(conn, store, "another-patient")
    await restrictions.add_restriction(
        conn, "taking-patient", interval=(0, None), source="files",
        by="c", why="disputed", now_ms=T0,
    )  # fmt: skip
    want = Portable(conn=conn, patient="taking-patient", wrapping_key=_KEY, bodies=store, now_ms=T0)
    counts = await write_portable(want, tmp_path / "out.zip")
    # restricted rows are here: the patient asked for them
    assert min(counts[name] for name in ("workouts", "reports", "samples", "originals")) > 0
    with ZipFile(tmp_path / "out.zip") as file:
        everything = b"".join(map(file.read, file.namelist()))
    for word in (
        b"another-patient", b"Somebody", b"calls before noon", b"a cold", b"pain 7 of 10",
        b"called", b"plan-taking-patient", b"illness", b"adherence", b"knee",
    ):  # fmt: skip
        assert word not in everything
