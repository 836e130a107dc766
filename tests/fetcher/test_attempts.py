"""Pauses double up to an hour, half of each left to chance; patience lasts a week."""

from uuid import UUID

import pytest

from fetcher.attempts import after_failure, retry_pause_ms
from model.calendar import DAY_MS, HOUR_MS
from model.received import Fetch
from storage.fetching.connections import Tokens
from storage.fetching.queue import TakenFetch

_FETCH = Fetch(account="1", resource="r", key="k", path="/p", format="fit")


def _taken(attempts: int) -> TakenFetch:
    return TakenFetch(
        connector="polar",
        patient="p1",
        fetch=_FETCH,
        tokens=Tokens(access="a"),
        public_key=b"",
        attempts=attempts,
        noticed_ms=0,
        lease=UUID(int=1),
    )


@pytest.mark.parametrize(
    ("failed", "least", "most"),
    [
        (1, 7_500, 15_000),
        (2, 15_000, 30_000),
        (5, 120_000, 240_000),
        (9, HOUR_MS // 2, HOUR_MS),
        (10_000, HOUR_MS // 2, HOUR_MS),
    ],
)
def test_pauses_double_up_to_an_hour(failed: int, least: int, most: int) -> None:
    assert retry_pause_ms(failed, 0.0) == least
    assert most - 1_000 < retry_pause_ms(failed, 0.999_999) < most


def test_patience_lasts_a_week_from_the_announcement() -> None:
    later = after_failure(_taken(3), "status 503", 7 * DAY_MS - 1, 0.0)
    assert (later.state, later.attempts, later.again_ms) == ("failing", 4, 7 * DAY_MS - 1 + 60_000)
    ended = after_failure(_taken(3), "status 503", 7 * DAY_MS, 0.0)
    assert (ended.state, ended.reason) == ("given_up", "given up after a week: status 503")


def test_no_token_shows_in_a_representation() -> None:
    tokens = Tokens(access="secret-access", refresh="secret-refresh")
    assert "secret" not in repr(tokens)
