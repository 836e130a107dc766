"""Messages that were given up: listed without what they say, sent again under their key."""

from collections.abc import AsyncIterator

import pytest

from model.calendar import DAY_MS, HOUR_MS, utc
from model.messages.contact import Digest, QuietHours
from model.messages.outgoing import AttemptResult
from storage.alerts import messages, outbox, store
from storage.people import care_team
from storage.people.clinician_contact import ClinicianReach, put_reach
from storage.people.errors import UnknownNameError
from storage.pg.pool import WORKER_LIMITS, Connection, open_pool
from tests.rows import values_of
from tests.storage.alerts.delivery_world import EHR, DeliveryWorld

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(dsn: str, conn: Connection) -> AsyncIterator[DeliveryWorld]:
    pool = await open_pool(dsn, max_size=2, limits=WORKER_LIMITS)
    async with pool:
        yield DeliveryWorld(pool=pool, conn=conn)


async def test_a_dead_message_is_listed_and_sent_again_under_its_key(world: DeliveryWorld) -> None:
    await world.put("1/0", "1/1")
    world.receiver.answers = [AttemptResult(why="status 422", refused=True)] * 30
    await world.pass_time(2 * HOUR_MS, HOUR_MS // 4)
    world.receiver.answers = []
    await world.pass_time(HOUR_MS, HOUR_MS // 4)
    [dead] = await messages.unsent_messages(world.conn, EHR, 10, dead=True)
    assert (dead.state, dead.why) == ("dead", "status 422")
    [count] = await messages.unsent_counts(world.conn)
    assert (count.channel, count.waiting, count.dead, count.oldest_ms) == (EHR, 0, 1, None)
    assert await messages.retry_messages(world.conn, [dead.number], None, world.now_ms) == 1
    assert await messages.retry_messages(world.conn, [dead.number], None, world.now_ms) == 0
    await world.conn.commit()
    assert await world.deliver_all() == ["sent"]
    assert world.receiver.taken == ["1/1", "1/0"]


async def test_only_a_dead_message_is_dropped(world: DeliveryWorld) -> None:
    await world.put("1/0")
    [waiting] = await messages.unsent_messages(world.conn, None, 10, dead=False)
    assert await messages.drop_messages(world.conn, [waiting.number]) == 0
    await world.conn.execute("update outbox set dead_at = now()")
    assert await messages.drop_messages(world.conn, [waiting.number]) == 1
    assert await messages.unsent_counts(world.conn) == []


async def test_no_message_is_compared_with_all_that_wait(conn: Connection) -> None:
    # of a table without statistics the planner expects a single row, and then a join looks cheap
    planned = await conn.execute(
        "explain (costs off) " + outbox._TAKE, ["derived", utc(DAY_MS), 500]
    )
    plan = "\n".join(line for (line,) in await planned.fetchall())
    assert "Join" not in plan


async def test_a_contact_has_how_a_clinician_wants_to_be_reached(conn: Connection) -> None:
    for subject in ("c", "d"):
        clinician = care_team.Clinician(subject=subject, name="C", email="c@x.example", unit="unit")
        await care_team.add_clinician(conn, clinician)
    quiet = QuietHours(from_min=1_200, until_min=420)
    wish = ClinicianReach(way="sms", phone="+46700000000", quiet=quiet, digest=Digest.DAILY)
    await put_reach(conn, "c", ClinicianReach(way="none", phone="", quiet=None, digest=Digest.NONE))
    await put_reach(conn, "c", wish)
    number = await (await conn.execute("select id from patient where pseudonym = 'p1'")).fetchone()
    assert number is not None
    contacts = await store.contacts(conn, number[0])
    assert sorted(values_of(contacts, "subject", "way", "phone", "quiet", "digest")) == [
        ("c", "sms", "+46700000000", quiet, Digest.DAILY),
        ("d", "email", "", None, Digest.WEEKLY),
    ]
    with pytest.raises(UnknownNameError, match="no such clinician"):
        await put_reach(conn, "nobody", wish)
