"""Words for the page of the rules: thresholds, outcomes, shares and times. Pure."""

from collections.abc import Iterable, Mapping

from alerts.ruling.profiles import PROFILES
from alerts.ruling.quality import ClinicianLoad
from alerts.ruling.settings import settable
from alerts.ruling.what_if import EventOutcome, WhatIfEvent
from alerts.wording import short_number, short_percent
from clinic.pages.words import NOTHING, exact
from clinic.ruling.reading import RuleView
from model.alert import Rule
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from model.prescribing.rule_settings import SHADOW, RuleSetting
from model.words.language import N_, _, ngettext, reading_language, translated
from model.words.rounding import half_up

# What a threshold means, by its name; a name means the same in each rule that has it.
THRESHOLD_WORDS: Mapping[str, str] = {
    "very_high": N_("pain that counts at once"),
    "sessions": N_("sessions that must be met"),
    "of_last": N_("of so many last sessions"),
    "rise": N_("rise above the usual"),
    "each_week": N_("rise in each of two weeks"),
    "at_once": N_("rise in one week"),
    "ratings": N_("answers in a week, at least"),
    "apart_hours": N_("hours that it lasts"),
    "ratio": N_("share of what is due"),
    "known_days": N_("known days in a week, at least"),
    "paused_days": N_("paused days in a week, at most"),
    "missed": N_("missed sessions in a row"),
    "days": N_("days without a session"),
    "width": N_("width of the usual spread"),
    "most_lost": N_("loss that adds up, in spreads"),
    "dose": N_("times the prescribed dose"),
    "length": N_("times the prescribed length"),
    "share": N_("share of time in the prescribed range"),
    "bpm": N_("beats a minute"),
    "silent_days": N_("days of silence"),
    "profile": N_("profile"),
}
HELD_WORDS: Mapping[str, str] = {
    "pause": N_("in a pause"),
    "first days": N_("in the first week"),
    "restriction": N_("under a restriction or without consent"),
    "shadow": N_("judged without alerts"),
    "outage of the vendor": N_("the vendor delivered nothing"),
    "cooldown": N_("soon after another alert"),
}


def settable_words(views: Iterable[RuleView]) -> list[tuple[str, str]]:
    """Return (value of the form, words) for each threshold that a unit may set."""
    listed: list[tuple[str, str]] = []
    for view in sorted(views, key=lambda row: row.rule.id):
        rule, held = view.rule, {**view.rule.thresholds, **view.unit}
        for name, (low, high) in settable(rule).items():
            bounds = {"low": figure_words(low), "high": figure_words(high)}
            now = figure_words(held[name])
            text = _(
                "%(what)s, now %(now)s (%(low)s to %(high)s)",
                what=_lead(rule, name),
                now=now,
                **bounds,
            )
            listed.append((f"{rule.id} {name}", text))
    return listed


def shadow_choices(views: Iterable[RuleView]) -> list[tuple[str, str]]:
    """Return (value of the form, words) for each rule, with whether it raises alerts now."""
    listed: list[tuple[str, str]] = []
    for view in sorted(views, key=lambda row: row.rule.id):
        title, now = translated(view.rule.title), shadow_words(in_shadow=view.in_shadow)
        listed.append((f"{view.rule.id} {SHADOW}", f"{view.rule.id} {title}: {now}"))
    return listed


def shadow_words(*, in_shadow: bool) -> str:
    """Return whether a rule raises alerts."""
    return _("judged without alerts") if in_shadow else _("raises alerts")


def is_of_shadow(change: str) -> bool:
    """Return whether a change of the form is of a rule's alerts, and not of a threshold."""
    return change.endswith(f" {SHADOW}")


def affected_words(change: RuleSetting, patients: int) -> str:
    """Return for how many patients a change makes a difference."""
    if change.name != SHADOW:
        return ngettext(
            "%(num)s patient would get another threshold",
            "%(num)s patients would get another threshold",
            patients,
        )
    if change.value:
        return ngettext(
            "The rule would be judged without alerts for %(num)s patient",
            "The rule would be judged without alerts for %(num)s patients",
            patients,
        )
    return ngettext(
        "The rule would raise alerts for %(num)s patient",
        "The rule would raise alerts for %(num)s patients",
        patients,
    )


def setting_words(row: RuleSetting) -> str:
    """Return what was set of a rule or a patient, and to which value."""
    if row.name == SHADOW:
        return shadow_words(in_shadow=bool(row.value))
    value = _("taken back") if row.value is None else figure_words(row.value)
    if row.word:
        value = translated(PROFILES[row.word].title) if row.word in PROFILES else row.word
    return f"{threshold_words(row.name)} {value}"


def first_of(thresholds: Iterable[tuple[str, str]], rule: str) -> str:
    """Return the first threshold of a rule among those of the form, "" where there is none."""
    return next((key for key, _words in thresholds if key.partition(" ")[0] == rule), "")


def _lead(rule: Rule, name: str) -> str:
    return f"{rule.id}: {threshold_words(name)}"


def load_words(row: ClinicianLoad, days: int) -> str:
    """Return how many new alerts a clinician got."""
    alerts = ngettext("%(num)s alert of tier A or B", "%(num)s alerts of tier A or B", row.alerts)
    patients = ngettext("%(num)s patient", "%(num)s patients", row.patients)
    daily = _("%(each)s a day", each=exact(float(half_up(row.per_day(days), 2))))
    who = row.clinician or _("Patients without a clinician")
    return f"{who}: {alerts}, {patients}, {daily}"


def threshold_words(name: str) -> str:
    """Return what a threshold means."""
    return translated(THRESHOLD_WORDS.get(name, name))


def held_words(why: str) -> str:
    """Return why a finding raised no alert."""
    return translated(HELD_WORDS.get(why, why))


def outcome_words(event: WhatIfEvent) -> str:
    """Return what becomes of an event."""
    if event.outcome is EventOutcome.RAISED:
        return translated(N_("new alert"))
    return _("no alert: %(why)s", why=held_words(event.why))


def figure_words(value: float) -> str:
    """Return a threshold as it was set: no decimal is rounded away."""
    return f"{value:g}".replace(".", reading_language().decimal_mark)


def busiest_first(rules: Iterable[RuleView]) -> list[RuleView]:
    """Return the rules with alerts or held findings first, each part in the order of the list."""
    return sorted(rules, key=lambda row: -(row.figures.raised + row.figures.held))


def share_words(share: float | None) -> str:
    """Return a share in percent, a dash where it is not known."""
    return NOTHING if share is None else f"{short_percent(share)} %"


def wait_words(ms: int | None) -> str:
    """Return a time in days, hours or minutes, a dash where it is not known."""
    if ms is None:
        return NOTHING
    if ms >= DAY_MS:
        days = ms / DAY_MS
        return ngettext("%(num)s day", "%(num)s days", _as_shown(days), num=short_number(days))
    if ms >= HOUR_MS:
        hours = ms / HOUR_MS
        return ngettext("%(num)s hour", "%(num)s hours", _as_shown(hours), num=short_number(hours))
    minutes = ms / MINUTE_MS
    shown = short_number(minutes)
    return ngettext("%(num)s minute", "%(num)s minutes", _as_shown(minutes), num=shown)


def _as_shown(value: float) -> float:
    # 1.04 hours are shown as 1, and then are one hour
    return float(half_up(value, 1))
