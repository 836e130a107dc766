"""The words of the follow-up summary: what is not known says why, and nothing is cut in a word."""

from dataclasses import replace

import pytest

from clinic.summary.alert_deeds import AlertDeed, deeds_in_words
from clinic.summary.figures import SummedDue
from clinic.summary.forms import as_text
from clinic.summary.wording import worded
from tests.clinic.patient_page.follow_ups import invented_follow_up
from tests.clinic_world import CLINIC_NOW, CLINIC_ZONE

_LINES = (
    (
        "Frequency: 27 of 30 sessions; 93 % of what was prescribed on average of 9 weeks, each at "
        "most 100 % (112 % uncapped)"
    ),
    "Time: 1080.5 of 1200 min; not known",
    "Dose: none was prescribed for these weeks",
    "Intensity: 31 % of the minutes with a known intensity were in the prescribed range",
    "Weeks: 11 ended under the prescription, 10 of them known on 4 days or more",
    "Days: 70 of 78 days known: worn for 10 hours or more (0), or answered",
    (
        "Before: median 5 in the first 14 days, 3 in the last 14: 2 lower, at least the 2 points "
        "that studies call a meaningful change"
    ),
    (
        "After: median 3 in the first 14 days, 4 in the last 14: 1 higher, less than the 2 points "
        "that studies call a meaningful change"
    ),
    "Next morning: 1 answer; fewer than 3 in the first or in the last 14 days, so no change",
)


def test_the_words_of_the_figures_are_exact() -> None:
    lines = as_text(worded(invented_follow_up())).splitlines()
    for line in _LINES:
        assert f"- {line}" in lines
    assert lines[0] == "Follow-up of prescribed exercise"
    assert "- Sun 22 Nov 2026, 13:40: Pain 8 of 10 [Resolved, contacted]" in lines
    days = "Tue 3 Nov 2026 to Thu 5 Nov 2026"
    assert f"- {days}: Illness: A cold (nothing due)" in lines


def test_strength_that_is_prescribed_and_not_known_is_said_to_be_so() -> None:
    due = SummedDue(sessions=33, minutes=1320, dose_min=990, strength_days=22)
    text = as_text(worded(replace(invented_follow_up(), due=due, a_freq=None)))
    assert "- Strength days: not known\n" in text
    assert "- Dose: not known\n" in text
    assert "- Frequency: 27 of 30 sessions; not known\n" in text
    paused = SummedDue(sessions=0, minutes=0, dose_min=0, strength_days=0)
    text = as_text(worded(replace(invented_follow_up(), due=paused, a_freq=None)))
    assert "- Frequency: 27 of 30 sessions; none was prescribed for these weeks\n" in text
    assert "Strength days" not in text


def test_a_range_that_was_never_compared_is_said_to_be_so() -> None:
    text = as_text(worded(replace(invented_follow_up(), a_int=None)))
    assert (
        "- Intensity: not known: no session could be compared with the prescribed range\n" in text
    )


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("worn " * 95, "worn " * 89 + "worn\u2026"),
        ("a" * 451, "a" * 450 + "\u2026"),
        ("a" * 450, "a" * 450),
        ("b" * 447 + ", and more words", "b" * 447 + "\u2026"),
    ],
)
def test_a_long_sentence_is_cut_between_two_words(sentence: str, shown: str) -> None:
    lines = as_text(worded(invented_follow_up(1, sentence=sentence.rstrip(" ")))).splitlines()
    assert f"- Sun 22 Nov 2026, 13:40: {shown} [Resolved, contacted]" in lines


def test_a_long_note_is_cut_between_two_words() -> None:
    text = as_text(worded(invented_follow_up(1, text="a cold " * 40)))
    assert f"Illness: {'a cold ' * 22}a cold\u2026 (nothing due)\n" in text


def _deed(days: int, kind: str, who: str, reason: str = "") -> AlertDeed:
    return AlertDeed(
        alert="0", at_ms=CLINIC_NOW - days * 86_400_000, kind=kind, who=who, reason=reason
    )


def test_what_was_done_about_an_alert_is_named_with_who_and_when() -> None:
    deeds = (
        _deed(1, "claim", "Karin Lind"),
        _deed(1, "resolve", "Karin Lind", "contacted"),
        _deed(0, "reopen", "Bo Berg"),
    )
    item = invented_follow_up()
    again = replace(item.alerts[0], state="open", resolution="")
    text = as_text(worded(replace(item, alerts=(again,), deeds=deeds)))
    assert (
        "- Sun 22 Nov 2026, 13:40: Pain 8 of 10 [Open] Taken on Sun 22 Nov 2026 by Karin Lind; "
        "Resolved, contacted on Sun 22 Nov 2026 by Karin Lind; Opened again on Mon 23 Nov 2026 by "
        "Bo Berg\n"
    ) in text


def test_of_many_deeds_the_latest_are_shown_and_the_others_counted() -> None:
    deeds = [_deed(9 - n, "snooze", f"Clinician {n}", "other") for n in range(6)]
    text = deeds_in_words(deeds, CLINIC_ZONE)
    assert text.startswith("Snoozed, other on Tue 17 Nov 2026 by Clinician 3; ")
    assert text.endswith("by Clinician 5; and 3 earlier actions")


def test_prescriptions_side_by_side_are_named_and_share_no_range() -> None:
    item = invented_follow_up()
    first = item.prescriptions[0]
    both = (first, replace(first, id="rx-other"))
    text = as_text(worded(replace(item, prescriptions=both, a_int=None)))
    assert f"- {first.id}, version {first.version}: " in text
    assert "- rx-other, version " in text
    assert (
        "- Intensity: not known: prescriptions for the same exercise give no single range" in text
    )
