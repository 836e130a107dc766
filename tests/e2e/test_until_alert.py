"""The first of the README's commands: a demo through every real part, until the alert is there."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kadens.embedded.kafka_jars import kafka_available

_DEADLINE_S = 420
_without_kafka = kafka_available()
BROKERS = [
    "mock",
    pytest.param(
        "kafka",
        marks=[
            pytest.mark.kafka,
            pytest.mark.skipif(
                _without_kafka is not None, reason=f"Apache Kafka cannot run here: {_without_kafka}"
            ),
        ],
    ),
]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kadens-alert-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="module", params=BROKERS)
def alert(request: pytest.FixtureRequest, data: Path) -> dict[str, Any]:
    where = ["--data", str(data / request.param), "--vendor-port", "0", "--clinic-port", "0"]
    # a short history: CI runs the README's command itself, with all of its weeks
    words = ["up", "--demo", "--until-alert", "--broker", request.param, "--weeks", "4", *where]
    done = subprocess.run(
        [sys.executable, "-m", "kadens", *words],
        capture_output=True,
        text=True,
        timeout=_DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loads: dict[str, Any] = json.loads(done.stdout)
    return loads


def test_the_alert_names_rule_and_evidence(alert: dict[str, Any]) -> None:
    assert (alert["rule"], alert["rule_version"], alert["tier"], alert["state"]) == (
        "P1",
        3,
        "A",
        "open",
    )
    # another rule of the family may have been met as well by the time that the alert is shown
    finding = next(item for item in alert["findings"] if item["rule"] == "P1")
    (rating,) = finding["evidence"]["ratings"]
    assert (rating["value"], rating["scale"], rating["phase"]) == (8.0, "nrs-0-10", "after")
    assert finding["evidence"]["thresholds"]["very_high"] == 8


def test_the_alert_leads_to_a_session_with_zones_that_add_up(alert: dict[str, Any]) -> None:
    session = alert["session"]
    assert session["id"] == alert["findings"][0]["session"]
    minutes = 42
    assert sum(session["zones_ms"].values()) == minutes * 60_000
    assert session["zones_ms"]["moderate"] > 0


def test_the_times_are_in_order(alert: dict[str, Any]) -> None:
    assert (
        alert["session"]["start"]
        < alert["session"]["end"]
        < alert["findings"][0]["at"]
        < alert["raised"]
    )


def test_until_alert_without_demo_is_wrong_use() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kadens", "up", "--until-alert"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "--until-alert needs --demo" in done.stderr


def test_nothing_is_left_running(alert: dict[str, Any], data: Path) -> None:
    assert alert
    mine = str(data).encode()
    left = [
        path.name
        for path in Path("/proc").glob("[0-9]*")
        if mine in _read(path / "cmdline") or mine in _read(path / "environ")
    ]
    assert left == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
