"""The audit log of a patient as sentences: who read what on which day, who did what. Pure.

A line names what a stored object is, and no id: the alert or session is a click away.
"""

from clinic.pages import words
from model.words.language import N_, ngettext, translated
from storage.reads.views import AuditReads, AuditRow

# What a line is about, by the kind of its object.
_OBJECTS: dict[str, str] = {
    "patient": N_("this page"),
    "summary": N_("the follow-up summary"),
    "session": N_("a session"),
    "sessions": N_("the list of sessions"),
    "alert": N_("an alert"),
    "timeline": N_("a measurement over time"),
    "days": N_("the days"),
    "weeks": N_("the weeks"),
    "prescriptions": N_("the prescriptions"),
    "prescription": N_("a prescription"),
    "annotations": N_("the annotations"),
    "annotation": N_("an annotation"),
    "note": N_("the pinned note"),
}

_NAMED = frozenset({"alert", "patient", "days", "weeks", "timeline", "summary"})


def reading(row: AuditReads, zone: str) -> str:
    """Return who read what on a date, how often, and from when to when."""
    first, last = words.at(row.first_ms, zone), words.at(row.last_ms, zone)
    at = first if first == last else f"{first}\u2013{last}"
    times = ngettext("once", "%(num)s times", row.reads)
    what = ", ".join(map(_object, row.objects))
    return f"{words.day(row.local_date)}: {_who(row.actor, row.care_unit)}, {times}, {at} ({what})"


def deed(row: AuditRow, zone: str) -> str:
    """Return who did what when, with its reason."""
    reason = row.detail.get("reason")
    why = f", {words.label(str(reason)).lower()}" if reason else ""
    kind = row.object.partition(":")[0]
    # The words of most actions name what it was done to.
    about = f" ({_object(kind)})" if kind in _NAMED else ""
    at = words.when(row.at_ms, zone)
    return f"{at}: {_who(row.actor, row.care_unit)}, {words.action(row.action).lower()}{about}{why}"


def _who(actor: str, care_unit: str) -> str:
    return f"{actor}, {care_unit}" if care_unit else actor


def _object(kind: str) -> str:
    return translated(_OBJECTS[kind]) if kind in _OBJECTS else words.label(kind).lower()
