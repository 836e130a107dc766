"""Reads versions of prescriptions with what takes days off them beside their own pauses.

Annotations of the patient may pause, and on dates without consent nothing is due. What a version
was written as, and what its hash is over, is read elsewhere.
"""

from model.prescribing.consent_gaps import consent_gaps, paused_in_gaps
from model.prescription import Prescription
from storage.pg import rows

# Columns of a query over `prescription r`. There are no consents where none was ever withdrawn.
DAYS_OFF = """annotation_pauses(r.patient) as pauses, (
    select jsonb_agg(jsonb_build_array((extract(epoch from c.given_at) * 1000)::bigint,
      (extract(epoch from c.withdrawn_at) * 1000)::bigint))
    from consent c where c.patient = r.patient and c.kind = 'source_fetch'
    having bool_or(c.withdrawn_at is not null)) as consents"""


def effective_version(row: rows.Row, zone: str) -> Prescription:
    """Return a version from its `body` and the columns of `DAYS_OFF`; `zone` is the patient's."""
    version = rows.prescription(row["body"], row["pauses"])
    if row["consents"] is None:  # nearly always
        return version
    return paused_in_gaps(version, consent_gaps(map(tuple, row["consents"]), zone))
