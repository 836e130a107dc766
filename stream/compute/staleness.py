"""Computes which local dates are stale after a change, and which data they are derived from.

The stale dates depend on facts around the change, which have to be read first. So call
`stale_dates` with the facts known so far, read the spans in `facts_within`, and call it again until
`is_known` holds. Two calls are enough unless sessions lie so close together that each leads to the
next.

A change near midnight may also join the bouts of two dates, or end what joins them. That needs
activity next to midnight, which few nights have. So at first little is read beyond midnight; only
where `detection.touching` sees activity there, the neighbours are stale, too.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from model.answered_session import AFTER_SESSION_MS
from model.calendar import HOUR_MS, MINUTE_MS, dates_between, day_bounds
from model.facts import AttributedFact, Workout
from model.spans import Span, merge, outer
from stream.compute.detection.midnights import FOLLOWED_MS
from stream.compute.detection.touching import TOUCHING_MS
from stream.compute.series.reported_columns import DAY_METRICS, SESSION_METRICS, WEAR

# A report may belong to a session that ended six hours before; duplicates start within two minutes.
AROUND_MS = AFTER_SESSION_MS + 2 * MINUTE_MS
# The samples after a session show how fast the heart rate falls in a minute. Two further samples,
# each within 90 s, show for how long the last of them holds.
_RECOVERY_MS = 5 * MINUTE_MS
# Sessions further apart are neither duplicates nor parts of a session, and share no minute.
APART_MS = 10 * MINUTE_MS

# metric -> whether its samples matter within declared sessions only
WINDOW_METRICS: Mapping[str, bool] = {
    **dict.fromkeys((*DAY_METRICS, WEAR), False),
    **dict.fromkeys(SESSION_METRICS, True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleDates:
    """What must be derived again, judged by the facts known so far.

    `dates` are local dates in order. `reach` holds the spans of these dates, with what is read
    beyond their midnights, and of the sessions that cross these spans. `facts_within` holds the
    spans in which every workout and report must be known for this result to be final. `sessions`
    holds the groups of known sessions that may affect each other.
    """

    dates: tuple[date, ...]
    reach: tuple[Span, ...]
    facts_within: tuple[Span, ...]
    sessions: tuple[Span, ...]

    def is_known(self, known: Iterable[Span]) -> bool:
        """Return whether every required workout and report is known.

        `known` holds the spans in which all of them have been read.
        """
        spans = list(known)
        return all(_is_held(wanted, spans) for wanted in self.facts_within)


def stale_dates(
    changed: Sequence[Span],
    zone: str,
    facts: Iterable[AttributedFact] = (),
    *,
    active_at_midnight: bool = False,
) -> StaleDates:
    """Return what is stale after changes in some spans.

    `zone` is the patient's IANA zone. `facts` are the workouts and reports known so far, in any
    order; both those before the change and those after it are needed. `active_at_midnight` says
    that there is activity next to a midnight of the dates that are stale without it.
    """
    known = list(facts)
    sessions = session_groups(known)
    near = list(map(_near, changed))
    met = _meeting(sessions, near)
    affected = [*map(hours, changed), *met, *_answers(changed, met, known)]
    wider = _dates(_beside(affected), zone)
    dates = wider if active_at_midnight else _dates(affected, zone)
    days = [_day_span(day, zone) for day in dates]
    if active_at_midnight:
        days = _beside(days)
    else:
        days += _next_to(days, [_day_span(day, zone) for day in wider if day not in dates])
    # A session that crosses the midnight of a stale date reaches into other dates, and is read
    # completely: its row and its overlaps rest on all of it.
    reach = merge([*days, *_meeting(sessions, days)], gap_ms=0)
    return StaleDates(
        dates=dates, reach=reach, facts_within=_facts_within(reach, near), sessions=sessions
    )


def session_groups(facts: Iterable[AttributedFact]) -> tuple[Span, ...]:
    """Return the spans of sessions; sessions at most `APART_MS` apart are joined to a group."""
    spans: list[Span] = []
    for item in facts:
        head = item.fact.head
        # An answer at an instant is no session.
        if head.end_ms > head.start_ms:
            spans.append(Span(start_ms=head.start_ms, end_ms=head.end_ms))
    return merge(spans, APART_MS)


def hours_in_sessions(stale: StaleDates) -> tuple[Span, ...]:
    """Return the full UTC hours of the sessions that affect the stale dates."""
    return merge(map(hours, _meeting(stale.sessions, stale.reach)), gap_ms=0)


def hours_around(stale: StaleDates) -> tuple[Span, ...]:
    """Return the full UTC hours of the stale dates, of their sessions and of the recovery after."""
    recovery = map(_recovery, _meeting(stale.sessions, stale.reach))
    return merge(map(hours, (*stale.reach, *recovery)), gap_ms=0)


def hours(span: Span) -> Span:
    """Return the full UTC hours that a span touches.

    The quality of samples is judged hour by hour, so samples are always read in full hours.
    """
    return replace(outer(span, HOUR_MS), samples_only=span.samples_only)


def _beside(spans: Iterable[Span]) -> list[Span]:
    """Return spans with the time on both sides in which a bout over midnight is followed."""
    return [span.widened(FOLLOWED_MS) for span in spans]


def _next_to(days: Sequence[Span], others: Iterable[Span]) -> list[Span]:
    """Return the parts of other days that show whether there is activity next to some days."""
    parts: list[Span] = []
    for other in others:
        for day in days:
            start_ms = max(other.start_ms, day.start_ms - TOUCHING_MS)
            end_ms = min(other.end_ms, day.end_ms + TOUCHING_MS)
            if start_ms < end_ms:
                parts.append(Span(start_ms=start_ms, end_ms=end_ms))
    return parts


def _near(span: Span) -> Span:
    """Return where the sessions lie that a change in a span may affect."""
    return hours(span).widened(APART_MS if span.samples_only else AROUND_MS)


def _answers(
    changed: Iterable[Span], met: Iterable[Span], facts: Iterable[AttributedFact]
) -> list[Span]:
    """Return the instants of answers that may belong to another session after the change.

    An answer belongs to a nearby declared session, else to a detected session of its date. So a
    new declared session can take an answer, and the date of the answer is then stale.
    """
    declared = [span for span in changed if not span.samples_only]
    around = [span.widened(AROUND_MS) for span in (*met, *declared)]
    instants = {item.fact.head.start_ms for item in facts if not isinstance(item.fact, Workout)}
    near = [at for at in sorted(instants) if _is_near(at, around)]
    return [Span(start_ms=at, end_ms=at) for at in near]


def _facts_within(reach: Iterable[Span], near: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans in which every workout and report must be known."""
    around = [span.widened(AROUND_MS) for span in (*reach, *near)]
    return merge(around, gap_ms=0)


