"""Defines which process may do what with which table.

All grants come from `TABLES`, except those of `OWN`. Roles belong to the server, so several
databases share them. None of them can log in or is a superuser. A process logs in as a member and
takes its role on every connection (`granting.become`). The vendor door has no role, because it
uses no database. No login is a member of the role that owns the audit log.
"""

from collections.abc import Iterator
from dataclasses import dataclass

WORKER, CLINIC, ADMIN = "kadens_worker", "kadens_clinic", "kadens_admin"
FETCHER, PATIENT_DOOR = "kadens_fetcher", "kadens_patient"
MIGRATE, AUDIT_OWNER = "kadens_migrate", "kadens_audit"
PROCESSES = (WORKER, CLINIC, ADMIN, FETCHER, PATIENT_DOOR)
ROLES = (*PROCESSES, MIGRATE, AUDIT_OWNER)

READ, ADD, ALL = "select", "select, insert", "select, insert, update, delete"
# To lock a row, PostgreSQL requires the right to update some column. `id` can never change.
LOCKED = "select, update (id)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What each process may do with a table, as privileges of a grant; "" is nothing."""

    worker: str = ""
    clinic: str = ""
    admin: str = ALL
    fetcher: str = ""
    patient: str = ""

    def __iter__(self) -> Iterator[str]:
        """Yield the privileges in the order of `PROCESSES`."""
        return iter((self.worker, self.clinic, self.admin, self.fetcher, self.patient))


_DERIVED = Access(worker=ALL, clinic=READ)
_SHOWN = Access(worker=ALL, clinic=READ, patient=READ)  # to the patient, as their own data
_WORK = Access(worker=ALL)
_JUDGED = "select, insert, update (verdict, reason, reviewer, reviewed_at)"
_STATE_OF_FETCH = "select (connector, patient, state, is_past, reason)"

