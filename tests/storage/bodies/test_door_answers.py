"""What becomes of a patient's answers at their door once the worker reads them from the log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from patient.report.report_form import answers_of
from storage.people import consents
from storage.pg.pool import Connection
from tests.storage.inline import INLINE_NOW, Inline, open_inline

pytestmark = pytest.mark.anyio

_FACTS = """
select f.kind, f.payload ->> 'instrument', (f.payload ->> 'value')::float
from fact f join patient p on p.id = f.patient where p.pseudonym = 'p1' order by 2"""
_OPEN = "select rule, state from alert a join patient p on p.id = a.patient where pseudonym = 'p1'"


@pytest.fixture
async def inline(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    async with open_inline(dsn, conn, tmp_path) as worker:
        yield worker


async def _report(inline: Inline, key: str = "k" * 32) -> None:
    given = {"key": [key], "asked": [str(INLINE_NOW)], "pain_none": ["4"], "sign": ["chest_pain"]}
    body = answers_of(given, "p1", "Europe/Stockholm", INLINE_NOW).body
    await inline.receive("reports", body, patient="p1", format_name="reports")


async def test_answers_become_facts_and_a_warning_sign_an_alert(inline: Inline) -> None:
    # what is sent twice is the same
    for _ in range(2):
        await _report(inline)
    await inline.judge()
    assert await inline.rows(_FACTS) == [("report", "pain", 4.0), ("report", "red_flag", 1.0)]
    assert await inline.rows(_OPEN) == [("P5", "open")]


@pytest.mark.promise(7)
async def test_after_a_withdrawal_nothing_of_an_answer_is_kept(
    inline: Inline, conn: Connection
) -> None:
    await consents.withdraw_consent(conn, "p1", "reports", from_ms=INLINE_NOW - 1)
    await conn.commit()
    await _report(inline)
    assert await inline.rows(_FACTS) == []
    assert await inline.rows("select 1 from body") == []
    assert await inline.rows("select 1 from dead_letter") == []
