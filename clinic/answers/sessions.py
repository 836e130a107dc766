"""Answers about sessions: lines of the list, and a session with all its evidence. Pure."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from clinic.answers.shape import Instant, Shape, SourceShape, SpanShape, Zones, same_fields
from clinic.pages.curve import Curve
from model.calendar import rfc3339
from model.codec import plain
from model.derived.sessions import Load, Origin, QualityFlag, Session, SourceSelection
from model.facts import OffsetOrigin
from model.intensity import ZoneThresholds, ZoneTimesByMethod
from model.metrics import METRIC_BY_ID
from storage.reads.shown_values import FactRow, ReportRow

# The start in epoch ms (13 digits hold any that is stored), then the id.
CURSOR = re.compile(r"^(-?[0-9]{1,13})\.([^\x00-\x1f\x7f/]{1,128})$")


class Heart(Shape):
    """Accepted heart-rate samples of a session, in beats a minute."""

    n: int
    minimum: float | None
    mean: float | None
    maximum: float | None


class SessionLine(Shape):
    """A session, from `start` up to and not including `end`."""

    id: str
    start: Instant
    end: Instant
    offset_min: int | None
    """Minutes east of UTC where it took place; null when the source said none."""
    offset_origin: OffsetOrigin
    local_date: date
    """The date in the patient's zone on which it began; it counts on that day."""
    elapsed_ms: int
    """From start to end, pauses with it."""
    paused_ms: int
    """Time in which the timer stood still; it is in no zone and in no figure."""
    timer_ms: int
    """The elapsed time without pauses: what counts. The zones add up to it."""
    moving_ms: int | None
    """Time in motion; null when nobody knows."""
    moving_by: str
    type: str
    vendor_type: str
    """The source's own word for the type."""
    origin: Origin
    counts: bool
    """Whether it is one of its day's sessions; `why` says why not."""
    why: str
    partial: bool
    """More than a fifth of the time is unknown: the zones may confirm, but not refute."""
    zones_ms: Zones
    heart: Heart
    exertion_cr10: float | None
    loads: tuple[Load, ...]
    declared_by: SourceShape
    heart_source: SourceShape | None
    """Whose heart rate fills most of the zones."""
    record: str
    body: str
    """SHA-256 of the payload it came from."""
    algorithm: str


class QualityFlagShape(Shape):
    """A doubt about samples of one source."""

    what: str
    metric: str
    source: SourceShape
    start: Instant
    end: Instant
    n: int
    """The samples concerned."""


class SourceSelectionShape(Shape):
    """The source that counts for a metric in a span of full minutes, and the reason."""

    metric: str
    source: SourceShape
    start: Instant
    end: Instant
    why: str


class FactShape(Shape):
    """A stored fact that the session was derived from."""

    kind: str
    metric: str | None
    record: str
    revision: int
    part: int
    start: Instant
    end: Instant
    received: Instant
    connector: str
    source: SourceShape
    body: str
    """SHA-256 of the payload it came from."""
    kept_bytes: int | None
    """Size of that body as it is kept; null when it is not."""


class ReportShape(Shape):
    """A report of the patient about the session; `value` is on `scale`."""

    record: str
    at: Instant
    instrument: str
    phase: str
    value: float | None
    scale: str
    named: bool
    """The app named the session; otherwise it belongs by its time."""
    site: str
    vendor: str
    body: str


class SessionAnswer(SessionLine):
    """A session with all its evidence."""

    thresholds: ZoneThresholds
    zone_times_by_method: tuple[ZoneTimesByMethod, ...]
    quality_flags: tuple[QualityFlagShape, ...]
    pauses: tuple[SpanShape, ...]
    """As far as their place is known; `paused_ms` may be more."""
    stops: tuple[SpanShape, ...]
    """Times outside of pauses in which the patient stood still by speed; they count."""
    source_selections: tuple[SourceSelectionShape, ...]
    facts: tuple[FactShape, ...]
    """The first 200 of `fact_count`, by time; the workout that declared it is the first."""
    fact_count: int
    reports: tuple[ReportShape, ...]
    curve: Curve
    """Heart rate in ms since the start, thinned to its extremes; null where the line breaks."""


