"""However a payload is settled, the store keeps no copy of it in clear.

After the patient is erased it keeps no copy at all.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from model.topics import DEAD, RAW, RAW_LARGE
from storage.bodies import caps
from storage.erase import erase, remove_erased_bodies
from storage.people import accounts, consents
from storage.pg.pool import Connection
from stream.intake.quarantine import release_quarantine
from stream.log.messages import Message, Run
from stream.normalise import normalise_runs
from tests.rows import entries_of, values_of, without
from tests.storage.bodies.settled_bodies import (
    MARKER,
    BrokenLog,
    SentBody,
    arrive,
    message,
    named,
    noise,
    opened_again,
    readable,
    stored,
    with_marker,
)
from tests.storage.inline import INLINE_NOW, Inline, open_inline

pytestmark = pytest.mark.anyio


@pytest.fixture
async def inline(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    async with open_inline(dsn, conn, tmp_path) as worker:
        yield worker


def unreadable(*, large: bool) -> SentBody:
    return SentBody(connector="files", body=noise(large=large), patient="p1")


def without_consent(*, large: bool) -> SentBody:
    return SentBody(connector="reports", body=readable(large=large), patient="p2")


def unreadable_without_consent(*, large: bool) -> SentBody:
    return SentBody(connector="reports", body=noise(large=large), patient="p2")


def quarantined(*, large: bool) -> SentBody:
    return SentBody(connector="reports", body=readable(large=large))


def _kept(*, large: bool) -> SentBody:
    return SentBody(connector="reports", body=readable(large=large), patient="p1")


OUTCOMES: dict[Callable[..., SentBody], dict[str, int]] = {
    unreadable: {"dead_letter": 1},
    without_consent: {},
    unreadable_without_consent: {},
    quarantined: {"quarantine": 1},
    _kept: {"body": 1},
}
_ROWS = (
    "select (select count(*) from dead_letter), (select count(*) from quarantine), "
    "(select count(*) from body)"
)


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
@pytest.mark.parametrize("outcome", OUTCOMES, ids=values_of(OUTCOMES, "__name__"))
async def test_no_file_is_left_after_the_patient_is_erased(
    inline: Inline,
    conn: Connection,
    tmp_path: Path,
    outcome: Callable[..., SentBody],
    *,
    large: bool,
) -> None:
    await consents.withdraw_consent(conn, "p2", "reports", from_ms=0)
    await conn.commit()
    await arrive(inline, outcome(large=large))
    wanted = OUTCOMES[outcome]
    assert await inline.rows(_ROWS) == [
        (wanted.get("dead_letter", 0), wanted.get("quarantine", 0), wanted.get("body", 0))
    ]
    assert with_marker(tmp_path) == []
    assert stored(tmp_path) == await named(inline)
    assert len(stored(tmp_path)) == (1 if large and wanted else 0)

    await accounts.link_account(conn, "p1", "reports", "account", INLINE_NOW)
    receipt = await erase(conn, "p1", INLINE_NOW)
    await conn.commit()
    assert entries_of(receipt.counts, wanted) == wanted
    assert await remove_erased_bodies(conn, inline.parts.bodies) == len(wanted) * large + (
        outcome is _kept
    )
    assert stored(tmp_path) == set()
    assert await inline.rows(_ROWS) == [(0, 0, 0)]


async def test_the_log_of_dead_letters_holds_no_body(inline: Inline) -> None:
    await arrive(inline, unreadable(large=False), unreadable(large=True))
    letters = inline.log.take(DEAD.name)
    assert values_of(letters, "value") == [b"", b""]
    assert [dict(letter.headers)["size"] for letter in letters] == [b"119", b"524308"]


async def test_the_file_stays_until_the_outcome_is_committed(
    inline: Inline, tmp_path: Path
) -> None:
    """A worker that dies before its commit reads the body again."""
    sent = await message(inline, unreadable(large=True), 0)
    broken = replace(inline, parts=replace(inline.parts, producer=BrokenLog()))
    with pytest.raises(ConnectionError):
        await _settle(broken, sent)
    assert dict(sent.headers)["address"].decode() in stored(tmp_path)
    await _settle(inline, sent)
    assert await inline.rows("select count(*) from dead_letter") == [(1,)]
    assert dict(sent.headers)["address"].decode() not in stored(tmp_path)


async def test_a_file_of_an_older_version_may_be_another_messages_too(
    inline: Inline, tmp_path: Path
) -> None:
    body = noise(large=True)
    sent = await message(inline, unreadable(large=True), 0)
    address = await inline.parts.bodies.put(dict(sent.headers)["sha256"].decode(), body)
    await inline.parts.bodies.delete(dict(sent.headers)["address"].decode())
    headers = tuple(
        (name, address.encode() if name == "address" else value) for name, value in sent.headers
    )
    await _settle(inline, replace(sent, headers=headers))
    assert address in stored(tmp_path)


async def test_a_released_body_goes_onto_the_log_as_it_came(
    inline: Inline, conn: Connection, tmp_path: Path
) -> None:
    (first, second) = await arrive(inline, quarantined(large=False), quarantined(large=True))
    await accounts.link_account(conn, "p1", "reports", "account", INLINE_NOW)
    await conn.commit()
    assert await release_quarantine(inline.parts) == 2
    (small,), (large,) = inline.log.take(RAW.name), inline.log.take(RAW_LARGE.name)
    # its patient is known by now, and it is sealed for them
    assert with_marker(tmp_path) == []
    assert MARKER not in small.value
    address = dict(large.headers)["address"].decode()
    assert (large.key, large.value, stored(tmp_path)) == (second.key, b"", {address})
    opened, opened_large = await opened_again(inline, [small, large])
    assert (small.key, opened.value, dict(opened.headers)) == (
        first.key,
        first.value,
        dict(first.headers),
    )
    reported, before = dict(opened_large.headers), dict(second.headers)
    assert without(reported, "address") == without(before, "address")
    assert opened_large.value == readable(large=True)
    assert await inline.rows("select count(*) from quarantine") == [(0,)]


async def test_one_account_fills_no_more_than_its_room(
    inline: Inline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(caps, "SENDER_CAP", caps.Cap(bodies=3, bytes=10_000_000))
    await arrive(inline, *[quarantined(large=False)] * 5)
    await arrive(inline, quarantined(large=True), first=5)
    assert await inline.rows("select count(*) from quarantine") == [(3,)]
    rows = await inline.rows(
        'select "offset", class, body_bytes, rejects from dead_letter order by 1'
    )
    result = [["quarantine", "no room is left for more of this sender today"]]
    assert rows == [
        (3, "too_much", 0, result),
        (4, "too_much", 0, result),
        (5, "too_much", 0, result),
    ]
    assert stored(tmp_path) == set()


async def test_beyond_the_room_of_a_sender_letters_are_only_counted(
    inline: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caps, "SENDER_CAP", caps.Cap(bodies=2, bytes=10_000_000))
    await arrive(inline, *[unreadable(large=False)] * 5)
    await arrive(inline, *[unreadable(large=False)] * 2, first=5)
    assert await inline.rows("select count(*) from dead_letter") == [(2,)]
    overflow = "select connector, letters, bytes from dead_letter_overflow"
    assert await inline.rows(overflow) == [("files", 5, 5 * len(noise(large=False)))]
    assert len(inline.log.take(DEAD.name)) == 2


async def test_one_senders_letters_take_no_room_of_another(
    inline: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caps, "SENDER_CAP", caps.Cap(bodies=2, bytes=10_000_000))
    other = replace(unreadable(large=False), patient="p3")
    await arrive(inline, *[unreadable(large=False)] * 5, other)
    by_patient = (
        "select p.pseudonym, count(*) from dead_letter d "
        "join patient p on p.id = d.patient group by 1"
    )
    rows = await inline.rows(by_patient)
    assert sorted(rows) == [("p1", 2), ("p3", 1)]


async def test_a_text_that_no_row_can_hold_is_a_letter_all_the_same(inline: Inline) -> None:
    headers = (
        ("connector", b"files\0\xff"),
        ("sha256", b"\0"),
        ("received_ms", b"9" * 30),
        ("size", b"9" * 30),
    )
    odd = Message(topic=RAW.name, partition=0, offset=0, value=b"x", key=b"\0", headers=headers)
    await _settle(inline, odd)
    rows = await inline.rows("select connector, sha256, received_at, size from dead_letter")
    assert rows == [("files\ufffd\ufffd", "\ufffd", None, 1)]


async def _settle(inline: Inline, sent: Message) -> None:
    await normalise_runs([Run(topic=RAW.name, partition=0, messages=(sent,))], inline.parts)
