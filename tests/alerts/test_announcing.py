"""Who is told of a move, by which way and when; and that no message says anything about health."""

import re
from dataclasses import replace

import pytest

from alerts.announcing import (
    NUDGE_TEXTS,
    Announcing,
    announcements_of,
    digest_times,
    nudge_body,
    quiet_until,
)
from alerts.registry import RULES
from alerts.wording import mail
from alerts.working_hours import DEFAULT_HOURS
from model.alert import Action, AlertState, Tier
from model.calendar import HOUR_MS, rfc3339
from model.messages.alert_move import AlertMove
from model.messages.contact import Contact, Digest, QuietHours
from model.messages.outgoing import OutboxMessage

_NOW = 1_792_587_600_000  # Wednesday 2026-10-21, 15:00 in Stockholm
_BY = Announcing(
    ways=frozenset({"email", "sms", "nudge"}),
    link="https://clinic.example/",
    zone="Europe/Stockholm",
    digest_ms=digest_times(DEFAULT_HOURS, _NOW),
)
_ANNA = Contact(email="anna@c.example", responsible=True, subject="anna")
_BO = Contact(email="bo@c.example", responsible=False, subject="bo")
_MOVE = AlertMove(
    id=7,
    alert="a1",
    patient="k7q2m9",
    at_ms=_NOW,
    actor="kadens",
    kind=Action.RAISE,
    from_state=None,
    to_state=AlertState.OPEN,
    tier=Tier.A,
    reason="",
    responsible=("anna",),
)
_NIGHT = QuietHours(from_min=20 * 60, until_min=7 * 60)


def _messages(
    move: AlertMove, *contacts: Contact, by: Announcing = _BY, rule: str = "P1"
) -> list[tuple[str, str, str, str]]:
    """Return channel, recipient, key and first instant of each message of a move."""
    made = announcements_of(move, 1, contacts, by, rule)
    return [(row.channel, row.recipient, row.key, rfc3339(row.not_before_ms)) for row in made]


def test_tier_a_goes_to_who_has_to_act_at_once() -> None:
    quiet = replace(_ANNA, quiet=QuietHours(from_min=0, until_min=23 * 60))
    expected = [("email", "anna@c.example", "a1/7/anna@c.example", "2026-10-21T13:00:00Z")]
    assert _messages(_MOVE, quiet, _BO) == expected


def test_tier_b_waits_for_the_end_of_quiet_hours() -> None:
    night = replace(_MOVE, tier=Tier.B, at_ms=_NOW + 6 * HOUR_MS)
    assert _messages(night, replace(_ANNA, quiet=_NIGHT))[0][3] == "2026-10-22T05:00:00Z"
    assert _messages(night, _ANNA)[0][3] == "2026-10-21T19:00:00Z"


@pytest.mark.parametrize(
    ("digest", "at"),
    [(Digest.DAILY, "2026-10-22T06:00:00Z"), (Digest.WEEKLY, "2026-10-26T07:00:00Z")],
)
def test_tier_c_is_one_message_a_digest(digest: Digest, at: str) -> None:
    anna = replace(_ANNA, digest=digest)
    first = _messages(replace(_MOVE, tier=Tier.C), anna)
    again = _messages(replace(_MOVE, tier=Tier.C, alert="a2", id=9), anna)
    assert first == again == [("email", "anna@c.example", f"digest/{at[:10]}/anna@c.example", at)]
    assert announcements_of(replace(_MOVE, tier=Tier.C), 1, [anna], _BY, "P1")[0].patient is None


def test_who_wants_no_digest_gets_none() -> None:
    assert _messages(replace(_MOVE, tier=Tier.C), replace(_ANNA, digest=Digest.NONE)) == []


def test_a_text_goes_to_the_phone_where_there_is_a_gateway() -> None:
    anna = replace(_ANNA, way="sms", phone="+46700000000")
    assert _messages(_MOVE, anna)[0][:3] == ("sms", "+46700000000", "a1/7/+46700000000")
    no_gateway = replace(_BY, ways=frozenset({"email"}))
    assert _messages(_MOVE, anna, by=no_gateway)[0][:2] == ("email", "anna@c.example")


def test_who_wants_no_message_is_replaced_by_the_others_of_the_unit() -> None:
    anna = replace(_ANNA, way="none")
    assert [row[1] for row in _messages(_MOVE, anna, _BO)] == ["bo@c.example"]
    assert _messages(_MOVE, anna) == []


