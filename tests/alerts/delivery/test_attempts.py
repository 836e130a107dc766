"""How long a message and a receiver are left alone after a failure, and when a message dies."""

from dataclasses import replace

import pytest

from alerts.delivery.attempts import (
    GIVE_UP_MS,
    LONGEST_PAUSE_MS,
    REFUSED_GIVE_UP_MS,
    ReceiverPause,
    next_try_ms,
    pause_ms,
)
from model.messages.outgoing import AttemptResult
from storage.alerts.outbox import Waiting

_ROW = Waiting(id=1, key="k", recipient="r", body={}, created_ms=0, tried_ms=None, attempts=0)
_DOWN = AttemptResult(why="status 503")
_REFUSED = AttemptResult(why="status 422", refused=True)


def test_pauses_double_up_to_a_quarter_of_an_hour() -> None:
    assert list(map(pause_ms, (1, 2, 3))) == [5_000, 10_000, 20_000]
    assert pause_ms(50) == LONGEST_PAUSE_MS


@pytest.mark.parametrize(
    ("attempts", "tried_ms", "attempt", "now_ms", "expected"),
    [
        (0, None, _DOWN, 1_000, 6_000),
        (2, 0, _DOWN, 40_000, 60_000),
        (0, None, replace(_DOWN, wait_ms=90_000), 1_000, 91_000),
        (0, None, replace(_DOWN, wait_ms=1_000), 1_000, 6_000),
        (900, 0, _DOWN, GIVE_UP_MS - 1, GIVE_UP_MS - 1 + LONGEST_PAUSE_MS),
        (900, 0, _DOWN, GIVE_UP_MS, None),
        (9, 0, _REFUSED, REFUSED_GIVE_UP_MS - 1, REFUSED_GIVE_UP_MS - 1 + LONGEST_PAUSE_MS),
        (9, 0, _REFUSED, REFUSED_GIVE_UP_MS, None),
        # it waited behind another for long, and this was its first attempt
        (0, None, _DOWN, 9 * GIVE_UP_MS, 9 * GIVE_UP_MS + 5_000),
    ],
)
def test_a_message_is_tried_until_its_time_is_over(
    attempts: int, tried_ms: int | None, attempt: AttemptResult, now_ms: int, expected: int | None
) -> None:
    row = replace(_ROW, attempts=attempts, tried_ms=tried_ms)
    assert next_try_ms(row, attempt, now_ms) == expected


def test_a_receiver_that_fails_is_left_alone_longer_and_longer() -> None:
    pause = ReceiverPause()
    untils: list[int] = []
    for _ in range(3):
        pause.note(_DOWN, 0)
        untils.append(pause.until_ms)
    assert untils == [5_000, 10_000, 20_000]
    pause.note(AttemptResult(), 7)
    assert (pause.until_ms, pause.failures) == (7, 0)


def test_a_receiver_is_left_alone_for_as_long_as_it_wants() -> None:
    pause = ReceiverPause()
    pause.note(replace(_DOWN, wait_ms=3_600_000), 5)
    assert pause.until_ms == 3_600_005


def test_a_receiver_that_refuses_one_message_gets_the_others() -> None:
    pause = ReceiverPause()
    pause.note(_REFUSED, 5)
    assert (pause.until_ms, pause.failures) == (5, 0)
