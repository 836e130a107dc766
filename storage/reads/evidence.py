"""Queries for what a number is based on: a session with its facts, an alert with its evidence.

They are for the clinician door, and limited to a care unit as in `clinic_queries`. It never writes.
"""

from collections.abc import Sequence

from model.alert import StoredSentence
from model.answered_session import AFTER_SESSION_MS
from model.derived.sessions import Session
from model.facts import MARKS
from model.intensity import HR_CEILING, HR_FLOOR
from model.metrics import METRIC
from model.words.not_counted import NOT_ANSWERED
from storage.derived import row_conversion
from storage.facts.corrected import CORRECTED_FACT
from storage.facts.unrestricted import unrestricted_sql
from storage.pg import rows
from storage.pg.pool import Connection
from storage.reads import clinic_queries
from storage.reads.shown_values import (
    AlertBrief,
    AlertNote,
    AlertPage,
    FactRow,
    FindingRow,
    MoveRow,
    ReportRow,
    SessionSheet,
    SessionSpan,
)

MOST_LISTED_FACTS = 200  # on the page of a session

# At an instant with several samples the greater (record, value) is shown, as in the series from
# which the zones were computed.
_HEART = f"""
select distinct on (s.time) s.time as t, s.value as v
  from sample s left join record r on r.id = s.record join source o on o.id = s.source
 where s.patient = (select id from patient where pseudonym = %(patient)s) and s.metric = %(metric)s
   and s.source = (select heart_source from session where session = %(session)s
                      and patient = (select id from patient where pseudonym = %(patient)s))
   and s.time >= to_timestamp(%(start)s / 1000.0) and s.time < to_timestamp(%(end)s / 1000.0)
   and s.value between %(lowest)s and %(highest)s
   and {unrestricted_sql("s", "o", "s.time", "s.time + s.span_ms * interval '1 millisecond'")}
 order by s.time, coalesce(r.record, '') collate "C" desc, s.value desc
"""  # noqa: S608 - constants of this package

# The facts of a session are its declared workout and the sample blocks that its numbers come from.
# A source selection has the local date of its minutes, which may differ from that of the session.
# `total` counts those that a page has no room for, too.
_FACTS = """
select f.kind, r.record, r.revision, f.metric, f.part, f.start_at as start_ms, f.end_at as end_ms,
       f.received_at as received_ms, f.connector, o.vendor, o.app, o.device, o.device_type, \
o.method, f.body,
       b.size as kept_bytes, count(*) over () as total
  from session s join fact f on f.patient = s.patient join record r on r.id = f.record
  join source o on o.id = f.source left join body b on b.patient = f.patient and b.sha256 = f.body
 where s.session = %(session)s \
and s.patient = (select id from patient where pseudonym = %(patient)s)
   and ((f.source = s.declared_by and r.record = s.record)
        or (f.kind = 'samples' and f.start_at < s.end_at and f.end_at >= s.start_at
            and ((f.source = s.heart_source and f.metric = %(metric)s)
                 or exists (select from source_selection c \
where c.patient = s.patient and c.source = f.source
                               and c.metric = f.metric and c.start_at < s.end_at \
and c.end_at > s.start_at
                               and c.local_date between s.local_date - 1 and s.local_date + 8))))
 order by f.kind <> 'workout', f.start_at, f.kind, f.metric, f.part
 limit %(most)s
"""

