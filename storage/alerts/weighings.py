"""Loads the weighings that rule H4 reads, of those whose prescription turns a rule on.

Nearly nobody's does, and then no sample is read.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from model.alert import Weighing
from model.calendar import DAY_MS
from model.metrics import METRIC
from model.prescription import Prescription
from storage.facts.unrestricted import unrestricted_sql
from storage.pg import rows
from storage.pg.pool import Connection

WEIGHED_MS = 28 * DAY_MS  # as long as rule H4 looks back
_FREE = unrestricted_sql("s", "o", "s.time", "s.time + s.span_ms * interval '1 millisecond'")
_WEIGHTS = f"""
select s.patient, s.time as at_ms, max(s.value) as kg
from sample s join source o on o.id = s.source
where s.patient = any(%(patients)s) and s.metric = %(metric)s and {_FREE}
  and s.time >= to_timestamp(%(since)s / 1000.0) and s.time <= to_timestamp(%(now)s / 1000.0)
group by s.patient, s.time order by s.patient, s.time"""  # noqa: S608 - constants of this package


async def weighings_of(
    conn: Connection, prescriptions: Mapping[int, Sequence[Prescription]], now_ms: int
) -> dict[int, tuple[Weighing, ...]]:
    """Return the weighings by surrogate, by time, of whose prescriptions turn a rule on."""
    asking = [number for number, own in prescriptions.items() if turns_rule_on(own)]
    if not asking:
        return {}
    requested: rows.Row = {
        "patients": asking,
        "metric": METRIC["weight"].id,
        "since": now_ms - WEIGHED_MS,
        "now": now_ms,
    }
    weighed: dict[int, list[Weighing]] = defaultdict(list)
    for row in await rows.fetch(conn, _WEIGHTS, requested, lambda row: row):
        weighed[row["patient"]].append(Weighing(at_ms=row["at_ms"], kg=row["kg"]))
    return {patient: tuple(own) for patient, own in weighed.items()}


def turns_rule_on(prescriptions: Sequence[Prescription]) -> bool:
    """Return whether one of these turns a rule on that is off otherwise."""
    return any(map(_turns_rule_on, prescriptions))


def _turns_rule_on(row: Prescription) -> bool:
    return any(values.get("on", 0) >= 1 for values in (row.rules or {}).values())
