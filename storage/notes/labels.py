"""Rows of the tags and sites of patients, and of the filters that clinicians keep."""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.pg import rows
from storage.pg.pool import Connection

_OF_UNIT = """
select p.pseudonym, l.kind, l.text
  from patient_label l join patient p on p.id = l.patient join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s
 order by l.text"""
_CLEAR = """
delete from patient_label l using patient p, care_unit u
 where l.patient = p.id and u.id = p.care_unit and u.name = %(unit)s
   and p.pseudonym = %(patient)s and l.kind = %(kind)s"""
_ADD = """
insert into patient_label (patient, kind, text)
select p.id, %(kind)s, unnest(%(texts)s::text[])
  from patient p join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s and p.pseudonym = %(patient)s
on conflict do nothing"""
_FILTERS = "select name, query from saved_filter where clinician = %(clinician)s order by name"
_SAVE = """
insert into saved_filter (clinician, name, query) values (%(clinician)s, %(name)s, %(query)s)
on conflict (clinician, name) do update set query = excluded.query"""
_FORGET = "delete from saved_filter where clinician = %(clinician)s and name = %(name)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """A label of a patient; `kind` is "tag" or "site"."""

    pseudonym: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFilter:
    """A choice of the worklist under a name, as the query of its address."""

    name: str
    query: str


async def labels_of(conn: Connection, unit: str) -> list[LabelRow]:
    """Return the labels of all patients of a care unit."""
    return await rows.fetch_as(conn, _OF_UNIT, {"unit": unit}, LabelRow)


async def replace_labels(
    conn: Connection, unit: str, pseudonym: str, kind: str, texts: Sequence[str]
) -> None:
    """Replace the labels of a kind of a patient."""
    row = {"unit": unit, "patient": pseudonym, "kind": kind, "texts": list(texts)}
    await conn.execute(_CLEAR, row)
    await conn.execute(_ADD, row)


async def saved_filters(conn: Connection, clinician: str) -> list[SavedFilter]:
    """Return the filters that a clinician (by subject) keeps, by name."""
    return await rows.fetch_as(conn, _FILTERS, {"clinician": clinician}, SavedFilter)


async def save_filter(conn: Connection, clinician: str, name: str, query: str) -> None:
    """Keep a filter under a name; an earlier one of that name ends. An empty query ends it too."""
    row = {"clinician": clinician, "name": name, "query": query}
    await conn.execute(_SAVE if query else _FORGET, row)