# Reports that name the session, and those that name none of the patient's and may belong to it by
# their time. A mark is about the session whose time it shares; the last stated is the last row.
_REPORTS = f"""
select {clinic_queries.REPORT_COLUMNS}
  from session s cross join lateral (
    select x.* from {CORRECTED_FACT} x where x.patient = s.patient and x.kind = 'report' offset 0) f
  join record r on r.id = f.record
  join source o on o.id = f.source
 where s.session = %(session)s \
and s.patient = (select id from patient where pseudonym = %(patient)s)
   and (f.payload ->> 'session' = s.record or r.record = s.record
        or (f.payload ->> 'instrument' = any(%(marks)s)
            and f.start_at < s.end_at and f.end_at > s.start_at)
        or (f.payload ->> 'instrument' <> all(%(marks)s)
            and f.start_at between s.start_at \
and s.end_at + %(after)s * interval '1 millisecond'
            and not exists (select from session n where n.patient = s.patient
                            and n.record in (f.payload ->> 'session', r.record)
                            and n.why <> all(%(unanswered)s))))
   and {unrestricted_sql("f", "o", "f.start_at", "f.end_at")}
 order by f.start_at, r.stated_ms, r.record
"""  # noqa: S608 - a constant of this package

# The sessions that a report of its time may belong to, itself among them.
_NEAR = """
select n.session as id, n.start_at as start_ms, n.end_at as end_ms
  from session s join session n on n.patient = s.patient
   and n.start_at <= s.end_at + %(after)s * interval '1 millisecond'
   and n.end_at >= s.start_at - %(after)s * interval '1 millisecond'
 where s.session = %(session)s \
and s.patient = (select id from patient where pseudonym = %(patient)s)
   and n.why <> all(%(unanswered)s)
 order by n.start_at, n.session
"""

# cut to the session: the minutes outside of it say nothing about its numbers
_SELECTIONS = """
select c.local_date, c.metric, \
greatest(c.start_at, s.start_at) as start_ms, least(c.end_at, s.end_at) as end_ms,
       c.why, o.vendor, o.app, o.device, o.device_type, o.method
  from session s join source_selection c on c.patient = s.patient and c.start_at < s.end_at \
and c.end_at > s.start_at
  join source o on o.id = c.source
 where s.session = %(session)s \
and s.patient = (select id from patient where pseudonym = %(patient)s)
   and c.local_date between s.local_date - 1 and s.local_date + 8
 order by c.metric, start_ms
"""

_ALERT = f"""
{clinic_queries.ALERT_SELECT}
 where u.name = %(unit)s and a.id = %(alert)s
"""

_FINDINGS = """
select key, rule, rule_version, tier, at as at_ms, session, evidence, current, \
added_at as added_ms, sentence
  from alert_finding where alert = %(alert)s order by at desc, rule, key
"""

_SENTENCES = """
select alert::text as alert, rule, rule_version, sentence, evidence
  from alert_finding where alert = any(%s::uuid[]) order by alert, rule, key
"""

_MOVES = """
select m.alert::text as alert, m.at as at_ms, m.actor, m.from_state, m.to_state, m.reason, m.kind,
       coalesce(c.name, m.actor) as actor_name,
       array(select coalesce(r.name, k.subject) from unnest(m.responsible)
         with ordinality as k (subject, n) left join clinician r on r.subject = k.subject
         order by k.n) as responsible, m.responsible as subjects
  from alert_move m left join clinician c on c.subject = m.actor
 where m.alert = any(%s::uuid[]) order by m.id
"""

_NOTES = """
select n.id, n.at as at_ms, n.author, coalesce(c.name, n.author) as author_name, n.text,
       n.is_shared
  from alert_note n left join clinician c on c.subject = n.author
 where n.alert = %(alert)s order by n.id
"""


