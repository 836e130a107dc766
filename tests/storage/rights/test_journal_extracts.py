"""What stays of prescriptions after an erasure names nobody, and goes after ten years."""

from datetime import date
from pathlib import Path

import pytest

from storage.bodies.body_store import Directory
from storage.erase import erase
from storage.pg.pool import Connection
from storage.rights.journal_extracts import remove_old_extracts
from tests.storage.derived.traces import settle
from tests.storage.tellers import T0

pytestmark = pytest.mark.anyio
_YEAR = 365 * 86_400_000


@pytest.mark.promise(14)
async def test_an_extract_stays_for_ten_years_under_the_receipt(
    conn: Connection, tmp_path: Path
) -> None:
    await settle(conn, Directory(tmp_path), "traced-patient")
    receipt = await erase(conn, "traced-patient", T0)
    rows = await conn.execute(
        "select erasure, number, care_unit, valid_from, valid_to, versions from journal_extract"
    )
    kept = (receipt.number, 1, "unit", date(2026, 6, 1), date(2026, 12, 31), 1)
    assert await rows.fetchall() == [kept]
    assert receipt.counts["journal_extract"] == 1
    assert await remove_old_extracts(conn, T0 + 10 * _YEAR) == 0
    assert await remove_old_extracts(conn, T0 + 10 * _YEAR + 5 * 86_400_000) == 1


async def test_nothing_stays_of_a_patient_without_a_prescription(conn: Connection) -> None:
    assert (await erase(conn, "p1", T0)).counts["journal_extract"] == 0
