"""Writes notes about alerts, for forms and API alike, each with its audit row.

A note is private to the care unit, or shared with the patient. It is no move: it neither stops the
timer of an alert nor changes its state, and a closed alert takes notes too.
"""

from clinic.request_scope import RequestScope
from model.schemas.plain_text import text_problem, typed_text
from model.words.language import _
from storage import audit
from storage.alerts import notes, outbox
from storage.audit_actions import AuditAction
from storage.reads import evidence
from storage.reads.shown_values import AlertNote
from web.problems import RequestRefused

LONGEST_ALERT_NOTE = 4_000  # characters, as in the table


async def note_alert(scope: RequestScope, alert: str, text: str, *, is_shared: bool) -> AlertNote:
    """Store a note and return it.

    Raises `RequestRefused`: 404 for an alert of another care unit, 422 for a text that may not be
    stored.
    """
    brief = await evidence.alert_brief(scope.conn, scope.unit, alert)
    if brief is None:
        raise RequestRefused(404, "This care unit has no such alert.")
    # A form sends its line breaks as two characters.
    plain = typed_text(text)
    problem = text_problem(plain, LONGEST_ALERT_NOTE, allowed="\n") or (
        "" if plain else _("is empty")
    )
    if problem:
        raise RequestRefused(422, _("The note %(problem)s.", problem=problem))
    subject = scope.actor.subject
    note = await notes.put_note(
        scope.conn, alert, subject, plain, scope.now_ms, is_shared=is_shared
    )
    entry = audit.AuditEntry(
        at_ms=scope.now_ms,
        actor=scope.actor,
        action=AuditAction.ALERT_NOTE,
        patient=brief.pseudonym,
        object=f"alert:{brief.id}",
        # The text itself is in the note: the audit log repeats no health data.
        detail={"note": note.id, "shared": is_shared},
    )
    await audit.write_entry(scope.conn, entry)
    await outbox.notify(scope.conn, [brief.pseudonym])
    return note
