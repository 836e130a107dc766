"""Phones beside watches and files: one run is one session, and what is sent again replaces itself.

Every history is derived in each order of its payloads.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kadens.derivation.derivation import derive_manifest
from kadens.derivation.derived_json import derivation_json
from simulate.fit_writer import Recording, write_activity
from tests.rows import cells_of

_START_MS = 1_795_424_400_000  # 23 November 2026, 09:00 UTC
_MINUTES = 32
_EXPORT, _WEBHOOK = "health_auto_export", "hc_webhook"
_RECEIVED = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _clock(minute: float) -> str:
    """Return a minute of the run as Health Auto Export writes it, in Stockholm."""
    at = datetime.fromtimestamp(_START_MS / 1000 + 60 * minute + 3600, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S} +0100"


def _instant(minute: float) -> str:
    at = datetime.fromtimestamp(_START_MS / 1000 + 60 * minute, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _export(**lists: object) -> bytes:
    return json.dumps({"data": lists}).encode()


def _phone_run(bpm: float = 140) -> bytes:
    mean = {"Avg": bpm, "units": "bpm", "source": "Apple Watch"}
    heart = [{**mean, "date": _clock(minute)} for minute in range(_MINUTES)]
    run = {"id": "A-1", "name": "Outdoor Run", "start": _clock(0), "end": _clock(_MINUTES)}
    return _export(workouts=[{**run, "heartRateData": heart}])


def _phone_steps(steps: float, source: str = "Apple Watch") -> bytes:
    count = {"qty": steps, "source": source}
    return _metric_of([{**count, "date": _clock(minute)} for minute in range(_MINUTES)])


def _metric_of(data: Sequence[object]) -> bytes:
    return _export(metrics=[{"name": "step_count", "units": "count", "data": data}])


def _webhook_run() -> bytes:
    run = {"type": "56", "start_time": _instant(0.5), "end_time": _instant(_MINUTES)}
    return json.dumps({"timestamp": "x", "app_version": "1", "exercise": [run]}).encode()


def _watch_file() -> bytes:
    n = _MINUTES * 60
    return write_activity(
        Recording(
            start_ms=_START_MS + 20_000,
            end_ms=_START_MS + 20_000 + n * 1000,
            t=_START_MS + 20_000 + 1000 * np.arange(n),
            columns={"heart_rate": np.full(n, 141.0)},
            sport="running",
        )
    )


def _derived(folder: Path, *bodies: tuple[str, bytes, str]) -> list[dict[str, Any]]:
    """Return what follows from payloads, a minute apart, in every order.

    Each has its connector, and the header by which its app says how it grouped the values.
    """
    rows = []
    for number, (connector, body, grouping) in enumerate(bodies):
        (folder / f"{number}.bin").write_bytes(body)
        at = (_RECEIVED + timedelta(minutes=number)).isoformat()
        headers = {"automation-aggregation": grouping}
        saved = str(folder / f"{number}.bin")
        rows.append({"path": saved, "connector": connector, "received": at, "headers": headers})
    results = []
    for order in permutations(rows):
        manifest = {
            "zone": "Europe/Stockholm",
            "now": "2026-11-24T12:00:00Z",
            "profiles": [{"valid_from": "2026-01-01", "hr_rest": 60, "hr_max": 190}],
            "bodies": list(order),
        }
        path = folder / "manifest.json"
        path.write_text(json.dumps(manifest), encoding="utf-8")
        results.append(derivation_json(derive_manifest(path)))
    return results


def _counted(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in result["sessions"] if row["counts"]]


def test_one_run_of_four_sources_is_one_session(tmp_path: Path) -> None:
    results = _derived(
        tmp_path,
        (_EXPORT, _phone_run(), "Minutes"),
        (_WEBHOOK, _webhook_run(), ""),
        ("files", _watch_file(), ""),
        (_EXPORT, _phone_steps(150), "Minutes"),
    )
    assert all(result == results[0] for result in results)
    (session,) = _counted(results[0])
    assert session["type"] == "running"
    assert session["elapsed_ms"] in range(1_890_000, 1_950_000)


def test_a_workout_of_either_version_is_one_workout(tmp_path: Path) -> None:
    first = json.loads(_phone_run())
    del first["data"]["workouts"][0]["id"]
    bodies = (json.dumps(first).encode(), _phone_run(bpm=150))
    for result in _derived(tmp_path, *((_EXPORT, body, "") for body in bodies)):
        assert len(_counted(result)) == 1


def test_means_that_are_sent_again_replace_themselves(tmp_path: Path) -> None:
    bodies = (_phone_run(bpm=140), _phone_run(bpm=150))
    results = _derived(tmp_path, *((_EXPORT, body, "Minutes") for body in bodies))
    assert all(result == results[0] for result in results)
    (session,) = _counted(results[0])
    assert session["heart_rate"]["mean"] == 150.0


_HOUR = _metric_of([{"date": _clock(0), "qty": 50 * _MINUTES, "source": "Apple Watch"}])
_DAY = _metric_of([{"date": "2026-11-23 00:00:00 +0100", "qty": 8432, "source": "A|B"}])


@pytest.mark.parametrize(
    ("second", "grouping", "steps"),
    [
        (_phone_steps(60), "Minutes", 60 * _MINUTES),  # the same minutes, corrected
        (_HOUR, "Hours", 50 * _MINUTES),  # the same steps, grouped by the hour
        (_phone_steps(40, "iPhone"), "Minutes", 50 * _MINUTES),  # a phone beside the watch
        (_DAY, "Days", 8432),
    ],
    ids=["corrected", "an hour", "phone", "a day"],
)
def test_steps_are_counted_once(tmp_path: Path, second: bytes, grouping: str, steps: float) -> None:
    first = (_EXPORT, _phone_steps(50), "Minutes")
    results = _derived(tmp_path, first, (_EXPORT, second, grouping))
    assert all(result == results[0] for result in results)
    days = dict(cells_of(results[0]["days"], "date", "steps"))
    assert days["2026-11-23"] == pytest.approx(steps)
