"""The worker counts late requests without their patients, and tells the unit's people once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.calendar import DAY_MS
from model.privacy.requests import RightKind
from storage.people import care_team
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import WORKER
from storage.rights.rights_requests import open_request
from stream.collaborators import Collaborators
from stream.rights.late_requests import tend_requests
from tests.storage.tellers import T0
from tests.stream.kept_worker import KeptProducer, kept_parts

pytestmark = pytest.mark.anyio
_MAILS = "select recipient, body, to_patient from outbox where channel = 'email' order by id"


def _counts(parts: Collaborators) -> tuple[float, ...]:
    value = parts.metrics.registry.get_sample_value
    overdue = value("kadens_rights_requests", {"near": "overdue"})
    return overdue or 0, value("kadens_rights_requests", {"near": "soon"}) or 0


async def _after(parts: Collaborators, days: int) -> tuple[float, ...]:
    await tend_requests(replace(parts, now=lambda: T0 + days * DAY_MS))
    return _counts(parts)


@pytest.mark.promise(15)
@pytest.mark.promise(24)
async def test_a_request_that_is_nearly_late_is_counted_and_announced_once(
    conn: Connection, dsn: str, tmp_path: Path
) -> None:
    for name in ("c-a", "c-b"):
        await care_team.add_clinician(
            conn,
            care_team.Clinician(subject=name, name=name, email=f"{name}@example.org", unit="unit"),
        )
    await open_request(conn, "p1", RightKind.ACCESS, T0)
    await conn.commit()

    async def mails() -> list[Any]:
        return await (await conn.execute(_MAILS)).fetchall()

    async with await open_pool(dsn, max_size=2, role=WORKER) as pool:
        parts = kept_parts(pool, KeptProducer(), tmp_path, "c")
        assert await _after(parts, 22) == (0, 0)
        assert await mails() == []
        assert [await _after(parts, 23), await _after(parts, 30)] == [(0, 1), (0, 1)]
        mailed = await mails()
        assert [row[0] for row in mailed] == ["c-a@example.org", "c-b@example.org"]
        # nothing but what to open: neither who, nor what about, nor how late
        text = f"Open the worklist: {parts.link}\n"
        assert {str(row[1]) for row in mailed} == {
            str({"text": text, "subject": "Open the worklist"})
        }
        assert [await _after(parts, 31), await _after(parts, 32)] == [(1, 0), (1, 0)]
        assert len(await mails()) == 4
        await conn.execute("update rights_request set state = 'refused', closed_at = now()")
        await conn.commit()
        assert await _after(parts, 33) == (0, 0)
        assert len(await mails()) == 4
