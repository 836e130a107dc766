"""Which categories of data a row of the audit log is about, by its action and its object. Pure.

Data only, and one function over it. An action on nothing of a patient has no category.
"""

from collections.abc import Mapping

IDENTITY, PRESCRIPTIONS, SESSIONS = "identity", "prescriptions", "sessions"
MEASUREMENTS, _REPORTS, _ALERTS, NOTES = "measurements", "reports", "alerts", "notes"
_ACCOUNTS, CONSENTS, REQUESTS, _LOG = "accounts", "consents", "requests", "log"
CATEGORIES = (
    *(IDENTITY, PRESCRIPTIONS, SESSIONS, MEASUREMENTS, _REPORTS, _ALERTS, NOTES),
    *(_ACCOUNTS, CONSENTS, REQUESTS, _LOG),
)
_FOLLOWED = (PRESCRIPTIONS, SESSIONS, _REPORTS, _ALERTS)
_PAGE = (IDENTITY, *_FOLLOWED, NOTES, _ACCOUNTS, _LOG)

# What is read, by the kind of the object: pages of the clinic, files, and the patient's own pages.
READ_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "patient": _PAGE,
    "preview": _FOLLOWED,
    "summary": (IDENTITY, *_FOLLOWED),
    "session": (SESSIONS, MEASUREMENTS, _REPORTS),
    "sessions": (SESSIONS,),
    "alert": (_ALERTS, _REPORTS),
    "alerts": (_ALERTS,),
    "worklist": (IDENTITY, *_FOLLOWED),
    "rules": (_ALERTS,),
    "timeline": (MEASUREMENTS,),
    "days": (SESSIONS, _REPORTS),
    "weeks": (PRESCRIPTIONS, SESSIONS),
    "prescription": (PRESCRIPTIONS,),
    "prescriptions": (PRESCRIPTIONS,),
    "prescription-drafts": (PRESCRIPTIONS,),
    "prescription-bundle": (PRESCRIPTIONS,),
    "annotations": (NOTES,),
    "note": (NOTES,),
    "fhir": (PRESCRIPTIONS, SESSIONS, MEASUREMENTS, _REPORTS, _ALERTS),
    "record": (IDENTITY, _ACCOUNTS, CONSENTS),
    "fetches": (_ACCOUNTS,),
    "connections": (_ACCOUNTS,),
    "accounts": (_ACCOUNTS,),
    "warnings": (_ACCOUNTS,),
    "rights": (REQUESTS,),
    "rights_request": (REQUESTS,),
    "reports": (_REPORTS,),
    "extract": (_LOG,),
    "export": (_LOG,),
    "sample": (_LOG,),
    "/": (PRESCRIPTIONS, SESSIONS, NOTES),
    "/data": (SESSIONS, _REPORTS),
    "/looked": (_LOG,),
    "/report": (_REPORTS,),
    "/sources": (_ACCOUNTS, CONSENTS),
    "/rights": (REQUESTS,),
    "/rights/files/{number}": (*_PAGE, MEASUREMENTS),
    "/block": (REQUESTS,),
    "corrections": (_REPORTS, SESSIONS),
    "restrictions": (REQUESTS,),
    "blocks": (REQUESTS,),
    "support": (REQUESTS,),
}
# What is done, by the first word of the action.
DONE_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "alert": (_ALERTS,),
    "session": (SESSIONS,),
    "annotation": (NOTES,),
    "note": (NOTES,),
    "patient": (IDENTITY,),
    "account": (_ACCOUNTS,),
    "consent": (CONSENTS,),
    "restriction": (REQUESTS,),
    "objection": (REQUESTS,),
    "rights": (REQUESTS,),
    "block": (REQUESTS,),
    "sharing": (REQUESTS,),
    "support": (REQUESTS,),
    "rectification": (REQUESTS, _REPORTS, SESSIONS),
    "report": (_REPORTS,),
    "prescription": (PRESCRIPTIONS,),
    "rule": (_ALERTS,),
    "log": (_LOG,),
    "files": (MEASUREMENTS,),
    "replay": (SESSIONS, MEASUREMENTS, _REPORTS),
}
_READ_WORDS = frozenset({"data", "list"})


def categories_of(action: str, about: str) -> tuple[str, ...]:
    """Return the categories of an action on an object, in their order; () where none is known."""
    word, kind = action.partition(".")[0], about.partition(":")[0]
    by_word = (
        READ_CATEGORIES.get(kind, ()) if word in _READ_WORDS else DONE_CATEGORIES.get(word, ())
    )
    return tuple(name for name in CATEGORIES if name in by_word)
