"""Threshold profiles: figures of the rules that are set together, for a kind of patient.

They are our proposals to argue with, and no clinical facts. A clinician chooses a profile for a
patient and may set any figure otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from model.prescribing.rule_settings import SettingValues
from model.words.language import N_

# Raise it with every change of a rule's default or of a profile, so that a copy can be compared.
RULE_FILE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdProfile:
    """A named profile: its title, why its figures differ, and the figures by rule."""

    title: str
    why: str
    values: SettingValues


PROFILES: Mapping[str, ThresholdProfile] = {
    "knee_osteoarthritis": ThresholdProfile(
        title=N_("Knee osteoarthritis"),
        why=N_("Pain varies from day to day: a flare is longer, and a rise is larger."),
        values={"P3": {"at_once": 3}, "P4": {"apart_hours": 48}, "A4": {"days": 14}},
    ),
    "cardiac_phase_2": ThresholdProfile(
        title=N_("Cardiac rehabilitation, phase II"),
        why=N_("Exercise is dosed closely, and too much of it matters sooner."),
        values={"A2": {"missed": 2}, "A6": {"dose": 1.25}, "A7": {"share": 0.6}},
    ),
    "beta_blocked": ThresholdProfile(
        title=N_("Beta-blocked"),
        why=N_("Heart rate answers little to effort, and a small rise at rest means more."),
        values={"A7": {"share": 0.4}, "H2": {"rise": 8}, "H3": {"bpm": 90}},
    ),
    "heart_failure": ThresholdProfile(
        title=N_("Heart failure"),
        why=N_("Few sessions are due, and a change of the resting heart rate matters sooner."),
        values={"A2": {"missed": 2}, "H2": {"rise": 8}, "H3": {"bpm": 90}},
    ),
    "back_pain": ThresholdProfile(
        title=N_("Long-lasting back pain"),
        why=N_("Usual pain is high: only larger changes are news."),
        values={"P2": {"rise": 3}, "P3": {"at_once": 3, "each_week": 1.5}, "P4": {"rise": 3}},
    ),
}
