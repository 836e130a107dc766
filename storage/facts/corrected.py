"""The facts as they are read: with the corrections that hold laid over them.

`CORRECTED_FACT` is for a single patient, within a lateral sub-query: joined from outside, it would
be made of all facts there are. The table `fact` stays as the sources stated it. A correction that
voids a fact leaves it out.
"""

_CORRECTED_NOW = """
join record cr on cr.patient = c.patient and cr.source = c.source and cr.record = c.record
where c.ended_at is null"""

# Two branches, so that the conditions of a query reach the indexes of the table in both. The first
# has all facts without a correction: nearly always all of them, and then the second is empty.
CORRECTED_FACT = f"""(
  select f.record, f.kind, f.metric, f.part, f.patient, f.source, f.start_at, f.end_at,
    f.offset_min, f.offset_origin, f.local_date, f.received_at, f.connector, f.body, f.payload
  from fact f
  where not exists (
    select from correction c {_CORRECTED_NOW}
    and c.patient = f.patient and cr.id = f.record and c.kind = f.kind)
  union all
  select f.record, f.kind, f.metric, f.part, f.patient, f.source,
    coalesce(c.start_at, f.start_at), coalesce(c.end_at, f.end_at),
    f.offset_min, f.offset_origin, f.local_date, f.received_at, f.connector, f.body,
    f.payload || c.fields
  from correction c
  join record cr on cr.patient = c.patient and cr.source = c.source and cr.record = c.record
  join fact f on f.record = cr.id and f.kind = c.kind
  where c.ended_at is null and not c.is_void)"""  # noqa: S608 - constants of this module