class SessionsAnswer(Shape):
    """A page of sessions, newest first."""

    zone: str
    """The patient's IANA zone, in which dates were read."""
    sessions: tuple[SessionLine, ...]
    next: str | None
    (
        "Ask on with this as `before`; null when there are no more. "
        "No session is skipped or repeated."
    )


def sessions_answer(sessions: Sequence[Session], limit: int, zone: str) -> SessionsAnswer:
    """Return the first `limit` of `sessions`, and the cursor of the rest.

    The caller reads one session more than `limit`: it shows whether another page follows.
    """
    shown = sessions[:limit]
    # No count of all sessions: it would cost a second query, and be outdated at once.
    more = len(sessions) > limit
    return SessionsAnswer(
        zone=zone,
        sessions=tuple(map(session_line, shown)),
        next=cursor(shown[-1]) if more else None,
    )


def cursor(session: Session) -> str:
    """Return the position of a session in the list: its start in epoch ms and its id."""
    # The id is part of it, because several sessions may start in the same millisecond.
    return f"{session.start_ms}.{session.id}"


def placed(text: str) -> tuple[int, str]:
    """Return start and id from a cursor. Raises ValueError with a plain reason."""
    match = CURSOR.fullmatch(text)
    if match is None:
        raise ValueError("must be the `next` of the page before")
    return int(match[1]), match[2]


def session_line(session: Session) -> SessionLine:
    """Return a session as a line of the list."""
    return SessionLine(**_line(session))


def session_answer(
    session: Session,
    *,
    selections: Sequence[SourceSelection],
    facts: Sequence[FactRow],
    fact_count: int,
    reports: Sequence[ReportRow],
    curve: Curve,
) -> SessionAnswer:
    """Return a session with all its evidence."""
    return SessionAnswer(
        **_line(session),
        thresholds=session.thresholds,
        zone_times_by_method=session.zone_times_by_method,
        quality_flags=tuple(map(_flag, session.flags)),
        pauses=tuple(map(SpanShape.of, session.pauses)),
        stops=tuple(map(SpanShape.of, session.stops)),
        source_selections=tuple(map(_selection, selections)),
        facts=tuple(map(_fact, facts)),
        fact_count=fact_count,
        reports=tuple(map(_report, reports)),
        curve=curve,
    )


def _line(session: Session) -> dict[str, Any]:
    same = (
        "id", "local_date", "offset_min", "offset_origin", "elapsed_ms", "paused_ms", "timer_ms",
        "moving_ms", "moving_by", "type", "vendor_type", "origin", "counts", "why", "partial",
        "exertion_cr10", "loads", "record", "body", "algorithm",
    )  # fmt: skip
    return {
        **same_fields(session, same),
        "start": rfc3339(session.start_ms),
        "end": rfc3339(session.end_ms),
        "zones_ms": Zones.of(session.zones),
        "heart": Heart(**plain(session.heart)),
        "declared_by": SourceShape.of(session.declared_by),
        # Without heart rate there is no source of it.
        "heart_source": session.heart_source and SourceShape.of(session.heart_source),
    }


def _flag(flag: QualityFlag) -> QualityFlagShape:
    span = {"start": rfc3339(flag.start_ms), "end": rfc3339(flag.end_ms)}
    return QualityFlagShape(
        what=flag.what, metric=flag.metric, source=SourceShape.of(flag.source), n=flag.n, **span
    )


def _selection(selection: SourceSelection) -> SourceSelectionShape:
    span = {"start": rfc3339(selection.start_ms), "end": rfc3339(selection.end_ms)}
    return SourceSelectionShape(
        metric=selection.metric,
        source=SourceShape.of(selection.source),
        why=selection.why,
        **span,
    )


def _fact(row: FactRow) -> FactShape:
    same = ("kind", "record", "revision", "part", "connector", "body", "kept_bytes")
    return FactShape(
        **same_fields(row, same),
        # Only facts with samples have a metric; the row holds its number.
        metric=METRIC_BY_ID[row.metric].name if row.metric else None,
        start=rfc3339(row.start_ms),
        end=rfc3339(row.end_ms),
        received=rfc3339(row.received_ms),
        source=SourceShape.of(row.source),
    )


def _report(row: ReportRow) -> ReportShape:
    same = ("record", "instrument", "phase", "value", "scale", "site", "vendor", "body")
    return ReportShape(**same_fields(row, same), at=rfc3339(row.at_ms), named=bool(row.session))
