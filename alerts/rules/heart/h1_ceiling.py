"""Rule H1, a heart rate above the ceiling that a clinician has set (clinical section 5.4).

The figures come minutes to days after the exercise, so this is no alarm. Single samples are no
excess: nearly all samples of some minutes must be above the ceiling.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from alerts.completeness import as_recorded
from alerts.heart import CARDIAC_SIGNS, thresholds_if_on
from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.wording import short_number
from model.alert import Finding, HeartSeries, Rule, RuleInput, SessionBrief, Tier
from model.answered_session import AFTER_SESSION_MS
from model.calendar import MINUTE_MS, rfc3339
from model.prescription import in_force
from model.words.language import _

_Samples = Sequence[tuple[int, float]]
_LONGEST_HOLD_MS = 90_000  # after a longer gap nothing is known, and what is above begins anew


@dataclass(frozen=True, slots=True, kw_only=True)
class _Excess:
    """The times [from, until) above a ceiling, the instant at which the first was long enough."""

    spans: tuple[tuple[int, int], ...]
    known_ms: int


def _above_ceiling(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each session in which the ceiling was exceeded for long enough."""
    series = {row.session: row for row in on.heart}
    for session in sorted(on.sessions, key=lambda row: (row.start_ms, row.id)):
        thresholds = thresholds_if_on(on, rule, session.local_date)
        ceiling = _ceiling(on, session)
        if thresholds is None or ceiling is None or session.id not in series:
            continue
        excess = _excess(series[session.id], ceiling, thresholds)
        if excess is not None:
            yield _finding(on, rule, session, series[session.id], (ceiling, excess, thresholds))


def _ceiling(on: RuleInput, session: SessionBrief) -> float | None:
    """Return the lowest ceiling that was prescribed on the date of a session."""
    held = in_force(as_recorded(on), session.local_date)
    # of several prescriptions the strictest counts: each states what is acceptable
    return min((row.hr_ceiling for row in held if row.hr_ceiling is not None), default=None)


def _excess(series: HeartSeries, ceiling: float, thresholds: Mapping[str, float]) -> _Excess | None:
    """Return when a series was above a ceiling, None where it never was for long enough."""
    reached = _reached(series.samples, ceiling, thresholds, thresholds["minutes"])
    if not reached:
        return None
    # hysteresis: a rate that hovers at the ceiling is one excess and not ten
    cleared = _cleared(series.samples, ceiling - thresholds["clear"], thresholds)
    spans: list[tuple[int, int]] = []
    for from_ms, at_ms in reached:
        # it goes on until the rate has been well below the ceiling for as long
        if not spans or from_ms >= spans[-1][1]:
            until_ms = next((at for at in cleared if at > at_ms), series.samples[-1][0])
            spans.append((from_ms, until_ms))
    return _Excess(spans=tuple(spans), known_ms=reached[0][1])


def _reached(
    samples: _Samples, level: float, thresholds: Mapping[str, float], minutes: float
) -> list[tuple[int, int]]:
    """Return the shortest stretches that are long enough and nearly all above a level."""
    least_ms, least = int(minutes * MINUTE_MS), int(thresholds["samples"])
    stretches: list[tuple[int, int]] = []
    for run in _unbroken(samples):
        # the number of samples above the level before each position
        above = [0]
        for _at, bpm in run:
            above.append(above[-1] + (bpm > level))
        first = 0
        for last in range(least - 1, len(run)):
            # as short as it may be: a longer stretch would hide two minutes among easy ones
            while _is_enough(run, first + 1, last, least_ms, least):
                first += 1
            count = last + 1 - first
            share = (above[last + 1] - above[first]) / count
            is_long = _is_enough(run, first, last, least_ms, least)
            if is_long and share >= thresholds["share"]:
                stretches.append((run[first][0], run[last][0]))
    return stretches


