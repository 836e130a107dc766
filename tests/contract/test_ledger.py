"""The account of offsets against the log.

A hole is fetched again, and a log that does not fit stops the worker.
"""

import time

from model.topics import RAW
from storage.facts import offsets
from storage.people import accounts, care_team, consents, patients
from storage.pg.pool import Connection
from tests.contract.conftest import CONTRACT_NOW_MS
from tests.contract.test_worker import report_body
from tests.rig import RIG_KEY, Rig


def add_patient(rig: Rig) -> None:
    async def add(conn: Connection) -> None:
        await care_team.add_unit(conn, "Unit")
        await patients.add_patient(
            conn, wrapping_key=RIG_KEY, unit="Unit", zone="UTC", now_ms=0, pseudonym="p"
        )
        await consents.give_consent(conn, "p", "reports", from_ms=0, now_ms=0)
        await accounts.link_account(conn, "p", "reports", "a", 0)

    rig.do(add)


def send_reports(rig: Rig, first: int, last: int) -> None:
    for number in range(first, last):
        rig.append("reports", report_body("a", f"r{number}", 0), received_ms=CONTRACT_NOW_MS)
    rig.flush()


def ledger_facts(rig: Rig) -> int:
    return int(rig.value("select count(*) from fact"))


def ended(rig: Rig) -> str:
    """Return what the worker printed when it ended by itself with status 1."""
    (worker,) = rig.workers
    assert worker.wait(60) == 1
    rig.workers.clear()
    return rig.tail()


async def raw_name(conn: Connection) -> str:
    """Return the name that the account of `kadens.raw` is kept under."""
    rows = await (await conn.execute("select distinct topic from stream_offset")).fetchall()
    (name,) = [name for (name,) in rows if name.startswith(f"{RAW.name}@")]
    return str(name)


def test_a_hole_is_seen_and_fetched_again(own: Rig) -> None:
    """Two partitions whose commit is ahead of what was stored, as by a faulty stream library."""
    add_patient(own)
    own.start_worker()
    send_reports(own, 0, 40)
    own.wait(lambda: ledger_facts(own) == 40, "40 facts")
    own.stop()

    async def forget(conn: Connection) -> int:
        name = await raw_name(conn)
        done = await offsets.finished(conn, name)
        for part in (0, 1):
            await offsets.skip_to(conn, name, part, 0)
        await conn.execute("truncate fact, record cascade")
        return done[0] + done[1]

    lost = own.do(forget)
    assert lost > 0
    send_reports(own, 40, 100)
    ends = 0
    while ledger_facts(own) < 60 + lost:
        worker = own.start_worker()
        while worker.poll() is None and ledger_facts(own) < 60 + lost:
            time.sleep(0.05)
        if worker.poll() is not None:
            own.workers.clear()
            ends += 1
        assert ends <= 2, own.tail()
    assert ends > 0
    assert "were never delivered" in own.tail()
    own.stop()
    assert ledger_facts(own) == 60 + lost


def test_a_database_restored_from_a_copy_is_filled_again(own: Rig) -> None:
    """The account is older than what the group has committed, and no new message shows it."""
    add_patient(own)
    own.settings["KADENS_STALL_S"] = "6"
    own.start_worker()
    send_reports(own, 0, 40)
    own.wait(lambda: ledger_facts(own) == 40, "40 facts")
    own.stop()

    async def restore(conn: Connection) -> int:
        name = await raw_name(conn)
        done = await offsets.finished(conn, name)
        await offsets.skip_to(conn, name, 0, 0)
        await conn.execute("truncate fact, record cascade")
        return done[0]

    lost = own.do(restore)
    assert lost > 0
    own.start_worker()
    assert "kadens.raw[0]: offsets 0 to" in ended(own)
    own.start_worker()
    own.wait(lambda: ledger_facts(own) == lost, "what was lost")


def test_less_log_than_was_finished_stops_the_worker(own: Rig) -> None:
    add_patient(own)
    own.start_worker()
    send_reports(own, 0, 8)
    own.wait(lambda: ledger_facts(own) == 8, "8 facts")
    own.stop()

    async def more(conn: Connection) -> None:
        await offsets.skip_to(conn, await raw_name(conn), 3, 1_000)

    own.do(more)
    own.start_worker()
    assert "kadens.raw[3]: this database has finished up to offset 1000" in ended(own)
