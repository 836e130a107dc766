"""What the rules are told of a session, from its derived row. Pure.

It is what `storage.alerts.rule_inputs` loads; the two must never differ, or a preview and the
command that derives without a server would judge by other figures than the worker.
"""

from model.alerting.rule_rows import AboveCeiling, SessionBrief
from model.derived.sessions import CEILING_FLAGS, FAR_ABOVE_CEILING, QualityFlag, Session
from model.words.not_counted import NOT_ANSWERED


def session_brief(row: Session) -> SessionBrief | None:
    """Return what the rules are told of a session; None for one about which nobody is asked."""
    if row.why in NOT_ANSWERED:
        return None
    ranges = [part for part in row.zone_times_by_method if part.scheme == "prescribed"]
    within = next((part.ms for part in ranges if part.valid), None) if row.counts else None
    return SessionBrief(
        id=row.id,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        local_date=row.local_date,
        type=row.type,
        timer_ms=row.timer_ms,
        range_ms=None if within is None else (within[0], within[1], within[2]),
        exertion_cr10=row.exertion_cr10,
        above_ceiling=tuple(map(_above, filter(_is_above, row.flags))),
    )


def _is_above(flag: QualityFlag) -> bool:
    return flag.what in CEILING_FLAGS


def _above(flag: QualityFlag) -> AboveCeiling:
    far = flag.what == FAR_ABOVE_CEILING
    return AboveCeiling(start_ms=flag.start_ms, end_ms=flag.end_ms, n=flag.n, far=far)
