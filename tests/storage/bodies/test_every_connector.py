"""What becomes of a payload whose account is unknown, linked later, or without consent.

Every connector whose payloads name an account is tried, with the payload of a recorded case.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.connector import AccountInBody
from ingest.vendors import CONNECTORS
from kadens.payload_formats import format_name, items_of
from kadens.recorded.cases import read_case
from model.received import Fetch, Part
from model.topics import RAW
from storage.people import accounts, consents
from storage.pg.pool import Connection
from stream.intake.quarantine import expire_quarantine, release_quarantine
from stream.normalise import normalise_runs
from tests.rooms import ROOT
from tests.storage.inline import INLINE_NOW, Inline, open_inline

pytestmark = pytest.mark.anyio

_KEPT = """
select 'body' from body where patient = (select id from patient where pseudonym = %(patient)s)
union all
select 'fetch' from vendor_fetch f join patient p on p.id = f.patient where pseudonym = %(patient)s
"""
_ANYWHERE = """
select (select count(*) from body), (select count(*) from fact), (select count(*) from quarantine),
  (select count(*) from dead_letter), (select count(*) from vendor_fetch)"""
_DROPPED = """
select p.pseudonym, connector, bodies from unconsented join patient p on p.id = patient"""
_WAITING = """
select vendor, account from quarantine
union all select connector, account from vendor_fetch where patient is null"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The payload of a recorded case that concerns a single account."""

    connector: str
    payload: bytes
    account: str
    format: str
    asks: int  # how many fetches it announces instead of facts, 0 where it holds facts


def _recorded(connector: str) -> Recorded:
    """Return the first recorded case of a connector with facts or fetches of one account."""
    for request in sorted((ROOT / "tests" / "data" / connector).glob("*/request.json")):
        case = read_case(request.parent)
        items = list(items_of(case.payload, case.context))
        telling = [item for item in items if isinstance(item, Part | Fetch)]
        accounts_in = {item.account for item in telling}
        # an answer to a request of ours names nobody, and no vendor sends it by itself
        is_pushed = case.context.requested is None and "" not in accounts_in
        # one that is taken back and asked for at once would wait in both ways
        is_pure = len(set(map(type, telling))) == 1
        if is_pushed and is_pure and len(accounts_in) == 1 and len(items) == len(telling):
            asks = len(telling) if all(isinstance(item, Fetch) for item in telling) else 0
            name = format_name(case.payload, case.context) or ""
            return Recorded(connector, case.payload, accounts_in.pop(), name, asks)
    raise LookupError(f"no recorded case of {connector} concerns a single account")


_EVERY = pytest.mark.parametrize(
    "case",
    [_recorded(row.name) for row in CONNECTORS if isinstance(row.owner, AccountInBody)],
    ids=lambda case: case.connector,
)


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


async def _receive(inline: Inline, case: Recorded) -> None:
    await inline.receive(case.connector, case.payload, patient="", format_name=case.format)
    await _settle(inline)


async def _kept(inline: Inline, patient: str) -> list[object]:
    async with inline.parts.pool.connection() as conn:
        rows = await conn.execute(_KEPT.encode(), {"patient": patient})
        return [kind for (kind,) in await rows.fetchall()]


@_EVERY
async def test_the_payload_of_an_unknown_account_waits(inline: Inline, case: Recorded) -> None:
    await _receive(inline, case)
    assert await inline.rows(_WAITING) == [(case.connector, case.account)] * (case.asks or 1)
    assert await _kept(inline, "p1") == []
    assert await inline.rows("select 1 from dead_letter") == []


@_EVERY
async def test_an_account_that_is_linked_within_a_day_gets_its_payload(
    inline: Inline, conn: Connection, case: Recorded
) -> None:
    await _receive(inline, case)
    await consents.give_consent(conn, "p1", case.connector, from_ms=0, now_ms=0)
    await accounts.link_account(conn, "p1", case.connector, case.account, INLINE_NOW)
    await conn.commit()
    await release_quarantine(inline.parts)
    await expire_quarantine(inline.parts)  # which also finds the patients of fetches
    await _settle(inline)
    assert await inline.rows(_WAITING) == []
    assert await _kept(inline, "p1") == (["fetch"] * case.asks or ["body"])


@pytest.mark.promise(7)
@_EVERY
async def test_what_comes_after_a_withdrawal_is_dropped(
    inline: Inline, conn: Connection, case: Recorded
) -> None:
    await consents.give_consent(conn, "p1", case.connector, from_ms=0, now_ms=0)
    await accounts.link_account(conn, "p1", case.connector, case.account, 0)
    await consents.withdraw_consent(conn, "p1", case.connector, from_ms=INLINE_NOW - 1)
    await conn.commit()
    await _receive(inline, case)
    assert await inline.rows(_ANYWHERE) == [(0, 0, 0, 0, 0)]
    await _receive(inline, case)
    assert await inline.rows(_DROPPED) == [("p1", case.connector, 2)]
