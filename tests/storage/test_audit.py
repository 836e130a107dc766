"""What somebody with a connection may try on the audit log, and that none of it works."""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import psycopg
import pytest
from psycopg import AsyncConnection

from storage import audit
from storage.audit_actions import AuditAction
from storage.erase import erase
from storage.pg.pool import Connection
from tests.rooms import ROOMS, ROOT
from tests.rows import cells_of, values_of

pytestmark = pytest.mark.anyio

ACTOR = audit.Actor(subject="c-1", role="clinician", care_unit="unit")
UNLINK = (
    "update audit set patient = null, erasure = (select max(id) from erasure), object = '', "
    "detail = '{}', salt = null"
)
_ROW = (
    "insert into audit (at, actor, role, action, patient) "
    "values (now(), {actor}, {role}, {action}, 1)"
)


async def _written(conn: Connection, patient: str = "p1") -> None:
    entry = audit.AuditEntry(
        at_ms=0, actor=ACTOR, action=AuditAction.DATA_READ, patient=patient, object="patient"
    )
    await audit.write_entry(conn, entry)
    await conn.commit()


async def _rows(conn: Connection) -> list[tuple[object, ...]]:
    return await (
        await conn.execute("select id, at, actor, action, patient, object from audit order by id")
    ).fetchall()


@pytest.mark.parametrize(
    "attack",
    [
        "update audit set actor = 'nobody'",
        "update audit set at = at - interval '1 day'",
        "update audit set recorded_at = recorded_at - interval '1 day'",
        "update audit set action = 'DATA.READ'",
        "delete from audit",
        "truncate audit",
        "truncate patient cascade",
        "insert into erasure (at) values (now()); delete from erasure",
        "truncate erasure cascade",
    ],
)
async def test_a_line_cannot_be_changed_or_removed_even_by_a_superuser(
    conn: Connection, attack: str
) -> None:
    await _written(conn)
    before = await _rows(conn)
    with pytest.raises(psycopg.Error, match="append-only"):
        await conn.execute(attack.encode())
    await conn.rollback()
    assert await _rows(conn) == before


async def test_a_false_erasure_does_not_unlink(conn: Connection) -> None:
    await _written(conn)
    before = await _rows(conn)
    await conn.execute("insert into erasure (at) values (now())")
    await conn.execute(UNLINK)
    with pytest.raises(psycopg.Error, match="the patient was not erased"):
        await conn.commit()
    await conn.rollback()
    assert await _rows(conn) == before


async def test_an_older_receipt_does_not_unlink(conn: Connection) -> None:
    receipt = await erase(conn, "p2", 0)
    await conn.commit()
    await _written(conn)
    with pytest.raises(psycopg.Error, match="append-only"):
        await conn.execute(
            "select audit_forget(id, %s) from patient where pseudonym = 'p1'", [receipt.number]
        )
    await conn.rollback()
    with pytest.raises(psycopg.Error, match="append-only"):
        await conn.execute("update erasure set counts = '{}'")


async def test_the_database_says_when_a_line_was_written_whatever_the_writer_says(
    conn: Connection, dsn: str
) -> None:
    async with await AsyncConnection.connect(dsn, autocommit=True) as clock:
        before = await (await clock.execute("select clock_timestamp()")).fetchone()
        await conn.execute(
            "insert into audit (at, actor, role, action, recorded_at)"
            " values ('2020-01-01', 'a', 'r', 'data.read', '2020-01-01')"
        )
        row = await (await conn.execute("select at::date::text, recorded_at from audit")).fetchone()
        after = await (await clock.execute("select clock_timestamp()")).fetchone()
    assert before
    assert row
    assert after
    assert row[0] == "2020-01-01"
    assert before[0] <= row[1] <= after[0]


@pytest.mark.parametrize(
    "action", ["Data.Read", "DATA.READ", " data.read", "data.read ", "data.read\n", "read", ""]
)
async def test_an_action_has_one_spelling(conn: Connection, action: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        await conn.execute(_ROW.format(actor="'a'", role="'r'", action="%s"), [action])


@pytest.mark.parametrize("name", ["", " c-1", "c-1 ", "c-1\n", "c\t1"])
@pytest.mark.parametrize("column", ["actor", "role"])
async def test_who_acted_has_no_spaces_around(conn: Connection, column: str, name: str) -> None:
    words = {"actor": "'a'", "role": "'r'", "action": "'data.read'"} | {column: "%s"}
    with pytest.raises(psycopg.errors.CheckViolation):
        await conn.execute(_ROW.format(**words), [name])


async def test_no_list_takes_another_spelling(conn: Connection) -> None:
    for action in ("Data.more", "data", "data..read", "data.read ", ".read"):
        with pytest.raises(psycopg.errors.CheckViolation):
            await conn.execute("insert into audit_action values (%s)", [action])
        await conn.rollback()


async def test_the_database_knows_every_action_of_the_program(conn: Connection) -> None:
    actions = await (await conn.execute("select action from audit_action")).fetchall()
    assert set(cells_of(actions, 0)) == set(values_of(AuditAction, "value"))


async def test_two_clinicians_do_not_differ_by_case_alone(conn: Connection) -> None:
    row = (
        "insert into clinician (subject, name, email, care_unit) select %s, 'n', '', id "
        "from care_unit limit 1"
    )
    await conn.execute(row, ["c-1"])
    with pytest.raises(psycopg.errors.UniqueViolation):
        await conn.execute(row, ["C-1"])


def entries() -> Iterator[tuple[Path, ast.expr]]:
    """Give what each `audit.AuditEntry(...)` of the sources has as its action."""
    for path in sorted(chain.from_iterable((ROOT / room).rglob("*.py") for room in ROOMS)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.AuditEntry":
                yield (
                    path,
                    next(keyword.value for keyword in node.keywords if keyword.arg == "action"),
                )


def test_no_source_spells_an_action_by_hand() -> None:
    written = list(entries())
    assert len(written) >= 8
    by_hand = ast.Constant | ast.JoinedStr
    assert [
        f"{path}: {ast.unparse(value)}" for path, value in written if isinstance(value, by_hand)
    ] == []
