"""After a handler has failed nothing more is acknowledged until the process ends.

The chaos tests revealed this: an agent that ended by its exception let Faust acknowledge the
messages behind the failed message, and the last commit passed over it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from kadens.embedded.mock import MockKafka
from model.topics import RAW, TOPICS
from stream.agents import TopicHandler, add_agents
from stream.app import GROUP, make_app
from stream.log.look import LogView, open_log
from stream.log.messages import Outgoing, Run
from stream.log.producer import open_producer
from stream.metrics import make_metrics
from tests.rows import matching, values_of

_TRIES = 600


async def _holds(look: Callable[[], Awaitable[bool]]) -> bool:
    for _ in range(_TRIES):
        if await look():
            return True
        await asyncio.sleep(0.05)
    return False


async def committed(view: LogView) -> int:
    return sum((await view.committed(GROUP, [RAW.name])).values())


async def scene(brokers: str) -> int:
    """Let 20 messages succeed, the next fail and 30 more come in.

    Returns what is committed after the end.
    """
    message = Outgoing(topic=RAW.name, key=b"one partition", value=b"")

    async def handler(batch: Sequence[Run]) -> None:
        if batch[0].next > 20:
            raise ValueError("planned")

    app = make_app(
        brokers=brokers,
        worker_id="",
        mock=True,
        commit_interval_s=0.1,
        session_s=6.0,
    )
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    done: dict[tuple[str, int], int] = {}
    add_agents(app, {RAW.name: TopicHandler(handler=handler)}, done, make_metrics(), failed)
    async with open_log(brokers) as view, open_producer(brokers) as producer:
        await producer.send_all([message] * 20)
        await app.start()

        async def all_committed() -> bool:
            return await committed(view) == 20

        async def has_failed() -> bool:
            return failed.done()

        async def all_fetched() -> bool:
            places = matching(app.consumer.assignment(), topic=RAW.name)
            return 51 in [await app.consumer.position(position) for position in places]

        try:
            assert await _holds(all_committed)
            await producer.send_all([message])
            assert await _holds(has_failed)
            await producer.send_all([message] * 30)
            assert await _holds(all_fetched)
        finally:
            await app.stop()
        assert isinstance(failed.exception(), Exception)
        return await committed(view)


def test_nothing_is_acknowledged_after_a_failure() -> None:
    with MockKafka(dict(values_of(TOPICS, "name", "partitions"))) as mock:
        assert asyncio.run(scene(mock.address)) == 20
