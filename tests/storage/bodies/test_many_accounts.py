"""Payloads of many accounts, and payloads that only ask: each account is treated on its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from model.calendar import DAY_MS
from model.topics import RAW, RAW_LARGE
from simulate.vendors.garmin.bodies import dailies, ping, push
from simulate.vendors.polar import exercise_notice
from storage.erase import erase
from storage.people import accounts, consents
from storage.pg.pool import Connection
from stream.intake.quarantine import expire_quarantine, release_quarantine
from stream.log.messages import Outgoing
from stream.normalise import normalise_runs
from tests.rows import cells_of, values_of
from tests.storage.bodies.settled_bodies import opened_again
from tests.storage.derived.traces import files
from tests.storage.inline import INLINE_NOW, Inline, open_inline

pytestmark = pytest.mark.anyio

_DAY = "2026-01-05"
_START_S = 1_767_571_200  # 2026-01-05T00:00:00Z
USERS = ("linked", "unknown", "withdrawn")
_BODIES = "select p.pseudonym, b.format, b.size from body b join patient p on p.id = b.patient"
QUARANTINED = "select vendor, account from quarantine"
FETCHES = """
select connector, account, resource, p.pseudonym, state, wrapped is null
from vendor_fetch f left join patient p on p.id = f.patient order by 1, 2"""
NOTICES = """
select n.account, n.kind, n.scopes, p.pseudonym
from vendor_notice n join patient p on p.id = n.patient order by 1, 2"""


@pytest.fixture
async def inline(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    async with open_inline(dsn, conn, tmp_path) as worker:
        for vendor, linked, withdrawn in (("garmin", "linked", "withdrawn"), ("polar", "1", "3")):
            for patient, account in (("p1", linked), ("p2", withdrawn)):
                await consents.give_consent(conn, patient, vendor, from_ms=0, now_ms=0)
                await accounts.link_account(conn, patient, vendor, account, 0)
            await consents.withdraw_consent(conn, "p2", vendor, from_ms=INLINE_NOW - 1)
        await conn.commit()
        yield worker


async def _settle(inline: Inline) -> list[bytes]:
    """Settle what was sent on as bodies, and return it as the worker opened it."""
    sent = [*inline.log.take(RAW.name), *inline.log.take(RAW_LARGE.name)]
    # the file of a large one is gone once it is settled
    opened = await opened_again(inline, sent)
    if sent:
        await normalise_runs([inline._run(RAW.name, sent)], inline.parts)
        await inline.deliver()
    return values_of(opened, "value")


def _day_of(user: str) -> dict[str, object]:
    return dailies(user, _DAY, _START_S, 4210, [75, 76, 77])


async def test_three_users_in_a_body_are_stored_held_and_dropped(inline: Inline) -> None:
    body = push(dailies=list(map(_day_of, USERS)))
    await inline.receive("garmin", body, patient="")
    assert await inline.rows(_BODIES) == []
    slices = await _settle(inline)
    assert [user for user in USERS if user.encode() in b"".join(slices)] == ["linked", "unknown"]
    ((patient, form, size),) = await inline.rows(_BODIES)
    assert (patient, form, size) == ("p1", "garmin", len(slices[0]))
    assert await inline.rows(QUARANTINED) == [("garmin", "unknown")]
    facts = await inline.rows(
        "select distinct p.pseudonym from fact join patient p on p.id = patient"
    )
    assert facts == [("p1",)]
    assert await inline.rows("select 1 from dead_letter") == []


async def _two_linked(inline: Inline, conn: Connection, note: str) -> list[Outgoing]:
    """Push a day of two users who are linked, with a note in each; return what was sent on."""
    await consents.give_consent(conn, "p3", "garmin", from_ms=0, now_ms=0)
    await accounts.link_account(conn, "p3", "garmin", "other", 0)
    await conn.commit()
    days = [{**_day_of(user), "note": note} for user in ("linked", "other")]
    await inline.receive("garmin", push(dailies=days), patient="")
    return [*inline.log.take(RAW.name), *inline.log.take(RAW_LARGE.name)]


@pytest.mark.parametrize("note", ["short", "long " * 150_000], ids=["small", "large"])
async def test_each_part_of_a_push_is_sealed_for_its_own_patient(
    inline: Inline, conn: Connection, tmp_path: Path, note: str
) -> None:
    sent = await _two_linked(inline, conn, note)
    assert [dict(item.headers)["sealed_for"] for item in sent] == [b"p1", b"p3"]
    assert [dict(item.headers)["patient"] for item in sent] == [b"", b""]
    lies = b"".join(path.read_bytes() for path in files(tmp_path)) + b"".join(
        values_of(sent, "value")
    )
    assert note.encode() not in lies
    assert b"summaryId" not in lies
    opened = await opened_again(inline, sent)
    assert [
        b'"userId":"%s"' % user in item.value.replace(b" ", b"")
        for user, item in zip((b"linked", b"other"), opened, strict=True)
    ] == [True, True]
    # who it is sealed for is not whose it is: its account at its receipt decides that
    assert [dict(item.headers)["patient"] for item in opened] == [b"", b""]
    await normalise_runs([inline._run(RAW.name, sent)], inline.parts)
    assert set(cells_of(await inline.rows(_BODIES), 0)) == {"p1", "p3"}
    assert await inline.rows("select 1 from dead_letter") == []


async def test_the_part_of_who_was_erased_meanwhile_never_opens(
    inline: Inline, conn: Connection
) -> None:
    sent = await _two_linked(inline, conn, "short")
    await erase(conn, "p3", INLINE_NOW)
    await conn.commit()
    await normalise_runs([inline._run(RAW.name, sent)], inline.parts)
    assert cells_of(await inline.rows(_BODIES), 0) == ["p1"]
    # nothing of it waits for somebody to link the account, either
    assert await inline.rows(QUARANTINED) == []
    assert await inline.rows("select 1 from dead_letter") == []


async def test_the_same_body_again_changes_nothing(inline: Inline) -> None:
    body = push(dailies=list(map(_day_of, USERS)))
    for _ in range(2):
        await inline.receive("garmin", body, patient="")
        await _settle(inline)
    digest = await inline.digest()
    await inline.receive("garmin", body, patient="")
    await _settle(inline)
    assert await inline.digest() == digest
    assert len(await inline.rows(_BODIES)) == 1


async def test_a_link_within_a_day_delivers_the_slice(inline: Inline, conn: Connection) -> None:
    body = push(dailies=list(map(_day_of, USERS)))
    await inline.receive("garmin", body, patient="")
    await _settle(inline)
    await consents.give_consent(conn, "p3", "garmin", from_ms=0, now_ms=0)
    assert await accounts.link_account(conn, "p3", "garmin", "unknown", INLINE_NOW) == 1
    await conn.commit()
    assert await release_quarantine(inline.parts) == 1
    (again,) = inline.log.take(RAW.name)
    assert dict(again.headers)["sealed_for"] == b"p3"
    assert b"unknown" not in again.value
    await normalise_runs([inline._run(RAW.name, [again])], inline.parts)
    assert set(cells_of(await inline.rows(_BODIES), 0)) == {"p1", "p3"}
    assert await inline.rows(QUARANTINED) == []


async def test_links_in_a_body_become_fetches(inline: Inline, conn: Connection) -> None:
    body = push(dailies=[ping(user, "dailies", "t1", _START_S, _START_S + 60) for user in USERS])
    for _ in range(2):
        await inline.receive("garmin", body, patient="")
    linked = ("garmin", "linked", "dailies", "p1", "waiting", True)
    assert await inline.rows(FETCHES) == [
        linked,
        ("garmin", "unknown", "dailies", None, "waiting", False),
    ]
    await accounts.link_account(conn, "p3", "garmin", "unknown", INLINE_NOW)
    await conn.commit()
    assert await expire_quarantine(inline.parts) == 0
    assert await inline.rows(FETCHES) == [
        linked,
        ("garmin", "unknown", "dailies", "p3", "waiting", False),
    ]


async def test_a_fetch_of_an_account_that_nobody_links_is_forgotten_after_a_day(
    inline: Inline,
) -> None:
    await inline.receive("polar", exercise_notice(2, "e1", "2026-01-05T10:00:00Z"), patient="")
    assert cells_of(await inline.rows(FETCHES), 1) == [
        "2",
        "2",
    ]  # the file of the watch, and the samples
    inline.now_ms = INLINE_NOW + DAY_MS
    assert await expire_quarantine(inline.parts) == 2
    assert await inline.rows(FETCHES) == []


async def test_a_notice_of_polar_becomes_a_fetch_as_far_as_consent_goes(inline: Inline) -> None:
    for user in (1, 2, 3):
        body = exercise_notice(user, f"e{user}", "2026-01-05T10:00:00Z")
        await inline.receive("polar", body, patient="")
    assert cells_of(await inline.rows(FETCHES), 1, 3) == [
        *[("1", "p1")] * 2,
        *[("2", None)] * 2,
    ]


async def test_notices_about_linked_accounts_are_kept(inline: Inline) -> None:
    body = push(
        deregistrations=[{"userId": user} for user in USERS],
        userPermissionsChange=[{"userId": "linked", "permissions": ["ACTIVITY_EXPORT"]}],
    )
    await inline.receive("garmin", body, patient="")
    assert await inline.rows(NOTICES) == [
        ("linked", "permissions", ["ACTIVITY_EXPORT"], "p1"),
        ("linked", "revoked", [], "p1"),
    ]
