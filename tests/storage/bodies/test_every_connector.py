"""What becomes of a payload whose account is unknown, linked later, or without consent.

Every connector whose payloads name an account is tried, with a payload of its vendor's own form.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from ingest.connector import AccountInBody
from ingest.vendors import CONNECTORS
from model.topics import RAW
from simulate.vendors.garmin import dailies, push
from simulate.vendors.polar import exercise_notice
from storage.people import accounts, consents
from storage.pg.pool import Connection
from stream.normalise import expire_quarantine, normalise_runs, release_quarantine
from tests.storage.inline import NOW, Inline, heart, open_inline, report

pytestmark = pytest.mark.anyio

_ACCOUNT = "475"
_DAY, _START_S = "2026-01-05", 1_767_571_200  # 2026-01-05T00:00:00Z
_KEPT = """
select 'body' from body where patient = (select id from patient where pseudonym = %(patient)s)
union all
select 'fetch' from vendor_fetch f join patient p on p.id = f.patient where pseudonym = %(patient)s
"""
_ANYWHERE = """
select (select count(*) from body), (select count(*) from fact), (select count(*) from quarantine),
  (select count(*) from dead_letter), (select count(*) from vendor_fetch)"""
_WAITING = """
select vendor, account from quarantine
union all select connector, account from vendor_fetch where patient is null"""


def _open_wearables() -> bytes:
    return heart().replace(b'"account"', f'"{_ACCOUNT}"'.encode())


def _reports() -> bytes:
    return report().replace(b'"account"', f'"{_ACCOUNT}"'.encode())


def _garmin() -> bytes:
    return push(dailies=[dailies(_ACCOUNT, _DAY, _START_S, 4210, [75, 76, 77])])


def _polar() -> bytes:
    return exercise_notice(int(_ACCOUNT), "e1", "2026-01-05T10:00:00Z")


_PAYLOADS: dict[str, Callable[[], bytes]] = {
    "open_wearables": _open_wearables,
    "reports": _reports,
    "garmin": _garmin,
    "polar": _polar,
}
EVERY = pytest.mark.parametrize("connector", _PAYLOADS)


@pytest.fixture
async def inline(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    async with open_inline(dsn, conn, tmp_path) as worker:
        yield worker


async def _settle(inline: Inline) -> None:
    """Work on the payloads that were sent on, of one account each."""
    sent = inline.log.take(RAW.name)
    if sent:
        await normalise_runs([inline._run(RAW.name, sent)], inline.parts)
        await inline.deliver()


async def _receive(inline: Inline, connector: str) -> None:
    await inline.receive(connector, _PAYLOADS[connector](), patient="")
    await _settle(inline)


async def _kept(inline: Inline, patient: str) -> list[object]:
    async with inline.parts.pool.connection() as conn:
        rows = await conn.execute(_KEPT.encode(), {"patient": patient})
        return [kind for (kind,) in await rows.fetchall()]


def test_a_payload_is_here_for_every_connector_that_names_an_account() -> None:
    named = {row.name for row in CONNECTORS if isinstance(row.owner, AccountInBody)}
    assert set(_PAYLOADS) == named


@EVERY
async def test_the_payload_of_an_unknown_account_waits(inline: Inline, connector: str) -> None:
    await _receive(inline, connector)
    assert await inline.rows(_WAITING) == [(connector, _ACCOUNT)]
    assert await _kept(inline, "p1") == []
    assert await inline.rows("select 1 from dead_letter") == []


@EVERY
async def test_an_account_that_is_linked_within_a_day_gets_its_payload(
    inline: Inline, conn: Connection, connector: str
) -> None:
    await _receive(inline, connector)
    await consents.give_consent(conn, "p1", connector, from_ms=0, now_ms=0)
    await accounts.link_account(conn, "p1", connector, _ACCOUNT, NOW)
    await conn.commit()
    await release_quarantine(inline.parts)
    await expire_quarantine(inline.parts)  # which also finds the patients of fetches
    await _settle(inline)
    assert await inline.rows(_WAITING) == []
    assert await _kept(inline, "p1") == ["fetch" if connector == "polar" else "body"]


@EVERY
async def test_what_comes_after_a_withdrawal_is_dropped(
    inline: Inline, conn: Connection, connector: str
) -> None:
    await consents.give_consent(conn, "p1", connector, from_ms=0, now_ms=0)
    await accounts.link_account(conn, "p1", connector, _ACCOUNT, 0)
    await consents.withdraw_consent(conn, "p1", connector, from_ms=NOW - 1)
    await conn.commit()
    await _receive(inline, connector)
    assert await inline.rows(_ANYWHERE) == [(0, 0, 0, 0, 0)]
