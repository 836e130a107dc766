"""One run by four ways: a FIT file, an Apple Health export, Health Connect and a Strava archive.

It is one session, each source's share of it is shown, and steps of phone and watch are not added.
Every order of the four gives the same.
"""

import gzip
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from kadens.derivation.conclusions import Conclusions, conclude
from kadens.derivation.held_facts import hold_facts
from kadens.derivation.intake import PATIENT, read_bodies
from kadens.derivation.manifest import Manifest, read_manifest
from model.calendar import MINUTE_MS
from model.derived.sessions import Session
from model.facts import AttributedFact
from simulate.exports.health_connect import PHONE_ID, over_interval, people_and_devices
from simulate.fit_writer import Recording, write_activity

_START_MS = 1_795_424_400_000  # 23 November 2026, 09:00 UTC
_MINUTES = 32
_END_MS = _START_MS + _MINUTES * MINUTE_MS
_STRAP_MINUTES = 20  # then its battery was empty
_WATCH_STEPS, _PHONE_STEPS, _POCKET_STEPS = 160, 150, 155  # in each minute
_RUNNING = 56  # a run, in Health Connect
_DEVICE = "&lt;&lt;HKDevice: 0x1&gt;, name:x, manufacturer:Apple Inc., model:{}, hardware:{}&gt;"
_WATCH = _DEVICE.format("Watch", "Watch7,5")
_PHONE = _DEVICE.format("iPhone", "iPhone16,2")


def _fit() -> bytes:
    """Return the recording of a sports watch with a strap; it has no step."""
    n = _STRAP_MINUTES * 60
    return write_activity(
        Recording(
            start_ms=_START_MS,
            end_ms=_END_MS,
            t=_START_MS + 1000 * np.arange(n),
            columns={"heart_rate": np.full(n, 141.0)},
            sport="running",
        )
    )


def _strava() -> bytes:
    """Return an archive that holds the same recording, and what was felt."""
    heads = "Activity ID,Activity Date,Activity Type,Elapsed Time,Perceived Exertion,Filename"
    row = f'7,"Nov 23, 2026, 9:00:00 AM",Run,{_MINUTES * 60},6.0,activities/7.fit.gz'
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("activities.csv", f"{heads}\n{row}\n")
        archive.writestr("activities/7.fit.gz", gzip.compress(_fit(), mtime=0))
    return out.getvalue()


def _clock(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000 + 3600, UTC):%Y-%m-%d %H:%M:%S} +0100"


def _record(kind: str, unit: str, device: str, value: int, at: tuple[int, int]) -> str:
    begin, end = map(_clock, at)
    return (
        f'<Record type="HKQuantityTypeIdentifier{kind}" sourceName="x" unit="{unit}" '
        f'device="{device}" startDate="{begin}" endDate="{end}" value="{value}"/>\n'
    )


def _apple() -> bytes:
    """Return an export in which watch and phone count the same steps."""
    lines = ['<?xml version="1.0"?>\n<HealthData locale="en_US">\n']
    for minute in range(_MINUTES):
        at = _START_MS + minute * MINUTE_MS
        steps = partial(_record, "StepCount", "count", at=(at, at + MINUTE_MS))
        lines += [steps(_WATCH, _WATCH_STEPS), steps(_PHONE, _PHONE_STEPS)]
        for second in range(0, MINUTE_MS, 5_000):
            beat = at + second
            lines.append(_record("HeartRate", "count/min", _WATCH, 139, (beat, beat)))
    lines.append(
        '<Workout workoutActivityType="HKWorkoutActivityTypeRunning" sourceName="x" '
        f'duration="{_MINUTES}" durationUnit="min" device="{_WATCH}" '
        f'startDate="{_clock(_START_MS + 10_000)}" endDate="{_clock(_END_MS)}"/>\n</HealthData>\n'
    )
    return "".join(lines).encode()


