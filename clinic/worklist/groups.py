"""The groups of the worklist, and what puts a patient into each, worded from the rules. Pure.

A rule's threshold is never written here a second time: the words are made from the rule.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from alerts.registry import RULES
from alerts.ruling.settings import set_values
from clinic.pages import words
from clinic.worklist.condition_words import CONDITION_WORDS, SHARES
from model.alert import Rule
from model.calendar import DAY_MS
from model.prescribing.renewal import RENEW_WITHIN_DAYS
from model.prescribing.rule_settings import RuleSettings
from model.words.language import N_, _, ngettext, translated

SILENT_MS = 2 * DAY_MS  # for patients who wear something that records all day
# For patients who only record or report exercise: days between sessions are no silence.
QUIET_MS = 7 * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkGroup:
    """A group of the worklist, and the families of rules whose alerts lead to it."""

    key: str
    title: str
    families: frozenset[str] = frozenset()


# In the order of the page. `OTHER` takes the families that no group names.
OTHER = "other"
GROUPS: tuple[WorkGroup, ...] = (
    WorkGroup(
        key="pain",
        title=N_("Pain and symptoms"),
        families=frozenset({"pain", "red_flag", "heart"}),
    ),
    WorkGroup(key="adherence", title=N_("Adherence"), families=frozenset({"adherence"})),
    WorkGroup(
        key="change",
        title=N_("Change against the patient's own previous weeks"),
        families=frozenset({"load", "intensity"}),
    ),
    WorkGroup(key=OTHER, title=N_("Other signals")),
    WorkGroup(
        key="data",
        title=N_("Data issues"),
        families=frozenset({"answers", "data", "no_data", "silence"}),
    ),
    WorkGroup(key="renew", title=N_("Prescription to write or renew")),
    WorkGroup(key="before", title=N_("Not begun yet")),
    WorkGroup(key="later", title=N_("Snoozed")),
    WorkGroup(key="track", title=N_("On track")),
)


def group_of_family(family: str) -> str:
    """Return the key of the group in which an alert of a family leads a patient."""
    for group in GROUPS:
        if family in group.families:
            return group.key
    return OTHER


def conditions(
    group: WorkGroup, unit: RuleSettings, leading: Collection[str]
) -> tuple[list[str], list[str]]:
    """Return what put the patients of a group there now, and what else would put one there.

    `unit` is what the care unit has set: thresholds in place of ours, and rules without alerts.
    `leading` are the ids of the rules whose alerts lead a patient. What has no rule is always among
    the first.
    """
    now: list[str] = []
    other: list[str] = []
    for rule in _alerting(group, unit):
        (now if rule.id in leading else other).append(_condition(rule, unit))
    return now + _conditions_without_rule(group), other


def _alerting(group: WorkGroup, unit: RuleSettings) -> Iterator[Rule]:
    for rule in RULES:
        if rule.family in group.families and rule.id not in unit.shadow:
            yield rule


def _conditions_without_rule(group: WorkGroup) -> list[str]:
    lines: list[str] = []
    if group.key == "data":
        silent, quiet = SILENT_MS // DAY_MS, QUIET_MS // DAY_MS
        lines.append(
            _(
                "no measurement for %(silent)s days from a device that is worn all day, or for "
                "%(quiet)s days from one that records exercise only",
                silent=silent,
                quiet=quiet,
            )
        )
        lines.append(_("a connection that has ended, or a link that was not used"))
    if group.key == "renew":
        ends = ngettext(
            "the prescription ends within %(num)s day",
            "the prescription ends within %(num)s days",
            RENEW_WITHIN_DAYS,
        )
        lines += [ends, _("no prescription runs")]
    return lines


def _condition(rule: Rule, unit: RuleSettings) -> str:
    thresholds = {**rule.thresholds, **set_values(unit, rule)}
    if rule.id in CONDITION_WORDS:
        figures = {name: _figure(name, value) for name, value in thresholds.items()}
        return f"{_(CONDITION_WORDS[rule.id], **figures)} ({rule.id})"
    parts = [_limit(name, thresholds[name]) for name in rule.overridable]
    limits = f": {', '.join(parts)}" if parts else ""
    return f"{translated(rule.title).lower()}{limits} ({rule.id})"


def _figure(name: str, value: float) -> str:
    return words.percent(value) if name in SHARES else words.threshold(value)


def _limit(name: str, value: float) -> str:
    return f"{words.label(name).lower()} {words.threshold(value)}"
