"""Which categories of data a row of the audit log is about, by its action and its object. Pure.

Data only, and one function over it. An action on nothing of a patient has no category.
"""

from collections.abc import Mapping

_IDENTITY, _PRESCRIPTIONS, _SESSIONS = "identity", "prescriptions", "sessions"
_MEASUREMENTS, _REPORTS, _ALERTS, _NOTES = "measurements", "reports", "alerts", "notes"
_ACCOUNTS, _CONSENTS, _REQUESTS, _LOG = "accounts", "consents", "requests", "log"
CATEGORIES = (
    *(_IDENTITY, _PRESCRIPTIONS, _SESSIONS, _MEASUREMENTS, _REPORTS, _ALERTS, _NOTES),
    *(_ACCOUNTS, _CONSENTS, _REQUESTS, _LOG),
)
_FOLLOWED = (_PRESCRIPTIONS, _SESSIONS, _REPORTS, _ALERTS)
_PAGE = (_IDENTITY, *_FOLLOWED, _NOTES, _ACCOUNTS, _LOG)

# What is read, by the kind of the object: pages of the clinic, files, and the patient's own pages.
READ_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "patient": _PAGE,
    "preview": _FOLLOWED,
    "summary": (_IDENTITY, *_FOLLOWED),
    "session": (_SESSIONS, _MEASUREMENTS, _REPORTS),
    "sessions": (_SESSIONS,),
    "alert": (_ALERTS, _REPORTS),
    "alerts": (_ALERTS,),
    "worklist": (_IDENTITY, *_FOLLOWED),
    "rules": (_ALERTS,),
    "timeline": (_MEASUREMENTS,),
    "days": (_SESSIONS, _REPORTS),
    "weeks": (_PRESCRIPTIONS, _SESSIONS),
    "prescription": (_PRESCRIPTIONS,),
    "prescriptions": (_PRESCRIPTIONS,),
    "prescription-drafts": (_PRESCRIPTIONS,),
    "prescription-bundle": (_PRESCRIPTIONS,),
    "annotations": (_NOTES,),
    "note": (_NOTES,),
    "fhir": (_PRESCRIPTIONS, _SESSIONS, _MEASUREMENTS, _REPORTS, _ALERTS),
    "record": (_IDENTITY, _ACCOUNTS, _CONSENTS),
    "fetches": (_ACCOUNTS,),
    "connections": (_ACCOUNTS,),
    "accounts": (_ACCOUNTS,),
    "warnings": (_ACCOUNTS,),
    "rights": (_REQUESTS,),
    "extract": (_LOG,),
    "export": (_LOG,),
    "sample": (_LOG,),
    "/": (_PRESCRIPTIONS, _SESSIONS, _NOTES),
    "/data": (_SESSIONS,),
    "/looked": (_LOG,),
    "/report": (_REPORTS,),
    "/sources": (_ACCOUNTS, _CONSENTS),
    "/rights": (_REQUESTS,),
    "/rights/files/{number}": (*_PAGE, _MEASUREMENTS),
    "/block": (_REQUESTS,),
    "corrections": (_REPORTS, _SESSIONS),
    "blocks": (_REQUESTS,),
}
# What is done, by the first word of the action.
DONE_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "alert": (_ALERTS,),
    "session": (_SESSIONS,),
    "annotation": (_NOTES,),
    "note": (_NOTES,),
    "patient": (_IDENTITY,),
    "account": (_ACCOUNTS,),
    "consent": (_CONSENTS,),
    "restriction": (_REQUESTS,),
    "objection": (_REQUESTS,),
    "rights": (_REQUESTS,),
    "block": (_REQUESTS,),
    "sharing": (_REQUESTS,),
    "rectification": (_REQUESTS, _REPORTS, _SESSIONS),
    "report": (_REPORTS,),
    "prescription": (_PRESCRIPTIONS,),
    "rule": (_ALERTS,),
    "log": (_LOG,),
    "files": (_MEASUREMENTS,),
    "replay": (_SESSIONS, _MEASUREMENTS, _REPORTS),
}
_READ_WORDS = frozenset({"data", "list"})


def categories_of(action: str, about: str) -> tuple[str, ...]:
    """Return the categories of an action on an object, in their order; () where none is known."""
    word, kind = action.partition(".")[0], about.partition(":")[0]
    by_word = (
        READ_CATEGORIES.get(kind, ()) if word in _READ_WORDS else DONE_CATEGORIES.get(word, ())
    )
    return tuple(name for name in CATEGORIES if name in by_word)