def _is_near(at_ms: int, spans: Iterable[Span]) -> bool:
    # Both ends belong to a span here: an answer may come at the very end of the six hours.
    return any(span.start_ms <= at_ms <= span.end_ms for span in spans)


def _day_span(day: date, zone: str) -> Span:
    start_ms, end_ms = day_bounds(day, zone)
    return Span(start_ms=start_ms, end_ms=end_ms)


def _recovery(session: Span) -> Span:
    return Span(start_ms=session.end_ms, end_ms=session.end_ms + _RECOVERY_MS)


def _dates(spans: Iterable[Span], zone: str) -> tuple[date, ...]:
    dates: set[date] = set()
    for span in spans:
        dates.update(dates_between(span.start_ms, span.end_ms, zone))
    return tuple(sorted(dates))


def _meeting(sessions: Iterable[Span], spans: Collection[Span]) -> list[Span]:
    """Return the sessions that overlap one of the spans, or lie near it."""
    return [session for session in sessions if _meets_any(session, spans)]


def _meets_any(session: Span, spans: Iterable[Span]) -> bool:
    return any(session.meets(span, APART_MS) for span in spans)


def _is_held(wanted: Span, known: Iterable[Span]) -> bool:
    # One known span must hold all of it: adjacent known spans have been merged before.
    return any(span.holds(wanted) for span in known)