async def session_sheet(
    conn: Connection, unit: str, pseudonym: str, session: str
) -> SessionSheet | None:
    """Return a session with its heart rate samples, facts, reports and source selections.

    None when the unit has no such patient or the patient no such session.
    """
    brief = await clinic_queries.patient_brief(conn, unit, pseudonym)
    sessions = await clinic_queries.sessions_of(conn, unit, pseudonym, limit=1, session=session)
    if brief is None or not sessions:
        return None
    params = {
        "patient": pseudonym,
        "session": session,
        "metric": METRIC["heart_rate"].id,
        "marks": [instrument.value for instrument in MARKS],
        "most": MOST_LISTED_FACTS,
        "after": AFTER_SESSION_MS,
        "unanswered": list(NOT_ANSWERED),
    }
    counted = await rows.fetch(conn, _FACTS, params, lambda row: (_fact(row), row["total"]))
    return SessionSheet(
        patient=brief,
        session=sessions[0],
        heart=await _heart(conn, params, sessions[0]),
        facts=tuple(fact for fact, _ in counted),
        fact_count=counted[0][1] if counted else 0,
        reports=tuple(await _reports(conn, params)),
        near=tuple(await rows.fetch_as(conn, _NEAR, params, SessionSpan)),
        selections=tuple(
            await rows.fetch(conn, _SELECTIONS, params, row_conversion.read_selection)
        ),
    )


async def stored_sentences(
    conn: Connection, alerts: Sequence[str]
) -> dict[str, list[StoredSentence]]:
    """Return by alert (id) the sentences that it ever rested on, with their evidence."""
    stored: dict[str, list[StoredSentence]] = {str(alert): [] for alert in alerts}
    for row in await rows.fetch_as(conn, _SENTENCES, [list(alerts)], StoredSentence):
        stored[row.alert].append(row)
    return stored


async def alert_brief(conn: Connection, unit: str, key: str) -> AlertBrief | None:
    """Return an alert by id (`key`); None when the unit has no such alert."""
    params = {"unit": unit, "alert": rows.uuid(key)}
    briefs = await rows.fetch_as(conn, _ALERT, params, AlertBrief)
    return briefs[0] if briefs else None


async def alert_page(conn: Connection, unit: str, key: str) -> AlertPage | None:
    """Return an alert by id with its findings and moves; None when the unit has no such alert."""
    alert = await alert_brief(conn, unit, key)
    brief = await clinic_queries.patient_brief(conn, unit, alert.pseudonym) if alert else None
    if alert is None or brief is None:
        return None
    params, known_as = {"alert": rows.uuid(key)}, str(alert.id)
    return AlertPage(
        patient=brief,
        alert=alert,
        findings=tuple(await rows.fetch_as(conn, _FINDINGS, params, FindingRow)),
        moves=(await moves_of(conn, [known_as]))[known_as],
        notes=tuple(await rows.fetch_as(conn, _NOTES, params, AlertNote)),
    )


async def moves_of(conn: Connection, alerts: Sequence[str]) -> dict[str, tuple[MoveRow, ...]]:
    """Return the moves of each alert by its id, oldest first."""
    moves = dict.fromkeys(map(str, alerts), tuple[MoveRow, ...]())
    for alert, move in await rows.fetch(conn, _MOVES, [list(alerts)], _move):
        moves[alert] += (move,)
    return moves


async def _heart(
    conn: Connection, value: rows.Row, session: Session
) -> tuple[tuple[int, float], ...]:
    span = {
        "start": session.start_ms,
        "end": session.end_ms,
        "lowest": HR_FLOOR,
        "highest": HR_CEILING,
    }
    return tuple(
        await rows.fetch(conn, _HEART, {**value, **span}, lambda row: (row["t"], row["v"]))
    )


async def _reports(conn: Connection, row: rows.Row) -> list[ReportRow]:
    return await rows.fetch(conn, _REPORTS, row, clinic_queries.read_report)


def _move(row: rows.Row) -> tuple[str, MoveRow]:
    of_move = {name: value for name, value in row.items() if name != "alert"}
    people = {"responsible": tuple(row["responsible"]), "subjects": tuple(row["subjects"])}
    return row["alert"], MoveRow(**{**of_move, **people})


def _fact(row: rows.Row) -> FactRow:
    plain = (
        "kind", "record", "revision", "metric", "part", "start_ms", "end_ms", "received_ms",
        "connector", "body", "kept_bytes",
    )  # fmt: skip
    return FactRow(
        source=row_conversion.read_source_columns(row), **{name: row[name] for name in plain}
    )
