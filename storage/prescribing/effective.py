"""Reads versions of prescriptions with what takes days off them beside their own pauses.

Annotations of the patient may pause, and nothing is due on dates without consent or under a
restriction or objection. What a version was written as, and what its hash is over, is read
elsewhere.
"""

from model.prescribing.blocked_dates import blocked_dates, paused_while_blocked
from model.prescription import Prescription
from storage.pg import rows

# Columns of a query over `prescription r`. There are no consents where none was ever withdrawn. A
# restriction of a single source leaves the other sources, which may still tell of a session.
DAYS_OFF = """annotation_pauses(r.patient) as pauses, (
    select jsonb_agg(jsonb_build_array((extract(epoch from c.given_at) * 1000)::bigint,
      (extract(epoch from c.withdrawn_at) * 1000)::bigint))
    from consent c where c.patient = r.patient and c.kind = 'source_fetch'
    having bool_or(c.withdrawn_at is not null)) as consents, (
    select jsonb_agg(jsonb_build_array((extract(epoch from h.from_at) * 1000)::bigint,
      (extract(epoch from h.until_at) * 1000)::bigint, h.kind) order by h.id)
    from restriction h
    where h.patient = r.patient and h.lifted_at is null and h.source = '') as unused"""


def effective_version(row: rows.Row, zone: str) -> Prescription:
    """Return a version from its `body` and the columns of `DAYS_OFF`; `zone` is the patient's."""
    version = rows.prescription(row["body"], row["pauses"])
    if row["consents"] is None and row["unused"] is None:  # nearly always
        return version
    consents, unused = (tuple(map(tuple, row[name] or ())) for name in ("consents", "unused"))
    return paused_while_blocked(version, blocked_dates(consents, unused, zone))
