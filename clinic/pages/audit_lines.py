"""The audit log of a patient as sentences: who read what on which day, who did what. Pure.

A line names what a stored object is, and no id: the alert or session is a click away.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

from clinic.pages import words
from model.audit_log.categories import categories_of
from model.audit_log.exported import ExportedRow
from model.audit_log.extract import category_words
from model.audit_log.plain_words import ADDRESS_WORDS, CAME_FROM, DATA_SEEN
from model.words.language import N_, _, ngettext, reading_language, translated
from storage.reads.shown_values import AuditReads, AuditRow

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
    "worklist": N_("the worklist"),
    "alerts": N_("the list of alerts"),
    "accounts": N_("the list of accounts"),
    "requests": N_("the list of requests"),
    "corrections": N_("the corrections"),
    "support": N_("the support cases"),
    "sample": N_("a sample of the log"),
    "fhir": N_("all data as a file"),
    "preview": N_("the preview"),
    "prescription-drafts": N_("drafts of prescriptions"),
    "prescription-bundle": N_("the prescriptions, as a file"),
    "record": N_("what is on record"),
    "reports": N_("the answers"),
    "connections": N_("the connections"),
    "fetches": N_("what was fetched"),
    "export": N_("the log, as a file"),
    "extract": N_("the log, in words"),
    "restrictions": N_("the restrictions"),
    "blocks": N_("the blocks between units"),
    "rights": N_("the requests"),
    "rights_request": N_("a request"),
    # what patients read at their own door
    "/": N_("their page of today"),
    "/report": N_("their page of reports"),
    "/data": N_("their data"),
    "/looked": N_("who looked"),
    "/sources": N_("their sources"),
    "/rights": N_("their rights"),
    "/rights/files/{number}": N_("a file with their data"),
    "/block": N_("their page of other units"),
}
# From where something was done. The patient's words for it speak to the patient.
_DOORS: dict[str, str] = {
    "clinic": N_("the clinic's pages"),
    "patient": N_("the patient's own pages"),
    "command": N_("a command on the server"),
}
# Who is no person of the clinic; a name with this beginning is that of whoever ran a command.
_ACTORS: dict[str, str] = {"patient": N_("the patient"), "demo": N_("the demo")}
_OPERATOR = "os:"

_LOOKS = frozenset({"data.read", "list.read"})
_PATIENT_PAGE = N_("the patient's page")
# The object of a refused request begins with its method: these only ask for something.
_ASKING = ("GET ", "HEAD ")
_REFUSED = frozenset({"data.refused"})
_REFUSED_WRITE = N_("Tried to write, refused")
_NAMED = frozenset({"alert", "patient", "days", "weeks", "timeline", "summary"})


def reading(row: AuditReads, zone: str) -> str:
    """Return who read what on a date, how often, and from when to when."""
    first, last = words.at(row.first_ms, zone), words.at(row.last_ms, zone)
    at = first if first == last else f"{first}\u2013{last}"
    times = ngettext("once", "%(num)s times", row.reads)
    what = ", ".join(map(_object, row.objects))
    who = _who(row.actor, row.care_unit)
    return f"{words.day(row.local_date)}: {who}, {times}, {at} ({what}){_origins(row.origins)}"


def deed(row: AuditRow, zone: str) -> str:
    """Return who did what when, with its reason."""
    reason = row.detail.get("reason")
    why = f", {words.label(str(reason)).lower()}" if reason else ""
    kind = row.object.partition(":")[0]
    # The words of most actions name what it was done to.
    about = f" ({_object(kind)})" if kind in _NAMED else ""
    at = words.when(row.at_ms, zone)
    did = f"{_did(row).lower()}{about}{why}"
    origin = row.detail.get("origin")
    return f"{at}: {_who(row.actor, row.care_unit)}, {did}{_origins((origin,) if origin else ())}"


def seen_words(kind: str) -> str:
    """Return what was looked at, by its kind, for a page that is not the patient's."""
    return translated(_PATIENT_PAGE) if kind == "patient" else _object(kind)


def access_line(row: ExportedRow, zone: str) -> str:
    """Return when somebody did something with a patient's data, who, what, and from where."""
    kind = row.object.partition(":")[0]
    # The words of most other actions name what it was done to.
    about = f" ({seen_words(kind)})" if row.action in _LOOKS or kind in _NAMED else ""
    who = f"{row.name or row.actor} ({words.label(row.role).lower()})"
    where = _origins(({"door": row.door, "address": row.address},) if row.door else ())
    did = f"{_did(row).lower()}{about}"
    return f"{words.when(row.at_ms, zone)}: {_who(who, row.care_unit)}, {did}{where}"


def _did(row: AuditRow | ExportedRow) -> str:
    """Return what was done in words; of what was refused, whether it was to read or to write."""
    is_write = row.action in _REFUSED and not row.object.startswith(_ASKING)
    return translated(_REFUSED_WRITE) if is_write else words.action(row.action)


def data_words(row: AuditRow | AuditReads) -> str:
    """Return which categories of data a line is about; rows from before they were noted have none.

    Of reads they follow from what was read.
    """
    kinds = row.objects if isinstance(row, AuditReads) else ()
    noted = row.detail.get("categories", ()) if isinstance(row, AuditRow) else ()
    read = chain.from_iterable(categories_of("data.read", kind) for kind in kinds)
    language = reading_language().code
    named = ", ".join(category_words((*noted, *read), language))
    return f"{DATA_SEEN.worded(language)}: {named}" if named else ""


def _origins(origins: Sequence[Mapping[str, str]]) -> str:
    """Return from where something was done, as it follows the sentence."""
    language = reading_language().code
    words_of = [_origin(row.get("door", ""), row.get("address", ""), language) for row in origins]
    named = dict.fromkeys(words_of)  # several commands of a server are one place
    return f". {CAME_FROM.worded(language)} {'; '.join(named)}" if named else ""


def _origin(door: str, address: str, language: str) -> str:
    # a door that has no words is newer than this table
    words_of = translated(_DOORS[door]) if door in _DOORS else door
    known = ADDRESS_WORDS.get(address)
    return f"{words_of}, {known.worded(language)}" if known else words_of


def _who(actor: str, care_unit: str) -> str:
    name = translated(_ACTORS[actor]) if actor in _ACTORS else actor
    if actor.startswith(_OPERATOR):
        name = _("a technician (%(login)s)", login=actor.removeprefix(_OPERATOR))
    return f"{name}, {care_unit}" if care_unit else name


def _object(kind: str) -> str:
    return translated(_OBJECTS[kind]) if kind in _OBJECTS else words.label(kind).lower()