# Every table needs an entry; a test compares the entries with the schema.
TABLES: dict[str, Access] = {
    "care_unit": Access(worker=READ, clinic=READ, patient=READ),
    "clinician": Access(
        worker=READ, clinic="select, insert, update", patient="select (subject, name)"
    ),
    "clinician_reach": Access(worker=READ),
    "patient": Access(worker=LOCKED, clinic=LOCKED, fetcher=LOCKED, patient=LOCKED),
    "identity.data_key": Access(worker=READ, clinic=READ, fetcher=READ, patient=READ),
    "key_check": Access(worker=ADD, clinic=READ, fetcher=READ, patient=READ),
    # closing an account ends its tokens, and its consents
    "link_token": Access(
        worker="select, update (revoked_at)", clinic="select, update (revoked_at)"
    ),
    "link_revoked": Access(worker=ALL, clinic=ADD),
    "identity.person": Access(clinic=READ),
    "identity.number_digest": Access(patient="select, update (digest, key_id)"),
    "account": Access(worker=READ, fetcher=READ, patient=ADD),
    "consent": Access(
        worker="select, update (withdrawn_at)",
        clinic="select, update (withdrawn_at)",
        fetcher=READ,
        patient="select, insert, update (withdrawn_at)",
    ),
    # consents name its versions, so none is changed or removed
    "consent_text": Access(admin=ADD, clinic=READ, patient=ADD),
    "unconsented": Access(worker="select, insert, update", clinic=READ),
    "heart_profile": Access(worker=READ, clinic=READ, patient=READ),
    "prescription": Access(worker=READ, clinic=ADD, patient=READ),
    "prescription_draft": Access(clinic=ALL),
    "stale_derivation": Access(worker=ALL, clinic="select, insert, update"),
    "source": Access(worker="select, insert, update (id)", clinic=READ, patient=READ),
    "record": _SHOWN,
    # a patient reads their own answers; `content` holds blocks of samples
    "fact": Access(
        worker=ALL,
        clinic=READ,
        patient="select (record, kind, metric, part, patient, source, start_at, end_at, "
        "offset_min, offset_origin, local_date, received_at, connector, body, payload)",
    ),
    "sample": _WORK,  # the clinician door reads the view `of_unit.sample`
    "watermark": _DERIVED,
    "body": Access(worker=ALL, clinic=READ, patient="select (patient, connector, received_at)"),
    # linking an account releases what waits for it, which the patient door cannot open, and a
    # withdrawal deletes it
    "quarantine": Access(
        worker=ALL,
        patient='select (cluster, topic, part, "offset", vendor, account, received_at, '
        "released_at, address), update (released_at), delete",
    ),
    # the worker writes what is announced; the fetcher and the patient door open tokens
    "vendor_fetch": Access(
        worker=ALL,
        clinic=_STATE_OF_FETCH,
        fetcher="select, update, delete",
        patient="select, insert, update",
    ),
    "vendor_notice": Access(worker=ADD, clinic=READ, fetcher=ADD),
    "vendor_connection": Access(
        clinic="select (connector, patient, state, connected_at, changed_at)",
        fetcher="select, update, delete",
        patient=ALL,
    ),
    "vendor_invitation": Access(
        clinic="select (patient, connector, created_at, expires_at, used_at)",
        patient="select, insert, update",
    ),
    # a clinician ends the links that are there and makes one, and can read none
    "door_link": Access(
        clinic="select (patient), insert, delete", patient="select, update (used_at)"
    ),
    "patient_session": Access(patient=ALL),
    "vendor_withdrawal": Access(
        clinic="select (connector, patient, withdrawn_at)",
        fetcher=ALL,
        patient="select, insert, update, delete",
    ),
    "vendor_application": Access(
        fetcher="select, insert, update", patient="select, insert, update"
    ),
    "vendor_request": Access(fetcher=ALL, patient=ALL),
    "dead_letter": _WORK,
    "dead_letter_overflow": _WORK,
    "discarded": Access(worker=ALL, patient="insert (address)"),
    "in_work": _WORK,
    "stream_offset": _WORK,
    "session": _SHOWN,
    "day": _DERIVED,
    "week": _SHOWN,
    "source_selection": _DERIVED,
    "rollup_hour": _DERIVED,
    "rollup_day": _DERIVED,
    "rollup_stale": Access(worker=ALL, clinic="select, insert, update"),
    "alert": Access(
        worker=ALL,
        clinic="select, update (state, changed_at, snoozed_until, resolution, assignee, "
        "unseen_since, escalations, mutes, useful, taken_up_tier, last_move)",
        patient="select (id, patient)",
    ),
    "alert_finding": _DERIVED,
    "alert_move": Access(worker=ADD, clinic=ADD),
    "alert_note": Access(worker=READ, clinic=ADD, patient=READ),
    "unit_duty": Access(worker=READ, clinic=ADD),
    "absence": Access(worker=READ, clinic="select, insert, update (ended_at)"),
    "budget_notice": Access(worker=ADD, clinic=READ),
    "rule_setting": Access(worker=READ, clinic=ADD),
    # the worker pauses for a patient who objects
    "restriction": Access(worker=ADD, clinic="select, insert, update"),
    "correction": Access(
        worker=READ,
        clinic="select, insert, update (ended_at, ended_by, ended_why)",
        patient=READ,
    ),
    "held_finding": Access(worker="select, insert, update, delete", clinic=READ),
    "vendor_outage": Access(worker="select, insert, update", clinic=READ),
    "due": Access(worker=ALL, clinic="select, insert, update"),
    # adding a message looks at its key; the messages themselves are none of the door's business
    "outbox": Access(
        worker=ALL,
        clinic="select (channel, key, patient, sent_at), delete, "
        "insert (channel, key, recipient, patient, body, created_at, not_before, to_patient)",
    ),
    # taken back by a date, never deleted: what paused a prescription must stay to be explained
    "annotation": Access(worker=READ, clinic="select, insert, update (removed_at, removed_by)"),
    "pinned_note": Access(clinic=ADD),
    "review": Access(clinic="select, insert, update (undone_at)"),
    "patient_label": Access(clinic="select, insert, delete"),
    "account_life": Access(
        worker="select, insert, update",
        clinic="select, insert, update",
        patient="select, insert, update (signed_in_at)",
    ),
    "account_move": Access(worker=ADD, clinic=ADD),
    # a verdict stays: it is written once into its row, and no row is taken away
    "audit_sample": Access(admin=ADD, clinic=ADD),
    "audit_sampled": Access(admin=_JUDGED, clinic=_JUDGED),
    "support_case": Access(
        worker="select, update (id), delete", clinic="select, insert, update (closed_at, answer)"
    ),
    # the door looks whether somebody of the support staff may see a patient now
    "support_access": Access(worker="select, delete", clinic="select, insert, update (until_at)"),
    "identity.statistic_key": Access(worker="select, insert, delete", clinic="select, delete"),
    "statistic_row": Access(worker=ADD),
    "statistic_month": Access(worker=ADD),
    "rights_request": Access(
        # the worker closes an account that its patient wants closed, and answers so
        worker="select (id, patient, kind, received_at, identified, closed_at, due), "
        "update (state, handled_by, answer, identified, closed_at)",
        clinic="select, insert, update (state, handled_by, answer, identified, closed_at, due, "
        "extended_at, extended_why)",
        patient="select, insert, update (identified, wish)",
    ),
    # sealed with the patient's key; the worker only removes what is old
    "rights_file": Access(
        worker="select (made_at), delete",
        clinic="select, update (handed_at, handed_by)",
        patient=READ,
    ),
    "unit_sharing": Access(clinic=READ, patient=READ),
    "unit_block": Access(
        clinic=READ, patient="select, insert, update (lifted_at, lifted_by, consent)"
    ),
    "block_opening": Access(clinic=READ, patient=READ),
    # no patient is in it: it outlives them, under the number of the receipt
    "journal_extract": Access(worker="select, delete", admin="select, insert, delete"),
    "saved_filter": Access(clinic=ALL),
    "clinic_session": Access(clinic=ALL, admin="select, update (ended_at)"),
    "metric": Access(worker=READ, clinic=READ, admin=READ),
    "erasure_body": Access(worker="select, update, delete"),
    "schema_migration": Access(worker=READ, clinic=READ, admin=READ),
    # Owned by `AUDIT_OWNER`: granted in 0016_access.sql, because the migration role cannot
    # grant them.
    "erasure": Access(admin="select, insert (at), update (counts)"),
    "audit": Access(
        clinic="select, insert (at, actor, role, care_unit, action, patient, object, detail)",
        patient="select, insert (at, actor, role, care_unit, action, patient, object, detail)",
        admin="select, insert (at, actor, role, care_unit, action, patient, object, detail)",
    ),
    "audit_action": Access(admin=""),
    "audit_chain": Access(clinic=READ, admin=READ),
}
OWN = frozenset({"erasure", "audit", "audit_action", "audit_chain"})
