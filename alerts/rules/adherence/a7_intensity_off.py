"""Rule A7, an intensity beside the prescribed one, too low or too high (clinical section 5.3).

Only sessions that could be compared with the prescribed range for most of their time are looked at,
each by the prescription's own method.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.thresholds import thresholds_on
from alerts.waiting_for_data import as_recorded
from alerts.wording import beside, limit_percent
from model.alert import Finding, Rule, RuleInput, Tier
from model.alerting.rule_rows import SessionBrief
from model.calendar import DAY_MS, local_date
from model.words.language import N_, _

_RANGE = ("below_ms", "within_ms", "above_ms")


def _intensity_off(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each session with which the last sessions began to be off."""
    compared = _compared(on, rule)
    enough = int(rule.thresholds["sessions"])
    was_off = False
    for number in range(enough, len(compared) + 1):
        last = compared[number - enough : number]
        thresholds = thresholds_on(rule, as_recorded(on), last[-1].local_date)
        times = _times(last)
        is_off = times["within_ms"] < thresholds["share"] * sum(times.values())
        # a longer run of such sessions is the same run
        if is_off and not was_off and _in_sight(on, rule, last[0]):
            yield _finding(on, rule, last, times, thresholds)
        was_off = is_off


def _compared(on: RuleInput, rule: Rule) -> list[SessionBrief]:
    """Return the sessions of which most of the time could be compared with the range, in order."""
    rows: list[SessionBrief] = []
    for row in sorted(on.sessions, key=_start):
        known_ms = 0 if row.range_ms is None else sum(row.range_ms)
        if known_ms and known_ms >= rule.thresholds["known"] * row.timer_ms:
            rows.append(row)
    return rows


def _start(session: SessionBrief) -> tuple[int, str]:
    return session.start_ms, session.id


def _in_sight(on: RuleInput, rule: Rule, first: SessionBrief) -> bool:
    return first.start_ms >= on.now_ms - rule.thresholds["look_back_days"] * DAY_MS


def _times(sessions: Sequence[SessionBrief]) -> dict[str, int]:
    """Return the time below, within and above the prescribed range of some sessions, in ms."""
    times = dict.fromkeys(_RANGE, 0)
    for session in sessions:
        for name, ms in zip(_RANGE, session.range_ms or (0, 0, 0), strict=True):
            times[name] += ms
    return times


def _finding(
    on: RuleInput,
    rule: Rule,
    sessions: Sequence[SessionBrief],
    times: Mapping[str, int],
    thresholds: Mapping[str, float],
) -> Finding:
    """Return the finding of some sessions, of which the last is its key."""
    last = sessions[-1]
    fresh_until_ms = fresh_until(rule, last.end_ms)
    return finding_of(
        on,
        rule,
        Occasion(
            key=last.id,
            at_ms=last.end_ms,
            from_ms=sessions[0].start_ms,
            fresh_until_ms=fresh_until_ms,
            session=last.id,
        ),
        {
            "sessions": [row.id for row in sessions],
            "dates": [local_date(row.start_ms, on.zone).isoformat() for row in sessions],
            **times,
            "thresholds": dict(thresholds),
        },
    )


def _sentence(evidence: Mapping[str, Any]) -> str:
    below, within, above = (evidence[name] for name in _RANGE)
    least = evidence["thresholds"]["share"]
    # two texts and no word put into one: "low" is worded otherwise in other languages
    text = N_(
        "Intensity too low: %(share)s %% of the time of %(sessions)s sessions in the prescribed "
        "range, the last on %(last)s (rule A7: below %(least)s %%)."
    )
    if below < above:
        text = N_(
            "Intensity too high: %(share)s %% of the time of %(sessions)s sessions in the "
            "prescribed range, the last on %(last)s (rule A7: below %(least)s %%)."
        )
    return _(
        text,
        share=beside(100 * within / (below + within + above), 100 * least),
        sessions=len(evidence["dates"]),
        last=evidence["dates"][-1],
        least=limit_percent(least),
    )


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: only a new session changes what this rule finds."""
    return ()


INTENSITY_OFF = Rule(
    id="A7",
    family="intensity",
    version=1,
    tier=Tier.C,
    title="Intensity beside the prescribed one",
    thresholds={
        "share": 0.5,  # of the time in the prescribed range, at least
        "sessions": 4,
        "known": 0.8,  # of the time of a session that could be compared, at least
        "look_back_days": 56,
        "fresh_days": 14,
    },
    overridable={"share": (0.1, 1)},
    in_order=(),
    cooldown_days=14,
    prescribed={},
    renewed=True,
    predicate=_intensity_off,
    sentence=_sentence,
    next_due=_next_due,
)