def _health_connect() -> bytes:
    """Return an export of a phone in a pocket, to which a watch wrote the run."""
    export = people_and_devices()
    run = over_interval(_START_MS + 20_000, _END_MS, 3_600, exercise_type=_RUNNING)
    export.add("exercise_session_record_table", run)
    export.add("heart_rate_record_table", over_interval(_START_MS, _END_MS, 3_600))
    for second in range(0, _END_MS - _START_MS, 10_000):
        beat = {"beats_per_minute": 138, "epoch_millis": _START_MS + second}
        export.add("heart_rate_record_series_table", {"parent_key": 1, **beat})
    for minute in range(_MINUTES):
        at = _START_MS + minute * MINUTE_MS
        pocket = {"count": _POCKET_STEPS, "device_info_id": PHONE_ID}
        export.add("steps_record_table", over_interval(at, at + MINUTE_MS, 3_600, **pocket))
    return export.written()


def _manifest(folder: Path, names: Iterable[str]) -> Manifest:
    """Return a manifest that names the four files, received a minute apart."""
    bodies = []
    for number, name in enumerate(names):
        at = datetime(2026, 11, 23, 12, number, tzinfo=UTC)
        bodies.append({"path": name, "connector": "files", "received": at.isoformat()})
    manifest = {
        "zone": "Europe/Stockholm",
        "now": "2026-11-24T12:00:00Z",
        "profiles": [{"valid_from": "2026-01-01", "hr_rest": 60, "hr_max": 190}],
        "bodies": bodies,
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return read_manifest(path)


def _derived(folder: Path) -> Iterator[Conclusions]:
    """Yield what follows from the four in every order of receipt; each is read once."""
    bodies = {
        "run.fit": _fit(),
        "strava.zip": _strava(),
        "export.xml": _apple(),
        "health_connect_export.db": _health_connect(),
    }
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    manifest = _manifest(folder, bodies)
    intake = read_bodies(manifest, folder)
    assert intake.refused == []
    paths = {sha: payload.path for sha, payload in intake.payloads.items()}
    for order in permutations(bodies):
        facts = [_at(fact, _END_MS + order.index(paths[fact.body])) for fact in intake.facts]
        facts.sort(key=lambda fact: fact.received_ms)
        yield conclude(manifest, hold_facts(facts, PATIENT, manifest.zone))


def _at(fact: AttributedFact, received_ms: int) -> AttributedFact:
    return replace(fact, received_ms=received_ms)


def _shares(results: Conclusions, session: Session, metric: str) -> dict[str, float]:
    """Return for how many minutes of a session each source counts for a metric."""
    shares: dict[str, float] = {}
    for item in results.derived.source_selections:
        start, end = max(item.start_ms, session.start_ms), min(item.end_ms, session.end_ms)
        if item.metric == metric and end > start:
            minutes = shares.get(item.source.device, 0) + (end - start) / MINUTE_MS
            shares[item.source.device] = minutes
    return shares


def test_one_run_by_four_ways_is_one_session_in_every_order(tmp_path: Path) -> None:
    total = list(_derived(tmp_path))
    assert len(total) == 24
    assert all(results.derived == total[0].derived for results in total)
    (session,) = [row for row in total[0].derived.sessions if row.counts]
    assert (session.type, session.exertion_cr10) == ("running", 6.0)
    assert (session.end_ms, session.start_ms - _START_MS) == (_END_MS, 10_000)
    # the strap for as long as it measured, and then the wrist: together they are the session
    strap = _STRAP_MINUTES - 1 / 6
    shares = _shares(total[0], session, "heart_rate")
    assert shares == pytest.approx({"edge_530": strap, "Watch7,5": _MINUTES - _STRAP_MINUTES})
    # neither the two phones nor the two accounts of the watch are added
    (day,) = [row for row in total[0].derived.days if row.sessions]
    assert day.steps == _MINUTES * _WATCH_STEPS
    assert set(_shares(total[0], session, "steps")) == {"Watch7,5"}
