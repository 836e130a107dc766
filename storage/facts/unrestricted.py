"""The condition by which queries of single rows leave out what a restriction or objection hides.

It says in SQL what `retractions.RestrictedInterval.covers` says of facts: an interval has its first
instant and not its last, and what lasts no time is there for a millisecond.
"""


def unrestricted_sql(row: str, source: str, start: str, end: str) -> str:
    """Return the condition that a row of a patient is not restricted.

    `row` and `source` are the names of the row and of its source in the query; `start` and `end`
    are expressions of instants.
    """
    return f"""not exists (
  select from restriction h
  where h.patient = {row}.patient and h.lifted_at is null and h.source in ('', {source}.vendor)
    and {start} < coalesce(h.until_at, 'infinity')
    and greatest({end}, {start} + interval '1 millisecond') > h.from_at)"""
