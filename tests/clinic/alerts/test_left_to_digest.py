"""Pages say of an alert in the digest that it waits for room in a budget, and that it got it."""

import html
from collections.abc import Iterator

import pytest

from tests.clinic_world import ALERTS, CLINIC_NOW, Served

_PAGE = f"/alerts/{ALERTS['mild']}"
_LEFT = {
    "en": "Left to the digest, because the budget of its day was spent.",
    "sv": "Lagd i sammanställningen, eftersom dagens budget var förbrukad.",
}
_IN_LIST = {
    "en": "in the digest until a working day has room",
    "sv": "i sammanställningen tills en arbetsdag har plats",
}
_BACK = {
    "en": "Moved up from the digest: the day's budget has room for it",
    "sv": "Flyttad upp från sammanställningen: dagens budget har plats för den",
}


@pytest.fixture
def left(acting: Served) -> Iterator[Served]:
    """Let an alert of tier B be one that a budget left to the digest."""
    change = "update alert set is_demoted = true, state = 'open', tier = %s where id = %s"
    acting.change(change, "C", ALERTS["mild"])
    yield acting
    change = "update alert set is_demoted = false, tier = %s where id = %s"
    acting.change(change, "B", ALERTS["mild"])


def _text(door: Served, path: str, language: str) -> str:
    answer = door.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return html.unescape(answer.text)


@pytest.mark.parametrize("language", ["en", "sv"])
def test_who_looks_sees_that_it_waits(left: Served, language: str) -> None:
    assert _LEFT[language] in _text(left, _PAGE, language)
    assert _IN_LIST[language] in _text(left, "/", language)
    assert left.get(f"/api/v1/alerts/{ALERTS['mild']}").json()["page"]["alert"]["is_demoted"]
    # what a person has taken up, or put off, waits for that person
    left.change("update alert set state = 'acknowledged' where id = %s", ALERTS["mild"])
    assert _LEFT[language] not in _text(left, _PAGE, language)
    assert _IN_LIST[language] not in _text(left, "/", language)


@pytest.mark.parametrize("language", ["en", "sv"])
def test_the_history_says_that_it_came_back(acting: Served, language: str) -> None:
    assert _LEFT[language] not in _text(acting, _PAGE, language)
    assert _BACK[language] not in _text(acting, _PAGE, language)
    acting.change(
        "insert into alert_move (alert, at, actor, from_state, to_state, reason, kind, tier) "
        "values (%s, to_timestamp(%s / 1000.0), 'kadens', 'open', 'open', '', 'promote', 'B')",
        ALERTS["mild"],
        CLINIC_NOW,
    )
    assert _BACK[language] in _text(acting, _PAGE, language)
