"""Which categories of data a row of the audit log is about, by its action and its object. Pure.

Data only, and one function over it. An action on nothing of a patient has no category.
"""

from collections.abc import Mapping

IDENTITY, PRESCRIPTIONS, SESSIONS = "identity", "prescriptions", "sessions"
MEASUREMENTS, REPORTS, ALERTS, NOTES = "measurements", "reports", "alerts", "notes"
ACCOUNTS, CONSENTS, REQUESTS, LOG = "accounts", "consents", "requests", "log"
CATEGORIES = (
    *(IDENTITY, PRESCRIPTIONS, SESSIONS, MEASUREMENTS, REPORTS, ALERTS, NOTES),
    *(ACCOUNTS, CONSENTS, REQUESTS, LOG),
)
_FOLLOWED = (PRESCRIPTIONS, SESSIONS, REPORTS, ALERTS)
_PAGE = (IDENTITY, *_FOLLOWED, NOTES, ACCOUNTS, LOG)

# What is read, by the kind of the object: pages of the clinic, files, and the patient's own pages.
READ_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "patient": _PAGE,
    "preview": _FOLLOWED,
    "summary": (IDENTITY, *_FOLLOWED),
    "session": (SESSIONS, MEASUREMENTS, REPORTS),
    "sessions": (SESSIONS,),
    "alert": (ALERTS, REPORTS),
    "alerts": (ALERTS,),
    "worklist": (IDENTITY, *_FOLLOWED),
    "rules": (ALERTS,),
    "timeline": (MEASUREMENTS,),
    "days": (SESSIONS, REPORTS),
    "weeks": (PRESCRIPTIONS, SESSIONS),
    "prescription": (PRESCRIPTIONS,),
    "prescriptions": (PRESCRIPTIONS,),
    "prescription-drafts": (PRESCRIPTIONS,),
    "prescription-bundle": (PRESCRIPTIONS,),
    "annotations": (NOTES,),
    "note": (NOTES,),
    "fhir": (PRESCRIPTIONS, SESSIONS, MEASUREMENTS, REPORTS, ALERTS),
    "record": (IDENTITY, ACCOUNTS, CONSENTS),
    "fetches": (ACCOUNTS,),
    "connections": (ACCOUNTS,),
    "accounts": (ACCOUNTS,),
    "warnings": (ACCOUNTS,),
    "rights": (REQUESTS,),
    "extract": (LOG,),
    "export": (LOG,),
    "sample": (LOG,),
    "/": (PRESCRIPTIONS, SESSIONS, NOTES),
    "/data": (SESSIONS,),
    "/looked": (LOG,),
    "/report": (REPORTS,),
    "/sources": (ACCOUNTS, CONSENTS),
    "/rights": (REQUESTS,),
    "/rights/files/{number}": (*_PAGE, MEASUREMENTS),
    "/block": (REQUESTS,),
    "corrections": (REPORTS, SESSIONS),
    "blocks": (REQUESTS,),
}
# What is done, by the first word of the action.
DONE_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "alert": (ALERTS,),
    "session": (SESSIONS,),
    "annotation": (NOTES,),
    "note": (NOTES,),
    "patient": (IDENTITY,),
    "account": (ACCOUNTS,),
    "consent": (CONSENTS,),
    "restriction": (REQUESTS,),
    "objection": (REQUESTS,),
    "rights": (REQUESTS,),
    "block": (REQUESTS,),
    "sharing": (REQUESTS,),
    "rectification": (REQUESTS, REPORTS, SESSIONS),
    "report": (REPORTS,),
    "prescription": (PRESCRIPTIONS,),
    "rule": (ALERTS,),
    "log": (LOG,),
    "files": (MEASUREMENTS,),
    "replay": (SESSIONS, MEASUREMENTS, REPORTS),
}
_READ_WORDS = frozenset({"data", "list"})


def categories_of(action: str, about: str) -> tuple[str, ...]:
    """Return the categories of an action on an object, in their order; () where none is known."""
    word, kind = action.partition(".")[0], about.partition(":")[0]
    by_word = (
        READ_CATEGORIES.get(kind, ()) if word in _READ_WORDS else DONE_CATEGORIES.get(word, ())
    )
    return tuple(name for name in CATEGORIES if name in by_word)
