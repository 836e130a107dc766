"""The register of what is stored about patients: why, on what basis, for how long, and for whom.

A row for each table that has rows of patients. The answer to a request for access is made of it, so
it must never name a table that does not exist or leave one out; a test compares it with the schema.
Which sub-processors a deployment has is a setting of that deployment, and is not written here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class LegalBasis(StrEnum):
    """The ground of the data protection regulation on which a kind of record is kept."""

    CONSENT = "consent, article 6.1 a"
    CONTRACT = "contract, article 6.1 b"
    LAW = "legal obligation, article 6.1 c"
    CARE = "public interest, articles 6.1 e and 9.2 h"


class Purpose(StrEnum):
    """What a kind of record is for."""

    CARE = "following up training that was prescribed"
    SAFETY = "noticing in time what a clinician should look at"
    PRESCRIBING = "prescribing training"
    FETCHING = "fetching what the patient's own services have measured"
    ACCOUNT = "keeping the patient's account"
    RIGHTS = "answering to what the patient has asked or decided"
    SUPPORT = "helping the patient with the service"
    STATISTICS = "counting users and hours of training, with nobody named"
    ACCOUNTABILITY = "showing who has read and changed what"


class RecordCategory(StrEnum):
    """What kind of data it is."""

    IDENTITY = "name, personal number and contacts"
    MEASURED = "what devices have measured"
    REPORTED = "what the patient has told"
    DERIVED = "what is worked out from measurements and reports"
    FINDINGS = "what rules have found, and what was done about it"
    CARE_NOTES = "notes and prescriptions of the clinic"
    CONNECTIONS = "links to the patient's own services"
    DECISIONS = "consents and other decisions of the patient"
    TECHNICAL = "technical data that processing needs"
    LOGGED = "log of accesses"


class KeptFor(StrEnum):
    """Until when a kind of record is kept. Erasing a patient ends all of them but the log."""

    ACCOUNT = "as long as the account"
    UNTIL_DONE = "until it has been worked on"
    HALF_YEAR = "six months from the day it came in"
    MONTH = "30 days at most"
    LOG = "five years at least"


class RecordOrigin(StrEnum):
    """From whom a kind of record comes."""

    PATIENT = "the patient"
    DEVICE = "the patient's devices and services"
    CLINIC = "the clinic"
    SYSTEM = "this system"


class SeenBy(StrEnum):
    """Who may see a kind of record."""

    PATIENT = "the patient"
    CARE_TEAM = "the care unit that follows the patient"
    VENDOR = "the vendor of the patient's own service"
    OPERATOR = "whoever runs this system"
    REVIEWERS = "whoever reviews accesses"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOfRecord:
    """What is to be known of the rows of a table that are about patients."""

    category: RecordCategory
    purpose: Purpose
    legal_basis: LegalBasis
    kept_for: KeptFor
    origin: RecordOrigin
    recipients: tuple[SeenBy, ...]


_BOTH = (SeenBy.PATIENT, SeenBy.CARE_TEAM)
_OPERATOR = (SeenBy.OPERATOR,)
# Measurements rest on consent to fetch them; the care that uses them rests on public interest.
_MEASURED = KindOfRecord(
    category=RecordCategory.MEASURED,
    purpose=Purpose.CARE,
    legal_basis=LegalBasis.CONSENT,
    kept_for=KeptFor.ACCOUNT,
    origin=RecordOrigin.DEVICE,
    recipients=_BOTH,
)
# Sessions, days, weeks and rollups: made anew from facts, so they are kept no longer than these.
_DERIVED = KindOfRecord(
    category=RecordCategory.DERIVED,
    purpose=Purpose.CARE,
    legal_basis=LegalBasis.CARE,
    kept_for=KeptFor.ACCOUNT,
    origin=RecordOrigin.SYSTEM,
    recipients=_BOTH,
)
# Alerts are about a patient's safety. The patient gets them by a request for access, and is not
# shown them on a page, because a clinician decides what a finding means.
_FINDINGS = KindOfRecord(
    category=RecordCategory.FINDINGS,
    purpose=Purpose.SAFETY,
    legal_basis=LegalBasis.CARE,
    kept_for=KeptFor.ACCOUNT,
    origin=RecordOrigin.SYSTEM,
    recipients=(SeenBy.CARE_TEAM,),
)
# What clinicians write for each other: no part of what a patient may carry to another service.
_CARE_NOTES = KindOfRecord(
    category=RecordCategory.CARE_NOTES,
    purpose=Purpose.CARE,
    legal_basis=LegalBasis.CARE,
    kept_for=KeptFor.ACCOUNT,
    origin=RecordOrigin.CLINIC,
    recipients=(SeenBy.CARE_TEAM,),
)
# Written by the clinic as notes are, but shown to the patient, who is to follow it.
_PRESCRIBED = KindOfRecord(
    category=RecordCategory.CARE_NOTES,
    purpose=Purpose.PRESCRIBING,
    legal_basis=LegalBasis.CARE,
    kept_for=KeptFor.ACCOUNT,
    origin=RecordOrigin.CLINIC,
    recipients=_BOTH,
)
# The only kind of record that leaves the system to a vendor: its own user id and tokens.
_CONNECTIONS = KindOfRecord(
    category=RecordCategory.CONNECTIONS,
    purpose=Purpose.FETCHING,
    legal_basis=LegalBasis.CONSENT,
    kept_for=KeptFor.ACCOUNT,
    origin=RecordOrigin.PATIENT,
    recipients=(*_BOTH, SeenBy.VENDOR),
)
# What the patient decided must be provable for as long as there is an account.
_DECISIONS = KindOfRecord(
    category=RecordCategory.DECISIONS,
    purpose=Purpose.RIGHTS,
    legal_basis=LegalBasis.LAW,
    kept_for=KeptFor.ACCOUNT,
    origin=RecordOrigin.PATIENT,
    recipients=_BOTH,
)
# Which other units may read, and who of them opened a block.
_OPENED = KindOfRecord(
    category=RecordCategory.DECISIONS,
    purpose=Purpose.ACCOUNTABILITY,
    legal_basis=LegalBasis.LAW,
    kept_for=KeptFor.ACCOUNT,
    origin=RecordOrigin.CLINIC,
    recipients=(*_BOTH, SeenBy.REVIEWERS),
)
# Notes of work to come. They go when the work is done, and hold nothing that is not elsewhere.
_WAITING = KindOfRecord(
    category=RecordCategory.TECHNICAL,
    purpose=Purpose.CARE,
    legal_basis=LegalBasis.CARE,
    kept_for=KeptFor.UNTIL_DONE,
    origin=RecordOrigin.SYSTEM,
    recipients=_OPERATOR,
)
# Bodies that nobody could read or attribute yet. They are sealed, and a sweep removes them.
_UNREAD = KindOfRecord(
    category=RecordCategory.MEASURED,
    purpose=Purpose.CARE,
    legal_basis=LegalBasis.CONSENT,
    kept_for=KeptFor.MONTH,
    origin=RecordOrigin.DEVICE,
    recipients=_OPERATOR,
)
_ACCOUNT = KindOfRecord(
    category=RecordCategory.TECHNICAL,
    purpose=Purpose.ACCOUNT,
    legal_basis=LegalBasis.CONTRACT,
    kept_for=KeptFor.ACCOUNT,
    origin=RecordOrigin.SYSTEM,
    recipients=_OPERATOR,
)
# The key of a pseudonym. It is destroyed when the account ends, and what was counted is nobody's.
_STATISTICS = KindOfRecord(
    category=RecordCategory.TECHNICAL,
    purpose=Purpose.STATISTICS,
    legal_basis=LegalBasis.CONTRACT,
    kept_for=KeptFor.ACCOUNT,
    origin=RecordOrigin.SYSTEM,
    recipients=_OPERATOR,
)
# Removed by a timer, whether the case was closed or not.
_SUPPORT = KindOfRecord(
    category=RecordCategory.TECHNICAL,
    purpose=Purpose.SUPPORT,
    legal_basis=LegalBasis.CONTRACT,
    kept_for=KeptFor.HALF_YEAR,
    origin=RecordOrigin.PATIENT,
    recipients=(SeenBy.PATIENT, SeenBy.OPERATOR),
)
# Names and contacts lie in a schema of their own, sealed, apart from every series.
_IDENTITY = KindOfRecord(
    category=RecordCategory.IDENTITY,
    purpose=Purpose.ACCOUNT,
    legal_basis=LegalBasis.CONTRACT,
    kept_for=KeptFor.ACCOUNT,
    origin=RecordOrigin.CLINIC,
    recipients=_BOTH,
)
# The law asks for the log whatever a patient wishes: an erasure empties its rows, and keeps them.
_LOGGED = KindOfRecord(
    category=RecordCategory.LOGGED,
    purpose=Purpose.ACCOUNTABILITY,
    legal_basis=LegalBasis.LAW,
    kept_for=KeptFor.LOG,
    origin=RecordOrigin.SYSTEM,
    recipients=(SeenBy.PATIENT, SeenBy.REVIEWERS),
)

# By table, as the schema spells it. `body` and `fact` hold reports of the patient too.
REGISTER: Mapping[str, KindOfRecord] = {
    "patient": _ACCOUNT,
    "identity.person": _IDENTITY,
    "identity.number_digest": _IDENTITY,
    "identity.data_key": _ACCOUNT,
    "identity.statistic_key": _STATISTICS,
    "link_token": _ACCOUNT,
    "door_link": _ACCOUNT,
    "patient_session": _ACCOUNT,
    "account_life": _ACCOUNT,
    "account_move": _ACCOUNT,
    "support_case": _SUPPORT,
    "support_access": _SUPPORT,
    "account": _CONNECTIONS,
    "vendor_connection": _CONNECTIONS,
    "vendor_invitation": _CONNECTIONS,
    "vendor_withdrawal": _CONNECTIONS,
    "vendor_fetch": _CONNECTIONS,
    "vendor_notice": _CONNECTIONS,
    "consent": _DECISIONS,
    "unconsented": _DECISIONS,
    "restriction": _DECISIONS,
    "correction": _DECISIONS,
    "rights_request": _DECISIONS,
    "rights_file": KindOfRecord(
        category=RecordCategory.DECISIONS,
        purpose=Purpose.RIGHTS,
        legal_basis=LegalBasis.LAW,
        kept_for=KeptFor.MONTH,
        origin=RecordOrigin.SYSTEM,
        recipients=(SeenBy.PATIENT,),
    ),
    "unit_block": _DECISIONS,
    "unit_sharing": _OPENED,
    "block_opening": _OPENED,
    "body": _MEASURED,
    "record": _MEASURED,
    "fact": _MEASURED,
    "sample": _MEASURED,
    "watermark": _MEASURED,
    "quarantine": _UNREAD,
    "dead_letter": _UNREAD,
    "dead_letter_overflow": _UNREAD,
    "session": _DERIVED,
    "day": _DERIVED,
    "week": _DERIVED,
    "source_selection": _DERIVED,
    "rollup_hour": _DERIVED,
    "rollup_day": _DERIVED,
    "alert": _FINDINGS,
    "alert_finding": _FINDINGS,
    "alert_move": _FINDINGS,
    "alert_note": _CARE_NOTES,
    "held_finding": _FINDINGS,
    "rule_setting": _CARE_NOTES,
    "heart_profile": _PRESCRIBED,
    "prescription": _PRESCRIBED,
    "prescription_draft": _PRESCRIBED,
    "annotation": _CARE_NOTES,
    "pinned_note": _CARE_NOTES,
    "review": _CARE_NOTES,
    "patient_label": _CARE_NOTES,
    "due": _WAITING,
    "rollup_stale": _WAITING,
    "stale_derivation": _WAITING,
    "outbox": _WAITING,
    "audit": _LOGGED,
}
