"""Messages reach their receiver at least once, with one key, in order for each patient."""

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product

import pytest

from alerts.delivery.attempts import GIVE_UP_MS, LONGEST_PAUSE_MS, REFUSED_GIVE_UP_MS
from alerts.delivery.channel import DeliveryOutcome, deliver_next
from alerts.delivery.channels import open_channels
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from model.messages.outgoing import AttemptResult, Receiver, ReceiverKind
from storage.alerts import outbox
from storage.pg.pool import WORKER_LIMITS, Connection, open_pool
from tests.rooms import ROOT
from tests.storage.alerts.delivery_world import (
    DOWN,
    EHR,
    OK,
    DeliveryWorld,
    SenderKilledError,
    in_order,
)

pytestmark = pytest.mark.anyio
_REFUSED = AttemptResult(why="status 422", refused=True)


@pytest.fixture
async def world(dsn: str, conn: Connection) -> AsyncIterator[DeliveryWorld]:
    pool = await open_pool(dsn, max_size=2, limits=WORKER_LIMITS)
    async with pool:
        yield DeliveryWorld(pool=pool, conn=conn)


async def test_nothing_is_lost_when_a_receiver_is_down_for_a_day(world: DeliveryWorld) -> None:
    keys = [f"{patient}/{number}" for number, patient in product(range(8), (1, 2, 3))]
    world.receiver.usual = DOWN
    for key in keys:
        await world.put(key)
        await world.pass_time(3 * HOUR_MS, HOUR_MS)
    assert world.now_ms - 1_795_000_000_000 == 3 * DAY_MS
    assert (world.receiver.taken, await world.waiting()) == ([], keys)
    world.receiver.usual = OK
    await world.pass_time(30 * MINUTE_MS, MINUTE_MS)
    assert (sorted(world.receiver.taken), await world.waiting()) == (sorted(keys), [])
    assert in_order(world.receiver.got)


async def test_a_receiver_that_is_down_is_tried_at_most_every_quarter_of_an_hour(
    world: DeliveryWorld,
) -> None:
    await world.put(*(f"1/{number}" for number in range(5)), *(f"2/{n}" for n in range(5)))
    world.receiver.usual = DOWN
    await world.pass_time(DAY_MS, MINUTE_MS)
    assert len(world.receiver.got) < 110
    assert set(world.receiver.got) == {"1/0", "2/0"}


async def test_a_message_at_which_a_receiver_stumbles_holds_back_its_patient_only(
    world: DeliveryWorld,
) -> None:
    await world.put("1/0", "1/1", "2/0")
    world.receiver.answers = [DOWN, OK, DOWN]
    await world.pass_time(10_000, 5_000)
    await world.put("2/1")
    await world.pass_time(5_000, 5_000)
    assert world.receiver.got == ["1/0", "2/0", "1/0", "2/1"]
    await world.pass_time(30_000, 5_000)
    assert world.receiver.taken == ["2/0", "2/1", "1/0", "1/1"]


async def test_500_and_then_200_is_one_message_with_one_key(world: DeliveryWorld) -> None:
    world.receiver.answers = [DOWN]
    await world.put("1/0", "1/1")
    assert await world.deliver_all() == ["failed"]
    await world.pass_time(6_000, 6_000)
    assert world.receiver.got == ["1/0", "1/0", "1/1"]
    assert await world.waiting() == []


async def test_a_sender_that_is_killed_in_the_middle_sends_again_under_the_same_key(
    world: DeliveryWorld,
) -> None:
    world.receiver.answers = [SenderKilledError()]
    await world.put("1/0", "1/1")
    with pytest.raises(SenderKilledError):
        await world.deliver()
    world.restart()
    assert await world.deliver_all() == ["sent", "sent"]
    assert world.receiver.got == ["1/0", "1/0", "1/1"]


async def test_nothing_of_a_patient_overtakes_while_another_sender_has_the_first(
    world: DeliveryWorld, dsn: str
) -> None:
    await world.put("1/0", "1/1", "2/0", "/9")
    other = await open_pool(dsn, max_size=1, limits=WORKER_LIMITS)
    async with other, other.connection() as conn:
        held = await outbox.take_messages(conn, EHR, world.now_ms, 1)
        assert [row.key for row in held] == ["1/0"]
        assert await world.deliver_all() == ["sent", "sent"]
        assert world.receiver.got == ["2/0", "/9"]
    assert await world.deliver_all() == ["sent", "sent"]
    assert world.receiver.got[2:] == ["1/0", "1/1"]


async def test_a_recipient_holds_back_no_other(world: DeliveryWorld) -> None:
    await world.put("1/0", recipient="a")
    await world.put("1/1", recipient="b")
    world.receiver.answers = [_REFUSED]
    assert await world.deliver_all() == ["failed", "sent"]
    assert world.receiver.got == ["1/0", "1/1"]


