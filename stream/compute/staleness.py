"""Which local dates are stale after a change, and which facts and samples they are derived from.

Pure. What is stale depends on facts around the change, which have to be read first: call
`stale_dates` with the facts known so far, read what `facts_within` asks for, and call it again until
nothing new is asked for. Twice is enough unless sessions lie so close together that one leads to
the next.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from model.answered_session import AFTER_SESSION_MS
from model.calendar import HOUR_MS, MINUTE_MS, dates_between, day_bounds
from model.facts import AttributedFact, Workout
from model.spans import Span, merge, outer
from stream.compute.series.reported_columns import DAY_METRICS, SESSION_METRICS

# a report belongs to a session up to six hours before it; duplicates start within two minutes
AROUND_MS = AFTER_SESSION_MS + 2 * MINUTE_MS
# the samples after a session show how fast the heart rate falls
_RECOVERY_MS = 2 * MINUTE_MS
# sessions further apart are neither duplicates nor parts of one, and share no minute
APART_MS = 10 * MINUTE_MS

# metric -> whether its samples matter within declared sessions only
SESSION_ONLY: Mapping[str, bool] = {
    **dict.fromkeys(DAY_METRICS, False),
    **dict.fromkeys(SESSION_METRICS, True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleDates:
    """What must be derived anew, judged by the facts known so far.

    `dates` are local dates in order. `reach` are the spans of their days and of the sessions that
    cross them. `facts_within` are the spans in which every workout and report must be known for
    this answer to be final. `sessions` are the groups of known sessions that may concern each other.
    """

    dates: tuple[date, ...]
    reach: tuple[Span, ...]
    facts_within: tuple[Span, ...]
    sessions: tuple[Span, ...]

    def is_known(self, known: Iterable[Span]) -> bool:
        """Return whether every workout and report is known that must be, given where all are."""
        spans = list(known)
        return all(any(span.holds(wanted) for span in spans) for wanted in self.facts_within)


def stale_dates(
    changed: Sequence[Span], zone: str, facts: Iterable[AttributedFact] = ()
) -> StaleDates:
    """Return what is stale after changes in some spans; `zone` is the patient's IANA zone.

    `facts` are the workouts and reports known so far, before and after the change, in any order.
    """
    known = list(facts)
    sessions = session_groups(known)
    near = [_near(span) for span in changed]
    met = [session for session in sessions if _meets_any(session, near)]
    stale = [*map(hours, changed), *met, *_answers(changed, met, known)]
    dates = _dates(stale, zone)
    days = [Span(start_ms=low, end_ms=high) for low, high in (day_bounds(d, zone) for d in dates)]
    crossing = [session for session in sessions if _meets_any(session, days)]
    reach = merge([*days, *crossing], gap_ms=0)
    around = (span.widened(AROUND_MS) for span in (*reach, *near))
    return StaleDates(
        dates=dates, reach=reach, facts_within=merge(around, gap_ms=0), sessions=sessions
    )


def session_groups(facts: Iterable[AttributedFact]) -> tuple[Span, ...]:
    """Return the spans of sessions, those less than `APART_MS` apart joined to one group."""
    heads = (item.fact.head for item in facts)
    lasting = (head for head in heads if head.end_ms > head.start_ms)
    return merge((Span(start_ms=h.start_ms, end_ms=h.end_ms) for h in lasting), APART_MS)


def hours_in_sessions(stale: StaleDates) -> tuple[Span, ...]:
    """Return the whole UTC hours of the sessions that concern the stale dates."""
    return merge(map(hours, _sessions_within_reach(stale)), gap_ms=0)


def hours_around(stale: StaleDates) -> tuple[Span, ...]:
    """Return the whole UTC hours of the stale dates, of their sessions, and of the recovery after."""
    recovery = (
        Span(start_ms=session.end_ms, end_ms=session.end_ms + _RECOVERY_MS)
        for session in _sessions_within_reach(stale)
    )
    return merge(map(hours, (*stale.reach, *recovery)), gap_ms=0)


def hours(span: Span) -> Span:
    """Return the whole UTC hours that hold a span: the quality of samples is judged hour by hour."""
    return replace(outer(span, HOUR_MS), samples_only=span.samples_only)


def _near(span: Span) -> Span:
    """Return where sessions lie that a change in a span may concern."""
    return hours(span).widened(APART_MS if span.samples_only else AROUND_MS)


def _answers(
    changed: Iterable[Span], met: Iterable[Span], facts: Iterable[AttributedFact]
) -> list[Span]:
    """Return the instants of answers that may belong to another session after the change.

    An answer belongs to a nearby declared session, else to one detected on its own date. So a new
    declared session can move an answer, and make the date of the answer stale.
    """
    declared = [span for span in changed if not span.samples_only]
    around = [span.widened(AROUND_MS) for span in (*met, *declared)]
    reports = (item.fact.head for item in facts if not isinstance(item.fact, Workout))
    instants = {head.start_ms for head in reports}
    return [
        Span(start_ms=at, end_ms=at)
        for at in sorted(instants)
        if any(span.start_ms <= at <= span.end_ms for span in around)
    ]


def _dates(spans: Iterable[Span], zone: str) -> tuple[date, ...]:
    dates: set[date] = set()
    for span in spans:
        dates.update(dates_between(span.start_ms, span.end_ms, zone))
    return tuple(sorted(dates))


def _sessions_within_reach(stale: StaleDates) -> list[Span]:
    return [session for session in stale.sessions if _meets_any(session, stale.reach)]


def _meets_any(session: Span, spans: Iterable[Span]) -> bool:
    return any(session.meets(span, APART_MS) for span in spans)
