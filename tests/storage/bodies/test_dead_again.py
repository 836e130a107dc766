"""Dead letters that an operator works on: selected by offset and class.

They are sent again as they came, or dropped, and never sent twice.
"""

from collections import Counter
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from model.codec import dumps, encode_attributed, loads
from model.facts import RejectKind
from model.privacy.sealed_box import BOX_FORM
from model.privacy.sealed_stream import STREAM_FORM
from model.topics import DEAD, FACTS, RAW, RAW_LARGE
from storage.bodies import dead_letters, dead_queries
from storage.bodies.dead_queries import Choice, Letter
from storage.pg.pool import Connection
from stream.dead import commands
from stream.dead.commands import Desk
from stream.deriving.derive_batch import derive_runs
from stream.log.messages import Message, Outgoing, Run
from tests.rows import values_of, without
from tests.storage.bodies.settled_bodies import (
    MARKER,
    BrokenLog,
    SentBody,
    arrive,
    noise,
    opened_again,
    readable,
    stored,
)
from tests.storage.inline import INLINE_NOW, KEY, Inline, open_inline
from tests.storage.tellers import attributed_fact, run

pytestmark = pytest.mark.anyio
_ANY = Choice()


@pytest.fixture
async def inline(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    async with open_inline(dsn, conn, tmp_path) as worker:
        yield worker


def desk(inline: Inline) -> Desk:
    return Desk(pool=inline.parts.pool, bodies=inline.parts.bodies, wrapping_key=KEY)


def of(patient: str = "p1", *, large: bool = False) -> SentBody:
    return SentBody(connector="files", body=noise(large=large), patient=patient)


async def newest(inline: Inline, choice: Choice = _ANY) -> list[Letter]:
    async with inline.parts.pool.connection() as conn:
        return await dead_queries.newest_letters(conn, choice, 50)


async def find(inline: Inline, letter: int) -> Letter:
    async with inline.parts.pool.connection() as conn:
        letter_row = await dead_queries.find_letter(conn, letter)
    assert letter_row is not None
    return letter_row


async def test_a_letter_says_where_it_is_from_and_opens_with_its_patients_key(
    inline: Inline, tmp_path: Path
) -> None:
    (sent,) = await arrive(inline, of(large=True))
    (letter,) = inline.log.take(DEAD.name)
    assert letter.key == b"kadens.raw/0/0"
    item = await find(inline, 0)
    assert (item.letter, item.state, item.connector, item.patient, item.received_ms) == (
        0,
        "waiting",
        "files",
        "p1",
        INLINE_NOW,
    )
    assert (item.size, item.sha256) == (
        len(noise(large=True)),
        sha256(noise(large=True)).hexdigest(),
    )
    assert (item.origin.cluster, item.origin.topic, item.origin.offset) == ("memory", RAW.name, 0)
    assert item.origin.key == sent.key
    assert item.wrapped is None
    assert item.lies.address in stored(tmp_path)
    async with inline.parts.pool.connection() as conn:
        assert await commands.open_body(conn, desk(inline), item) == noise(large=True)


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
async def test_a_body_is_sent_again_as_it_came_and_once(
    inline: Inline, tmp_path: Path, *, large: bool
) -> None:
    (sent,) = await arrive(inline, of(large=large))
    assert await commands.send_again(desk(inline), inline.log, [0], None) == Counter(sent=1)
    (again,) = inline.log.take((RAW_LARGE if large else RAW).name)
    # sealed for its patient, whom the log must not show to anybody who reads it
    assert dict(again.headers)["sealed"] == (STREAM_FORM if large else BOX_FORM).encode()
    address = dict(again.headers)["address"].decode()
    if large:
        assert MARKER not in (await inline.parts.bodies.get(address) or MARKER)
    assert MARKER not in again.value
    (opened,) = await opened_again(inline, [again])
    before = without(dict(sent.headers), "address")
    assert (again.key, without(dict(opened.headers), "address")) == (sent.key, before)
    assert opened.value == noise(large=large)
    assert stored(tmp_path) == ({address} if large else set())
    assert (await find(inline, 0)).state == "retried"
    assert await commands.send_again(desk(inline), inline.log, [0, 7], None) == Counter()
    assert inline.log.take(RAW.name) == inline.log.take(RAW_LARGE.name) == []
    assert await newest(inline) == []


async def test_what_cannot_be_sent_is_told_and_waits_on(
    inline: Inline, conn: Connection, tmp_path: Path
) -> None:
    await arrive(
        inline, of(), of(large=True), SentBody(connector="reports", body=_half_read(), patient="p1")
    )
    inline.log.take(RAW.name)
    await conn.execute(
        "update dead_letter set sealed = '\\x00' where letter = 0; update body "
        "set parser = parser - 1"
    )
    await conn.commit()
    lost = (await find(inline, 1)).lies.address
    assert lost is not None
    (tmp_path / lost).unlink()
    assert await commands.send_again(desk(inline), inline.log, [], _ANY) == Counter(gone=2, kept=1)
    assert inline.log.take(RAW.name) == inline.log.take(RAW_LARGE.name) == []
    assert values_of(await newest(inline), "letter") == [2, 1, 0]


async def test_a_kept_body_is_sent_again_as_long_as_its_reader_is_the_same(inline: Inline) -> None:
    body = _half_read()
    (sent,) = await arrive(inline, SentBody(connector="reports", body=body, patient="p1"))
    async with inline.parts.pool.connection() as conn:
        assert await commands.open_body(conn, desk(inline), await find(inline, 0)) == body
    assert await commands.send_again(desk(inline), inline.log, [0], None) == Counter(sent=1)
    (again,) = inline.log.take(RAW.name)
    (opened,) = await opened_again(inline, [again])
    assert (again.key, opened.value, opened.headers) == (sent.key, sent.value, sent.headers)


async def test_nothing_is_settled_that_the_log_did_not_take(inline: Inline) -> None:
    await arrive(inline, of())
    with pytest.raises(ConnectionError):
        await commands.send_again(desk(inline), BrokenLog(), [0], None)
    assert (await find(inline, 0)).state == "waiting"


async def test_many_are_sent_a_portion_at_a_time(
    inline: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    await arrive(inline, *[of()] * 7)
    monkeypatch.setattr(commands, "PORTION", 3)
    monkeypatch.setattr(commands, "MEMORY", 2 * len(noise(large=False)))
    assert (
        await commands.send_again(desk(inline), inline.log, [], Choice(connector="reports"))
        == Counter()
    )
    assert await commands.send_again(
        desk(inline), inline.log, [], Choice(connector="files")
    ) == Counter(sent=7)
    assert len(inline.log.take(RAW.name)) == 7


async def test_what_is_dropped_is_off_the_list_and_its_body_gone(
    inline: Inline, tmp_path: Path
) -> None:
    await arrive(inline, of(large=True), of(large=True))
    assert len(stored(tmp_path)) == 2
    assert await commands.drop_with_bodies(desk(inline), [1, 1, 9], None) == Counter(dropped=1)
    assert values_of(await newest(inline), "letter") == [0]
    assert len(stored(tmp_path)) == 1
    assert await commands.drop_with_bodies(desk(inline), [], _ANY) == Counter(dropped=1)
    assert stored(tmp_path) == set()
    assert (await find(inline, 1)).state == "dropped"


async def test_letters_are_counted_and_chosen_by_class_connector_and_time(
    inline: Inline, conn: Connection
) -> None:
    await arrive(inline, of(), of())
    inline.now_ms = INLINE_NOW + 1_000
    await arrive(inline, SentBody(connector="reports", body=b"{", patient="p1"), first=2)
    kinds = {item.letter: RejectKind(item.kind) for item in await newest(inline)}
    wanted = dead_queries.Counted(kind=kinds[2], connector="reports", letters=1, beyond=0)
    assert await dead_queries.letter_counts(conn, Choice(connector="reports")) == [wanted]
    assert values_of(
        await newest(inline, Choice(kind=kinds[2], connector="reports")), "letter"
    ) == [2]
    assert values_of(await newest(inline, Choice(since_ms=INLINE_NOW + 1)), "letter") == [2]
    assert values_of(await newest(inline, Choice(kind=RejectKind.ENDED_THE_WORKER)), "letter") == []


async def test_the_same_message_again_is_one_row(inline: Inline, conn: Connection) -> None:
    await arrive(inline, of())
    await conn.execute("update stream_offset set next_offset = 0")
    await conn.commit()
    await arrive(inline, of())
    assert await inline.rows("select count(*), min(letter) from dead_letter") == [(1, 0)]
    assert len(inline.log.take(DEAD.name)) == 2


async def test_a_fact_is_sent_again_to_its_own_topic(inline: Inline) -> None:
    later = b'{"v": 99}'
    message = Message(topic=FACTS.name, partition=3, offset=0, key=b"p1", value=later)
    await derive_runs([Run(topic=FACTS.name, partition=3, messages=(message,))], inline.parts)
    assert await commands.send_again(desk(inline), inline.log, [0], None) == Counter(sent=1)
    assert inline.log.take(FACTS.name) == [Outgoing(topic=FACTS.name, key=b"p1", value=later)]


async def test_nothing_is_kept_of_a_fact_of_somebody_who_is_not_there(inline: Inline) -> None:
    message = Message(topic=FACTS.name, partition=0, offset=0, key=b"erased", value=b"{")
    await derive_runs([Run(topic=FACTS.name, partition=0, messages=(message,))], inline.parts)
    item = await find(inline, 0)
    assert (item.patient, item.body_bytes, item.lies) == (None, 0, dead_letters.NOWHERE)


async def test_what_is_nobodys_is_sealed_with_a_key_of_its_own(inline: Inline) -> None:
    await arrive(inline, SentBody(connector="open_wearables", body=noise(large=False)))
    item = await find(inline, 0)
    assert item.patient is None
    assert item.wrapped is not None
    async with inline.parts.pool.connection() as conn:
        assert await commands.open_body(conn, desk(inline), item) == noise(large=False)


async def test_a_fact_for_which_a_patient_has_no_key_stops_nothing(
    inline: Inline, conn: Connection
) -> None:
    await conn.execute("delete from identity.data_key")
    await conn.commit()
    message = Message(topic=FACTS.name, partition=0, offset=0, key=b"p1", value=b"{")
    await derive_runs([Run(topic=FACTS.name, partition=0, messages=(message,))], inline.parts)
    assert (await find(inline, 0)).body_bytes == 0


async def test_bad_facts_of_one_patient_are_one_for_the_limit(inline: Inline) -> None:
    bad = [
        Message(topic=FACTS.name, partition=0, offset=n, key=b"p1", value=b"{") for n in range(400)
    ]
    good = Message(
        topic=FACTS.name,
        partition=0,
        offset=400,
        key=b"p2",
        value=encode_attributed(attributed_fact(run("r")[0], "p2")),
    )
    inline.parts.limit.least, inline.parts.limit.share = 2, 0.5
    await derive_runs([Run(topic=FACTS.name, partition=0, messages=(*bad, good))], inline.parts)
    assert await inline.rows("select count(*) from dead_letter") == [(400,)]


async def test_letters_go_with_their_bodies_after_their_time(
    inline: Inline, conn: Connection, tmp_path: Path
) -> None:
    await arrive(inline, of(large=True))
    assert await dead_letters.expire_letters(conn, INLINE_NOW - 1, 10) == 0
    assert await dead_letters.expire_letters(conn, INLINE_NOW, 10) == 1
    await conn.commit()
    await commands.drop_with_bodies(desk(inline), [], _ANY)
    assert stored(tmp_path) == set()


def _half_read() -> bytes:
    """Return two reports of which the second cannot be read."""
    event = loads(readable(large=False))
    return dumps({**event, "report": event["report"], "reports": [{"id": "none"}]})