def _is_enough(run: _Samples, first: int, last: int, least_ms: int, least: int) -> bool:
    return last + 1 - first >= least and run[last][0] - run[first][0] >= least_ms


def _cleared(samples: _Samples, level: float, thresholds: Mapping[str, float]) -> list[int]:
    """Return the instants from which on a series had been below a level for long enough."""
    instants: list[int] = []
    since: int | None = None
    for at, bpm in samples:
        since = None if bpm >= level else at if since is None else since
        if since is not None and at - since >= thresholds["minutes"] * MINUTE_MS:
            instants.append(at)
    return instants


def _unbroken(samples: _Samples) -> list[_Samples]:
    """Return the runs of samples that follow each other closely enough."""
    runs: list[list[tuple[int, float]]] = [[samples[0]]] if samples else []
    for before, after in pairwise(samples):
        if after[0] - before[0] > _LONGEST_HOLD_MS:
            runs.append([])
        runs[-1].append(after)
    return list(runs)


def _finding(
    on: RuleInput,
    rule: Rule,
    session: SessionBrief,
    series: HeartSeries,
    met: tuple[float, _Excess, Mapping[str, float]],
) -> Finding:
    """Return the finding of a session, which is its key."""
    ceiling, excess, thresholds = met
    far = ceiling + thresholds["far"] - 1e-9  # at the level counts, where above is asked for
    is_far = bool(_reached(series.samples, far, thresholds, thresholds["far_minutes"]))
    # an answer hours later, in another mood, is not about this session
    signs = [row.sign for row in on.signs if _is_about(row.at_ms, session)]
    signs = [sign for sign in signs if sign in CARDIAC_SIGNS]
    fresh_until_ms = fresh_until(rule, session.end_ms)
    return finding_of(
        on,
        rule,
        Occasion(
            key=session.id,
            at_ms=excess.known_ms,
            from_ms=session.start_ms,
            fresh_until_ms=fresh_until_ms,
            session=session.id,
            tier=Tier.A if is_far or signs else Tier.B,
        ),
        {
            "local_date": session.local_date.isoformat(),
            "ceiling": ceiling,
            "highest": max(bpm for _at, bpm in series.samples),
            "minutes": sum(until - begun for begun, until in excess.spans) / MINUTE_MS,
            "spans": [[rfc3339(begun), rfc3339(until)] for begun, until in excess.spans],
            "far": is_far,
            "signs": signs,
            "thresholds": dict(thresholds),
        },
    )


def _is_about(at_ms: int, session: SessionBrief) -> bool:
    return session.start_ms <= at_ms <= session.end_ms + AFTER_SESSION_MS


def _sentence(evidence: Mapping[str, Any]) -> str:
    return _(
        "Heart rate above %(ceiling)s a minute for %(minutes)s minutes of the session on %(date)s, "
        "at most %(highest)s (rule H1: the ceiling that is prescribed).",
        ceiling=short_number(evidence["ceiling"]),
        minutes=short_number(evidence["minutes"]),
        date=evidence["local_date"],
        highest=short_number(evidence["highest"]),
    )


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: only a new session or answer changes what this rule finds."""
    return ()


ABOVE_CEILING = Rule(
    id="H1",
    family="heart",
    version=1,
    tier=Tier.A,
    title="Heart rate above its ceiling",
    thresholds={
        "on": 0,
        "share": 0.95,  # of the samples that are above the ceiling
        "minutes": 2,  # at least, and below the ceiling less `clear` until it has ended
        "samples": 6,
        "clear": 5,  # beats a minute
        "far": 10,  # beats a minute above the ceiling, for `far_minutes`: of tier A
        "far_minutes": 5,
        "look_back_days": 28,
        "fresh_days": 7,
    },
    overridable={"on": (0, 1)},
    in_order=(),
    cooldown_days=7,
    prescribed={},
    renewed=False,
    predicate=_above_ceiling,
    sentence=_sentence,
    next_due=_next_due,
)
