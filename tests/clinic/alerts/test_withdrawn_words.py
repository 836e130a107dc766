"""The history of an alert that was withdrawn says what was changed, on the page as by the API."""

import html

import pytest

from model.messages.withdrawal import WithdrawalReason
from tests.clinic_world import ALERTS, CLINIC_NOW, Served

_ALERT = ALERTS["mild"]
_WORDS = {
    ("corrected", "en"): "the data were corrected or completed",
    ("corrected", "sv"): "uppgifterna rättades eller kompletterades",
    ("restricted", "en"): "use of the data was restricted",
    ("restricted", "sv"): "användningen av uppgifterna begränsades",
    ("settings changed", "en"): "a threshold, a profile or the prescription was changed",
    ("settings changed", "sv"): "en gräns, en profil eller ordinationen ändrades",
    ("data or settings changed", "en"): "the data or the settings were changed",
    ("data or settings changed", "sv"): "uppgifterna eller inställningarna ändrades",
}


@pytest.mark.parametrize(("reason", "language"), list(_WORDS))
def test_the_page_says_what_was_changed(acting: Served, reason: str, language: str) -> None:
    acting.change(
        "insert into alert_move (alert, at, actor, from_state, to_state, reason, kind, tier) "
        "values (%s, to_timestamp(%s / 1000.0), 'kadens', 'open', 'retracted', %s, 'retract', 'B')",
        _ALERT,
        CLINIC_NOW,
        WithdrawalReason(reason).value,
    )
    answer = acting.get(f"/alerts/{_ALERT}", headers={"Accept-Language": language})
    shown = html.unescape(answer.text)
    assert f"Kadens, {_WORDS[reason, language]}</span>" in shown
    moves = acting.get(f"/api/v1/alerts/{_ALERT}").json()["page"]["moves"]
    assert (moves[-1]["kind"], moves[-1]["reason"]) == ("retract", reason)
