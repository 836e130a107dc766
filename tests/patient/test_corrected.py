"""A patient sees what was corrected of their data, from what, and why."""

import pytest

from storage.pg.pool import Connection
from tests.patient.link_world import LinkWorld
from tests.patient.test_entry import signed_in
from tests.patient.test_own_pages import text_of

_SOURCE = """
insert into source (vendor, app, device, device_type, method)
values ('reports', 'invented', %s, 'person', 'manual') returning id"""
_CORRECTION = """
insert into correction (patient, source, record, kind, is_void, fields, was, set_by, set_at, why,
  ended_at, ended_by, ended_why)
select p.id, %(source)s, %(record)s, 'report', false, '{"value": 2.0}', '{"value": 8}', 'c-1',
  '2026-11-17T12:00:00Z', %(why)s, case when %(ended)s then now() end,
  case when %(ended)s then 'c-1' end, case when %(ended)s then 'a slip' else '' end
from patient p where p.pseudonym = %(patient)s"""


def _corrected(world: LinkWorld, patient: str, why: str, *, ended: bool) -> None:
    async def work(conn: Connection) -> None:
        cursor = await conn.execute(_SOURCE, [f"{patient} {why}"])
        row = await cursor.fetchone()
        values = {"source": row and row[0], "record": why, "patient": patient}
        await conn.execute(_CORRECTION, {**values, "why": why, "ended": ended})

    world.run(work)


@pytest.mark.promise(11)
def test_a_correction_is_shown_with_what_was_stated(links: LinkWorld) -> None:
    patient, other = links.patient(), links.patient()
    _corrected(links, patient, "you meant 2", ended=False)
    _corrected(links, patient, "taken back", ended=True)
    _corrected(links, other, "of somebody else", ended=False)
    with signed_in(links, patient) as client:
        page = text_of(client.get("/data"))
    assert "17 November 2026 : your answer 2, was 8. you meant 2" in page
    assert "taken back" not in page
    assert "of somebody else" not in page
