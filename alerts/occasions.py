"""Makes a finding of an occasion on which a rule is met, for every rule in the same way. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import DAY_MS, MINUTE_MS

_LOADED_MS = 2 * MINUTE_MS  # its parts come one after the other, and each is read in seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When a rule was met, named by `key`; the instants are in epoch ms, as in `Finding`.

    `is_fresh` is None where it follows from the time alone: until `fresh_until_ms`. `tier` is that
    of the rule unless given.
    """

    key: str
    at_ms: int
    from_ms: int
    fresh_until_ms: int
    is_fresh: bool | None = None
    session: str | None = None
    tier: Tier | None = None


def fresh_until(rule: Rule, at_ms: int) -> int:
    """Return until when an occasion may raise an alert, by the threshold `fresh_days` of a rule."""
    return at_ms + int(rule.thresholds["fresh_days"] * DAY_MS)


def loaded_at(on: RuleInput) -> int:
    """Return from when on a history that is loaded has come as a whole (epoch ms), 0 for always.

    What was received later than now, by a clock that is wrong, holds nothing back.
    """
    latest_ms = on.now_ms + _LOADED_MS
    known = [mark.history_ms for mark in on.watermarks if mark.history_ms is not None]
    return max((at for at in known if at <= latest_ms), default=-_LOADED_MS) + _LOADED_MS


def finding_of(
    on: RuleInput, rule: Rule, occasion: Occasion, evidence: Mapping[str, Any]
) -> Finding:
    """Return the finding of an occasion; `evidence` is what is particular to the rule."""
    until_ms = occasion.fresh_until_ms
    fresh = on.now_ms <= until_ms if occasion.is_fresh is None else occasion.is_fresh
    return Finding(
        rule=rule.id,
        rule_version=rule.version,
        family=rule.family,
        key=occasion.key,
        tier=occasion.tier or rule.tier,
        at_ms=occasion.at_ms,
        from_ms=occasion.from_ms,
        fresh_until_ms=until_ms,
        session=occasion.session,
        fresh=fresh,
        evidence={
            "rule": rule.id,
            "version": rule.version,
            "from_ms": occasion.from_ms,
            "fresh_until_ms": until_ms,
            **evidence,
        },
    )
