"""How often and how long something is tried again; no test waits."""

import logging
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import REGISTRY
from stamina import Attempt

from runtime.retries import attempts


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the waits, which take no time here."""
    taken: list[float] = []
    monkeypatch.setattr("time.sleep", taken.append)
    return taken


class _Called:
    """Fails so often before it succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.calls = list(errors), 0

    def __call__(self) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


def repeat(call: Callable[[], None], each: Iterator[Attempt]) -> None:
    for attempt in each:
        with attempt:
            call()


def test_the_pause_does_not_grow_and_has_no_jitter(waits: list[float]) -> None:
    call = _Called(*[OSError()] * 20)
    repeat(call, attempts(OSError, pause_s=0.25, tries=60))
    assert (call.calls, waits) == (21, [0.25] * 20)


def test_the_last_error_is_raised_without_another_pause(waits: list[float]) -> None:
    call = _Called(OSError("first"), OSError("second"), OSError("third"))
    with pytest.raises(OSError, match="second"):
        repeat(call, attempts(OSError, pause_s=1.0, tries=2))
    assert (call.calls, waits) == (2, [1.0])


def test_another_error_is_raised_at_once(waits: list[float]) -> None:
    call = _Called(ValueError("another"))
    with pytest.raises(ValueError, match="another"):
        repeat(call, attempts(OSError, pause_s=1.0))
    assert (call.calls, waits) == (1, [])


def test_the_time_is_bounded(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])

    def call() -> None:
        waits.append(clock[0])
        clock[0] += 25.0
        raise OSError("still away")

    with pytest.raises(OSError, match="still away"):
        repeat(call, attempts(OSError, pause_s=1.0, within_s=60.0))
    assert waits == [0.0, 1.0, 25.0, 1.0, 50.0]


def test_a_function_names_the_pause(waits: list[float]) -> None:
    call = _Called(OSError(), OSError())
    repeat(call, attempts(lambda _: 7.0, pause_s=0.0))
    assert (call.calls, waits) == (3, [7.0, 7.0])


def test_a_retry_is_neither_logged_nor_counted(
    waits: list[float], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        repeat(_Called(OSError("Ada Lovelace")), attempts(OSError, pause_s=1.0))
    assert waits == [1.0]
    assert (caplog.messages, capsys.readouterr()) == ([], ("", ""))
    assert [metric.name for metric in REGISTRY.collect() if "stamina" in metric.name] == []
