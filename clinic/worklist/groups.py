"""The groups of the worklist, and what puts a patient into each, worded from the rules. Pure.

A rule's threshold is never written here a second time: the words are made from the rule.
"""

from collections.abc import Iterator
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


def conditions(group: WorkGroup, unit: RuleSettings) -> list[str]:
    """Return in words what puts a patient into a group: each of its rules with its thresholds.

    `unit` is what the care unit has set: thresholds in place of ours, and rules without alerts.
    """
    lines = [_condition(rule, unit) for rule in _rules_of(group) if rule.id not in unit.shadow]
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


def _rules_of(group: WorkGroup) -> Iterator[Rule]:
    for rule in RULES:
        if rule.family in group.families:
            yield rule


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
