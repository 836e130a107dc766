"""A message to a patient leaves only while the patient consents to its channel."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from psycopg.errors import CheckViolation

from alerts.delivery.channel import Channel
from model.messages.outgoing import MUTED, PATIENT_CHANNELS, OutboxMessage
from storage.alerts import messages, outbox
from storage.people.consents import CONTACT_CHANNEL, give_consent, withdraw_consent
from storage.people.patients import patient_id
from storage.pg.pool import Connection
from stream.delivering import deliver_message
from tests.storage.alerts.delivery_world import DOWN, OK, PlayedReceiver
from tests.storage.inline import Inline, open_inline
from tests.storage.tellers import T0

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("channel", PATIENT_CHANNELS)]
_LINE = "a message to a patient is not sent"


@pytest.fixture
async def inline(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    async with open_inline(dsn, conn, tmp_path) as opened:
        opened.now_ms = T0
        yield opened


async def _put(conn: Connection, channel: str, key: str, *, to_patient: bool = True) -> None:
    message = OutboxMessage(
        channel=channel,
        key=key,
        recipient="p1",
        body={"type": "t"},
        patient=await patient_id(conn, "p1"),
        to_patient=to_patient,
    )
    await outbox.put_all(conn, [message], T0)
    await conn.commit()


async def _agree(conn: Connection, vendor: str, at_ms: int, kind: str = CONTACT_CHANNEL) -> None:
    await give_consent(conn, "p1", vendor, from_ms=at_ms, now_ms=at_ms, kind=kind)
    await conn.commit()


async def _deliver(inline: Inline, channel: str, receiver: PlayedReceiver) -> None:
    way = Channel(name=channel, send=receiver.send)
    while await deliver_message(inline.parts, way):
        pass


@pytest.mark.promise(8)
async def test_a_muted_channel_sends_nothing_and_the_log_says_why(
    inline: Inline, conn: Connection, channel: str, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = PlayedReceiver()
    await _put(conn, channel, "1")
    await _deliver(inline, channel, receiver)
    assert receiver.got == []
    assert [line for line in caplog.messages if _LINE in line] == [
        f'{_LINE} channel={channel} reason="{MUTED}"'
    ]
    # it is over: neither is it tried again, nor can a person send it
    assert await messages.unsent_messages(conn, None, 10, dead=False) == []
    kept = await conn.execute("select error from outbox where channel = %s", [channel])
    assert await kept.fetchall() == [(MUTED,)]


@pytest.mark.promise(8)
async def test_consent_to_a_channel_counts_when_the_message_leaves(
    inline: Inline, conn: Connection, channel: str
) -> None:
    receiver = PlayedReceiver(answers=[DOWN, OK])
    await _agree(conn, channel, T0)
    await _put(conn, channel, "1")
    await _deliver(inline, channel, receiver)  # the receiver is down
    await withdraw_consent(conn, "p1", channel, from_ms=T0 + 1, kind=CONTACT_CHANNEL)
    await conn.commit()
    inline.now_ms = T0 + 3_600_000
    await _deliver(inline, channel, receiver)
    assert receiver.got == ["1"]
    await _agree(conn, channel, inline.now_ms)
    await _put(conn, channel, "2")
    await _deliver(inline, channel, receiver)
    assert receiver.got == ["1", "2"]


@pytest.mark.promise(8)
async def test_neither_another_channel_nor_a_source_speaks_for_it(
    inline: Inline, conn: Connection, channel: str
) -> None:
    receiver = PlayedReceiver()
    for other in set(PATIENT_CHANNELS) - {channel}:
        await _agree(conn, other, T0)
    await _agree(conn, channel, T0, kind="source_fetch")
    await _put(conn, channel, "1")
    await _deliver(inline, channel, receiver)
    assert receiver.got == []


async def test_a_message_to_a_clinician_asks_no_patient(
    inline: Inline, conn: Connection, channel: str
) -> None:
    receiver = PlayedReceiver()
    if channel == "nudge":
        with pytest.raises(CheckViolation):
            await _put(conn, channel, "1", to_patient=False)
        return
    await _put(conn, channel, "1", to_patient=False)
    await _deliver(inline, channel, receiver)
    assert receiver.got == ["1"]