@pytest.mark.parametrize("kind", list(Action))
def test_only_what_is_new_graver_unseen_or_handed_over_is_announced(kind: Action) -> None:
    # of what is restored `lifecycle.is_news` says more
    announced = {
        Action.RAISE, Action.WORSEN, Action.ESCALATE, Action.RESTORE, Action.PROMOTE,
        Action.HAND_OVER,
    }  # fmt: skip
    assert bool(_messages(replace(_MOVE, kind=kind), _ANNA)) is (kind in announced)


def test_a_patient_is_nudged_once_where_the_rule_does() -> None:
    low = replace(_MOVE, tier=Tier.C)
    assert _messages(low, rule="A3") == [("nudge", "k7q2m9", "a1/7/k7q2m9", "1970-01-01T00:00:00Z")]
    assert _messages(replace(low, kind=Action.WORSEN), rule="A3") == []
    assert _messages(low, by=replace(_BY, ways=frozenset({"email"})), rule="A3") == []
    assert _messages(low, rule="A1") == []


@pytest.mark.parametrize(
    ("quiet", "hour", "end"),
    [
        (_NIGHT, 19, None),
        (_NIGHT, 20, "2026-10-22T05:00:00Z"),
        (_NIGHT, 6, "2026-10-21T05:00:00Z"),
        (_NIGHT, 7, None),
        (QuietHours(from_min=12 * 60, until_min=13 * 60), 12, "2026-10-21T11:00:00Z"),
        (QuietHours(from_min=12 * 60, until_min=13 * 60), 13, None),
        (None, 3, None),
    ],
)
def test_quiet_hours_end(quiet: QuietHours | None, hour: int, end: str | None) -> None:
    at_ms = _NOW + (hour - 15) * HOUR_MS
    assert rfc3339(quiet_until(quiet, "Europe/Stockholm", at_ms)) == (end or rfc3339(at_ms))


def test_quiet_hours_end_by_the_clock_when_clocks_change() -> None:
    before_change_ms = 1_792_864_800_000  # Saturday 2026-10-24, 20:00 in Stockholm
    end_ms = quiet_until(_NIGHT, "Europe/Stockholm", before_change_ms)
    assert rfc3339(end_ms) == "2026-10-25T06:00:00Z"


def test_a_digest_goes_out_on_a_working_day() -> None:
    friday_ms = 1_797_588_000_000  # 2026-12-18, 11:00: Monday 21 is open, and 24 to 26 are closed
    times = digest_times(DEFAULT_HOURS, friday_ms)
    assert list(map(rfc3339, times.values())) == ["2026-12-21T07:00:00Z", "2026-12-21T07:00:00Z"]
    wednesday_ms = friday_ms + 5 * 24 * HOUR_MS
    assert rfc3339(digest_times(DEFAULT_HOURS, wednesday_ms)[Digest.DAILY]) == (
        "2026-12-28T07:00:00Z"
    )


def _every_message() -> list[OutboxMessage]:
    """Return the messages of every move, tier, way and rule."""
    contacts = [_ANNA, replace(_BO, way="sms", phone="+46700000000", subject="anna")]
    made: list[OutboxMessage] = []
    for rule in RULES:
        for tier in Tier:
            move = replace(_MOVE, tier=tier, reason=f"{rule.title}: pain 9 of 10")
            made += announcements_of(move, 1, contacts, _BY, rule.id)
    return made


@pytest.mark.promise(24)
def test_no_text_has_a_health_value_a_name_or_a_patient() -> None:
    allowed = {mail(_BY.link).text}
    texts = [str(row.body.get("text")) for row in _every_message() if row.channel != "nudge"]
    assert len(texts) > 3 * len(RULES)
    assert set(texts) <= allowed
    words = " ".join([*allowed, *NUDGE_TEXTS.values(), mail("").subject])
    telling = r"\d|review|urgent|day|digest|alert|patient|pain|smärta|pulse|heart"
    telling += "|exercise|missed|k7q2m9|anna"
    assert not re.search(telling, words, re.IGNORECASE)
    assert all("https://clinic.example/" in text for text in allowed)


@pytest.mark.promise(24)
def test_a_nudge_names_the_patient_by_pseudonym_only() -> None:
    assert nudge_body("k7q2m9") == {
        "type": "patient.nudge",
        "patient": "k7q2m9",
        "text": {
            "en": "There is something for you in the app. Open the app.",
            "sv": "Det finns något till dig i appen. Öppna appen.",
        },
    }