async def test_a_message_that_is_refused_is_dead_after_an_hour_and_the_next_goes(
    world: DeliveryWorld,
) -> None:
    await world.put("1/0")
    world.receiver.answers = [_REFUSED] * 40
    await world.pass_time(REFUSED_GIVE_UP_MS - MINUTE_MS, MINUTE_MS)
    world.receiver.answers = [_REFUSED]
    await world.put("1/1")
    assert "1/1" not in world.receiver.got
    await world.pass_time(2 * LONGEST_PAUSE_MS, MINUTE_MS)
    assert (world.receiver.taken, await world.waiting()) == (["1/1"], ["1/0"])


async def test_a_message_that_waited_behind_another_has_all_of_its_time(
    world: DeliveryWorld,
) -> None:
    await world.put("1/0", "1/1")
    world.receiver.usual = DOWN
    await world.pass_time(GIVE_UP_MS + 2 * HOUR_MS, HOUR_MS)
    dead = "select key from outbox where dead_at is not null"
    assert await (await world.conn.execute(dead)).fetchall() == [("1/0",)]
    assert world.receiver.got[-1] == "1/1"
    world.receiver.usual = OK
    await world.pass_time(HOUR_MS, LONGEST_PAUSE_MS)
    assert (world.receiver.taken, await world.waiting()) == (["1/1"], ["1/0"])


class _Served:
    """A receiver over HTTP, in a thread, which answers as `answers` says in turn, then with 200.

    With None it keeps the answer back until it is stopped.
    """

    def __init__(self, *answers: int | None) -> None:
        self.ids: list[str] = []
        self.came, self.stop = threading.Event(), threading.Event()
        left = list(answers)
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                served.ids.append(self.headers["webhook-id"])
                self.rfile.read(int(self.headers["content-length"]))
                answer = left.pop(0) if left else 200
                served.came.set()
                if answer is None:
                    served.stop.wait()
                    answer = 200
                self.send_response(answer)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/in"

    def close(self) -> None:
        self.stop.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def _receiver(url: str) -> Receiver:
    key = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
    return Receiver(name=EHR, kind=ReceiverKind.WEBHOOK, url=url, keys=(key,))


async def test_an_answer_after_the_timeout_brings_the_same_key_again(
    world: DeliveryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.delivery.receivers.WITHIN_S", 0.2)
    served = _Served(None, 500)
    try:
        async with open_channels("", "", [_receiver(served.url)]) as (world.channel,):
            await world.put("1/0", "1/1")
            assert await world.deliver_all() == ["failed"]
            served.stop.set()
            await world.pass_time(MINUTE_MS, 10_000)
    finally:
        served.close()
    assert len(served.ids) == 4
    assert len({*served.ids[:3]}) == 1
    assert len({*served.ids}) == 2
    assert await world.waiting() == []


def _killed_when_it_came(served: _Served, words: list[str]) -> None:
    """Run a process until its message has come, and kill it before it has an answer."""
    with subprocess.Popen(words, cwd=ROOT) as process:
        assert served.came.wait(60)
        process.send_signal(signal.SIGKILL)


_PROGRAM = """
import asyncio, sys
from tests.storage.alerts.test_delivering import send_next
asyncio.run(send_next(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


async def send_next(dsn: str, url: str, now_ms: int) -> DeliveryOutcome:
    """Send the next message as a process of its own does."""
    pool = await open_pool(dsn, max_size=1, limits=WORKER_LIMITS)
    async with pool, open_channels("", "", [_receiver(url)]) as (channel,):
        return await deliver_next(pool, channel, lambda: now_ms)


async def test_a_process_that_is_killed_in_the_middle_loses_no_message(
    world: DeliveryWorld, dsn: str
) -> None:
    await world.put("1/0", "1/1")
    served = _Served(None)
    try:
        words = [sys.executable, "-c", _PROGRAM, dsn, served.url, str(world.now_ms)]
        await asyncio.to_thread(_killed_when_it_came, served, words)
        outcomes = [DeliveryOutcome.NOTHING]
        # the server notices the end of the connection in its own time
        while outcomes[-1] is DeliveryOutcome.NOTHING:
            outcomes.append(await send_next(dsn, served.url, world.now_ms))
        outcomes.append(await send_next(dsn, served.url, world.now_ms))
    finally:
        served.close()
    assert outcomes[-2:] == [DeliveryOutcome.SENT, DeliveryOutcome.SENT]
    assert served.ids[0] == served.ids[1] != served.ids[2]
    assert await world.waiting() == []
