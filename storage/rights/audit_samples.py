"""Rows of spot checks: which rows of the audit log were drawn, and the verdicts on them.

What is drawn and what is overdue is decided in `model`.
"""

from collections.abc import Sequence

from model.audit_log.sampling import AuditSample, SampledAccess
from model.calendar import rfc3339, utc
from storage.people.errors import RefusedError, UnknownNameError
from storage.pg import rows
from storage.pg.pool import Connection

_PUT = """
insert into audit_sample (drawn_at, drawn_by, since_at, until_at, seed, due_at)
values (%s, %s, %s, %s, %s, %s) returning id"""
_PUT_ROWS = "insert into audit_sampled (sample, audit) select %s, unnest(%s::bigint[])"
_SAMPLES = """
select s.id as number, s.drawn_at as drawn_ms, s.drawn_by, s.since_at as since_ms,
  s.until_at as until_ms, s.seed, s.due_at as due_ms, count(*)::int as size,
  count(d.verdict)::int as judged
from audit_sample s join audit_sampled d on d.sample = s.id
group by s.id order by s.id desc"""
_SAMPLED = """
select audit as row, verdict, reason, reviewer, reviewed_at as reviewed_ms
from audit_sampled where sample = %s order by audit"""
# The first verdict stands: of two at once the second waits for the row, and then changes none.
_JUDGE = """
update audit_sampled set verdict = %(verdict)s, reason = %(reason)s, reviewer = %(by)s,
  reviewed_at = %(now)s
where sample = %(sample)s and audit = %(row)s and verdict is null"""


class JudgedAlreadyError(RefusedError):
    """Somebody else has judged this access."""


async def put_sample(conn: Connection, drawn: Sequence[int], sample: AuditSample) -> int:
    """Store a sample with its rows, and return its number; that of `sample` is not used."""
    instants = map(utc, (sample.drawn_ms, sample.since_ms, sample.until_ms, sample.due_ms))
    drawn_at, since, until, due = instants
    values = [drawn_at, sample.drawn_by, since, until, sample.seed, due]
    [number] = await rows.fetch_column(conn, _PUT, values)
    await put_sampled_rows(conn, int(number), drawn)
    return int(number)


async def put_sampled_rows(conn: Connection, number: int, drawn: Sequence[int]) -> None:
    """Store which rows of the log a sample has."""
    await conn.execute(_PUT_ROWS, [number, list(drawn)])


async def audit_samples(conn: Connection) -> Sequence[AuditSample]:
    """Return every sample, the newest first."""
    return list(await rows.fetch_as(conn, _SAMPLES, [], AuditSample))


async def sampled_accesses(conn: Connection, number: int) -> Sequence[SampledAccess]:
    """Return the accesses of a sample. Raises `UnknownNameError` when there is none."""
    kept = list(await rows.fetch_as(conn, _SAMPLED, [number], SampledAccess))
    if not kept:
        raise UnknownNameError("there is no such sample")
    return kept


async def judge_access(
    conn: Connection, number: int, row: int, verdict: str, reason: str, *, by: str, now_ms: int
) -> None:
    """Store a verdict. Raises `JudgedAlreadyError`, or `UnknownNameError`, and changes nothing."""
    values = {"sample": number, "row": row, "verdict": verdict, "reason": reason, "by": by}
    done = await conn.execute(_JUDGE, {**values, "now": utc(now_ms)})
    if done.rowcount:
        return
    kept = [item for item in await sampled_accesses(conn, number) if item.row == row]
    if not kept:
        raise UnknownNameError("the sample has no such access")
    at = rfc3339(kept[0].reviewed_ms or 0)
    raise JudgedAlreadyError(
        f"{kept[0].reviewer} judged this access at {at}: {kept[0].verdict}; that verdict stays"
    )
