"""One run by five senders: a watch vendor's push, a FIT file, a phone, and two aggregators.

All of them tell of the same watch and the same minutes. It is one session, no step counts twice,
and a stated total is never added to what was counted.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from kadens.derivation.conclusions import Conclusions, conclude
from kadens.derivation.held_facts import hold_facts
from kadens.derivation.intake import PATIENT, read_bodies
from kadens.derivation.manifest import read_manifest
from model.calendar import MINUTE_MS
from model.facts import AttributedFact
from simulate.fit_writer import Recording, write_activity
from tests.rows import values_of

_START_MS = 1_795_424_400_000  # 23 November 2026, 09:00 UTC, 10:00 in Stockholm
_MINUTES = 30
_END_MS = _START_MS + _MINUTES * MINUTE_MS
_MIDNIGHT_S = (_START_MS - 10 * 3_600_000) // 1000
_SECONDS = range(0, _MINUTES * 60, 5)
_STEPS = 160  # in each minute of the run
_TOTAL = 9_000  # of the date, as the vendors state it
_BEATS = 140
_Body = tuple[str, bytes]


def _at(second: int) -> str:
    return f"{datetime.fromtimestamp(_START_MS / 1000 + second, UTC):%Y-%m-%dT%H:%M:%S}+00:00"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _garmin() -> Iterator[_Body]:
    start_s = _START_MS // 1000
    common = {"userId": "u", "startTimeOffsetInSeconds": 3_600, "deviceName": "Forerunner 255"}
    samples = [{"startTimeInSeconds": start_s + s, "heartRate": _BEATS} for s in _SECONDS]
    summary = {
        **common,
        "startTimeInSeconds": start_s,
        "durationInSeconds": _MINUTES * 60,
        "activityType": "RUNNING",
    }
    details = {**common, "summaryId": "d", "activityId": 7, "summary": summary, "samples": samples}
    slots = [_slot(common, start_s + n * 900) for n in range(2)]
    day = {
        **common,
        "summaryId": "t",
        "calendarDate": "2026-11-23",
        "startTimeInSeconds": _MIDNIGHT_S,
        "durationInSeconds": 86_400,
        "steps": _TOTAL,
    }
    yield "garmin", _json({"activityDetails": [details], "epochs": slots})
    yield "garmin", _json({"dailies": [day]})


def _slot(common: dict[str, Any], start_s: int) -> dict[str, Any]:
    times = {"startTimeInSeconds": start_s, "durationInSeconds": 900}
    counted = {"activityType": "RUNNING", "steps": 15 * _STEPS}
    return {**common, **times, **counted, "summaryId": f"e{start_s}"}


def _fit() -> Iterator[_Body]:
    t = _START_MS + 1000 * np.arange(_MINUTES * 60)
    columns = {"heart_rate": np.full(len(t), float(_BEATS))}
    recording = Recording(start_ms=_START_MS, end_ms=_END_MS, t=t, columns=columns, sport="running")
    yield "files", write_activity(recording)


def _phone() -> Iterator[_Body]:
    """Yield what an Android phone in a pocket counted, with the run that the watch wrote to it."""
    phone = {"data_origin": "com.google.android.apps.fitness", "device": {"type": 2}}
    watch = {"data_origin": "com.garmin.android.apps.connectmobile", "device": {"type": 1}}
    steps = []
    for minute in range(_MINUTES):
        ends = {"start_time": _z(minute * 60), "end_time": _z(minute * 60 + 60)}
        steps.append({"count": _STEPS - 5, **ends, "metadata": phone})
    run = {"type": "56", "start_time": _z(0), "end_time": _z(_MINUTES * 60), "metadata": watch}
    yield "hc_webhook", _json({"timestamp": _z(3_600), "steps": steps, "exercise": [run]})


def _z(second: int) -> str:
    return _at(second).replace("+00:00", "Z")


def _terra() -> Iterator[_Body]:
    def local(second: int) -> str:
        shown = datetime.fromtimestamp(_START_MS / 1000 + second + 3_600, UTC)
        return f"{shown:%Y-%m-%dT%H:%M:%S.000000}+01:00"

    user = {"user_id": "t-1", "provider": "GARMIN"}
    minutes = range(1, _MINUTES + 1)
    steps = [{"timestamp": local(n * 60), "steps": n * _STEPS} for n in minutes]
    run = {
        "metadata": {
            "start_time": local(0),
            "end_time": local(_MINUTES * 60),
            "summary_id": "a",
            "type": 8,
            "upload_type": 1,
        },
        "device_data": {"name": "Forerunner 255"},
        "heart_rate_data": {
            "detailed": {"hr_samples": [{"timestamp": local(s), "bpm": _BEATS} for s in _SECONDS]}
        },
        "distance_data": {"detailed": {"step_samples": steps}},
    }
    midnights = {
        "start_time": "2026-11-23T00:00:00.000000+01:00",
        "end_time": "2026-11-24T00:00:00.000000+01:00",
    }
    day = {"metadata": {**midnights, "upload_type": 1}, "distance_data": {"steps": _TOTAL}}
    yield "terra", _json({"type": "activity", "user": user, "data": [run]})
    yield "terra", _json({"type": "daily", "user": user, "data": [day]})


def _junction() -> Iterator[_Body]:
    source = {"provider": "garmin", "type": "watch"}

    def event(kind: str, data: dict[str, Any]) -> _Body:
        names = {"event_type": f"daily.data.{kind}.created", "user_id": "j", "client_user_id": "p"}
        return "junction", _json({**names, "data": {"source": source, **data}})

    yield event(
        "workouts",
        {
            "id": "w",
            "time_start": _at(0),
            "time_end": _at(_MINUTES * 60),
            "timezone_offset": 3_600,
            "sport": {"slug": "running"},
        },
    )
    beats = [{"timestamp": _at(s), "timezone_offset": 3_600, "value": _BEATS} for s in _SECONDS]
    yield event("heartrate", {"data": beats})
    counted = []
    for minute in range(_MINUTES):
        ends = {"start": _at(minute * 60), "end": _at(minute * 60 + 60)}
        counted.append({"timestamp": ends["start"], **ends, "value": _STEPS})
    yield event("steps", {"data": counted})
    yield event(
        "activity",
        {"id": "d", "calendar_date": "2026-11-23", "steps": _TOTAL, "timezone_offset": 3_600},
    )


_SENDERS = {
    "garmin": _garmin,
    "fit": _fit,
    "phone": _phone,
    "terra": _terra,
    "junction": _junction,
}


def _facts(folder: Path, senders: Sequence[str]) -> tuple[Any, list[AttributedFact]]:
    """Return a manifest of what some senders send, and the facts in it."""
    rows: list[dict[str, str]] = []
    for sender in senders:
        for number, (connector, body) in enumerate(_SENDERS[sender]()):
            name = f"{sender}-{number}"
            (folder / name).write_bytes(body)
            received = datetime(2026, 11, 24, 1, len(rows), tzinfo=UTC).isoformat()
            rows.append({"path": name, "connector": connector, "received": received})
    manifest = {
        "zone": "Europe/Stockholm",
        "now": "2026-11-24T12:00:00Z",
        "profiles": [{"valid_from": "2026-01-01", "hr_rest": 60, "hr_max": 190}],
        "bodies": rows,
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    read = read_manifest(path)
    intake = read_bodies(read, folder)
    assert intake.refused == []
    return read, list(intake.facts)


def _concluded(manifest: Any, facts: Sequence[AttributedFact]) -> Conclusions:  # noqa: ANN401
    return conclude(manifest, hold_facts(facts, PATIENT, manifest.zone))


def test_one_run_by_five_senders_is_one_session_in_any_order_and_doubled(tmp_path: Path) -> None:
    manifest, facts = _facts(tmp_path, list(_SENDERS))
    first = _concluded(manifest, facts).derived
    (session,) = [row for row in first.sessions if row.counts]
    assert (session.type, session.start_ms, session.end_ms) == ("running", _START_MS, _END_MS)
    assert (session.zones.total, session.paused_ms) == (_MINUTES * MINUTE_MS, 0)
    (day,) = [row for row in first.days if row.sessions]
    assert (day.sessions, day.session_ms) == (1, _MINUTES * MINUTE_MS)
    # the greater of what was counted and what was stated, and neither sum of them
    assert (day.steps_counted, day.steps, day.stated["steps"]) == (
        _MINUTES * _STEPS,
        _TOTAL,
        _TOTAL,
    )
    bodies = sorted(set(values_of(facts, "body")))
    for seed in range(3):
        order = list(bodies)
        Random(seed).shuffle(order)  # noqa: S311 - an order, no secret
        mixed = []
        for fact in [*facts, *facts[::2]]:
            received_ms = _END_MS + order.index(fact.body) * MINUTE_MS
            mixed.append(replace(fact, received_ms=received_ms))
        mixed.sort(key=lambda fact: (fact.received_ms, fact.body))
        assert _concluded(manifest, mixed).derived == first


@pytest.mark.parametrize(
    "senders",
    [["garmin", "terra"], ["fit", "junction"], ["phone", "junction"], ["terra", "junction"]],
    ids="-".join,
)
def test_two_senders_of_a_minute_count_it_once(tmp_path: Path, senders: list[str]) -> None:
    manifest, facts = _facts(tmp_path, senders)
    derived = _concluded(manifest, facts).derived
    assert [row.counts for row in derived.sessions].count(True) == 1
    (day,) = [row for row in derived.days if row.sessions]
    assert (day.session_ms, day.steps_counted, day.steps) == (
        _MINUTES * MINUTE_MS,
        _MINUTES * _STEPS,
        _TOTAL,
    )
