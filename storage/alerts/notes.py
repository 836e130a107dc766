"""What clinicians write about an alert. Rows are only added. It decides nothing."""

from storage.pg import rows
from storage.pg.pool import Connection
from storage.reads.shown_values import AlertNote

_PUT = """
with added as (
  insert into alert_note (alert, at, author, text, is_shared)
  values (%(alert)s, to_timestamp(%(now)s / 1000.0), %(author)s, %(text)s, %(is_shared)s)
  returning id, at, author, text, is_shared)
select n.id, n.at as at_ms, n.author, coalesce(c.name, n.author) as author_name, n.text,
       n.is_shared
  from added n left join clinician c on c.subject = n.author"""
_SHARED = """
select n.id, n.at as at_ms, n.author, coalesce(c.name, n.author) as author_name, n.text,
       n.is_shared
  from alert_note n join alert a on a.id = n.alert join patient p on p.id = a.patient
  left join clinician c on c.subject = n.author
 where p.pseudonym = %(patient)s and n.is_shared order by n.id desc limit %(limit)s"""


async def put_note(
    conn: Connection, alert: str, author: str, text: str, now_ms: int, *, is_shared: bool
) -> AlertNote:
    """Add a note about an alert (id) and return it. `author` is the subject of a clinician."""
    row: rows.Row = {
        "alert": rows.uuid(alert),
        "author": author,
        "text": text,
        "is_shared": is_shared,
        "now": now_ms,
    }
    [note] = await rows.fetch_as(conn, _PUT, row, AlertNote)
    return note


async def shared_notes(conn: Connection, pseudonym: str, limit: int = 20) -> tuple[AlertNote, ...]:
    """Return the notes that a patient may read, newest first."""
    params = {"patient": pseudonym, "limit": limit}
    return tuple(await rows.fetch_as(conn, _SHARED, params, AlertNote))
