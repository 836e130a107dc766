# ruff: noqa: S608 - these databases are made to be hostile
"""Databases that mean no good: they run nothing, write nothing, and end in bounded time and memory.

What can be read before the damage is kept, and the damage is told.
"""

import resource
import sqlite3
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest

from model.calendar import HOUR_MS
from model.errors import BodyError
from model.facts import Parsed, RejectKind, SampleBlock, Workout
from parsers.formats import parse
from parsers.health_connect.cutting import cut_health_connect
from parsers.health_connect.database import Database
from simulate.exports.health_connect import CarriedDays, export_of
from tests.fuzz.database_changes import small_database
from tests.rows import matching, of_type, values_of

_SECONDS, _GROWTH = 2.0, 300 * 1024 * 1024
_PAGE = 4096
_FIRST_MS = 1_790_208_000_000
_STEPS = "create table steps_record_table(row_id integer primary key, start_time, end_time, count)"
_ROW = f"insert into steps_record_table values(1, {_FIRST_MS}, {_FIRST_MS + 9}, 5)"
_HEART = """create table heart_rate_record_table(row_id integer primary key, start_time);
    create table heart_rate_record_series_table(parent_key, beats_per_minute, epoch_millis)"""


def _made(script: str, page: int = _PAGE) -> bytearray:
    connection = sqlite3.connect(":memory:")
    connection.executescript(f"pragma page_size={page}; vacuum; {script}")
    return bytearray(connection.serialize())


def _of_person(days: int = 30) -> bytearray:
    return bytearray(export_of(CarriedDays(first_ms=_FIRST_MS, days=days)).written())


@contextmanager
def _bounds() -> Iterator[None]:
    """Allow the block as much time and memory as a body may take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + _GROWTH, hard))
    began = time.process_time()
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert time.process_time() - began < _SECONDS


def _read(payload: bytes | bytearray) -> Parsed:
    """Return what is read of a database within the bounds, which its pieces give as well."""
    with _bounds():
        parsed = parse("files", bytes(payload))
    with _bounds():
        pieces = list(cut_health_connect(BytesIO(bytes(payload))))
    again: list[SampleBlock] = []
    for piece in pieces:
        again += of_type(SampleBlock, parse("files", piece).facts)
    assert sum(len(block.t) for block in again) == _samples(parsed)
    return parsed


@pytest.mark.parametrize("versions", [(1, 1), (2, 2), (1, 5), (0x80, 0xFF)])
def test_a_file_has_the_rows_of_its_bytes(tmp_path: Path, versions: tuple[int, int]) -> None:
    """Two bytes of the header stop SQLite before it opens a file, and say nothing of the rows."""
    payload, path = _of_person(), tmp_path / "export.db"
    right = list(cut_health_connect(BytesIO(bytes(payload))))
    payload[18:20] = bytes(versions)
    path.write_bytes(payload)
    with path.open("rb") as file:
        assert list(cut_health_connect(file)) == right
    assert list(cut_health_connect(BytesIO(bytes(payload)))) == right


def test_a_cell_beyond_its_page_ends_the_rows_at_its_page_every_time() -> None:
    payload = bytearray(small_database())
    pages = range(0, len(payload), 512)
    # leaves of a table, in their order; each has the places of its cells behind eight bytes
    leaves = [at for at in pages if payload[at] == 13 and payload[at + 3 : at + 5] > b"\0\10"]
    payload[leaves[2] + 18 : leaves[2] + 20] = (511).to_bytes(2, "big")
    database = Database.of_bytes(bytes(payload))
    for columns in (("row_id",), ("count",), ()):
        (rows,) = database.rows("steps_record_table", columns)
        # two leaves of rows come before the damaged one
        assert [row[0] for row in rows] == list(range(1, 18))
    database.close()


def _samples(parsed: Parsed) -> int:
    return sum(len(block.t) for block in of_type(SampleBlock, parsed.facts))


def _refused(payload: bytes | bytearray) -> str:
    with _bounds(), pytest.raises(BodyError) as caught:
        parse("files", bytes(payload))
    with _bounds():
        (piece,) = cut_health_connect(BytesIO(bytes(payload)))
    assert values_of(parse("files", piece).rejects, "why") == [caught.value.why]
    return caught.value.why


_NO_TABLES = "an SQLite database without the tables of Health Connect"


@pytest.mark.parametrize(
    "script",
    [
        "create table other(x)",
        "create view steps_record_table as select 1 start_time, 2 end_time, 3 count",
        """create view steps_record_table as with recursive r(n) as
           (select 1 union all select n + 1 from r) select n start_time, n end_time, n count
           from r""",
        "create virtual table steps_record_table using fts5(start_time, end_time, count)",
        """create table t(x); pragma writable_schema=on; insert into sqlite_master values
           ('table', 'steps_record_table', 'steps_record_table', 0,
            'CREATE VIEW steps_record_table AS SELECT 1 start_time, 2 end_time, 3 count')""",
        """create table t(x); pragma writable_schema=on; insert into sqlite_master values
           ('table', 'steps_record_table', 'steps_record_table', 0,
            'CREATE VIRTUAL TABLE steps_record_table USING fts5(start_time, end_time, count)')""",
        """create table t(start_time, end_time, count); pragma writable_schema=on;
           update sqlite_master set name = 'steps_record_table'""",
    ],
    ids=["other", "view", "endless", "virtual", "masked", "masked virtual", "renamed"],
)
def test_only_ordinary_tables_are_read(script: str) -> None:
    assert _refused(_made(script)) == _NO_TABLES


@pytest.mark.parametrize(
    ("script", "where", "why"),
    [
        (
            "create view steps_record_table as select 1 start_time, 2 end_time, 3 count",
            "steps_record_table",
            "a view, or a table of another kind, which is not read",
        ),
        (
            "create virtual table application_info_table using fts5(package_name)",
            "application_info_table",
            "a view, or a table of another kind, which is not read",
        ),
        (
            "create table steps_record_table(start_time, end_time as (start_time + 60000), count)",
            "steps_record_table",
            "a table without the columns that are read",
        ),
        (
            "create table exercise_session_record_table(begun, ended)",
            "exercise_session_record_table",
            "a table without the columns that are read",
        ),
        (
            _HEART.partition(";")[2],
            "heart_rate_record_series_table",
            "values without their records, or the reverse",
        ),
    ],
)
def test_a_table_that_is_there_and_not_read_is_told(script: str, where: str, why: str) -> None:
    weight = "create table weight_record_table(time, weight)"
    parsed = _read(_made(f"{weight}; insert into weight_record_table values({_FIRST_MS}, 70000)"))
    assert (_samples(parsed), parsed.rejects) == (1, ())
    parsed = _read(
        _made(f"{weight}; insert into weight_record_table values({_FIRST_MS}, 70000); {script}")
    )
    assert _samples(parsed) == 1
    assert values_of(parsed.rejects, "where", "why") == [(where, why)]


@pytest.mark.parametrize("time", ["0", "'no time'", "null"])
def test_rows_of_one_time_are_no_batches_of_one_row(time: str) -> None:
    rows = "with recursive r(x) as (select 1 union all select x + 1 from r limit 20000)"
    payload = _made(
        f"{_STEPS}; {rows} insert into steps_record_table select x, {time}, {time}, 5 from r"
    )
    pieces = list(cut_health_connect(BytesIO(bytes(payload))))
    assert 1 <= len(pieces) <= 20_000 // 256 + 1
    parsed = _read(payload)
    assert not parsed.facts
    assert sum(values_of(parsed.rejects, "count")) == 20_000


def test_nothing_of_a_database_runs() -> None:
    script = f"""{_STEPS}; {_ROW}; create table log(x);
        create view other as select * from steps_record_table;
        create trigger t after insert on steps_record_table begin insert into log values(1); end;
        alter table steps_record_table add column g as (abs(count))"""
    database = Database.of_bytes(bytes(_made(script)))
    for forbidden in (
        "insert into steps_record_table(count) values(1)",
        "update steps_record_table set count = 1", "delete from steps_record_table",
        "create table evil(x)", "drop table log", "attach 'evil.db' as evil",
        "pragma writable_schema=off", "pragma journal_mode=wal", "vacuum into 'evil.db'",
        "select * from other", "select abs(1)",
        "with recursive r(n) as (select 1 union all select n+1 from r) select n from r",
    ):  # fmt: skip
        with pytest.raises(sqlite3.DatabaseError):
            database.connection.execute(forbidden).fetchall()
    assert _samples(_read(_made(script))) == 1


@pytest.mark.parametrize(
    "column",
    [
        "g not null as (length(hex(zeroblob(500000))))",
        "g /* as (1) */ not null as/**/(length(hex(zeroblob(500000))))",
        "g check (length(hex(zeroblob(500000))) > 0)",
    ],
)
def test_no_expression_of_a_table_is_computed(column: str) -> None:
    script = f"create table steps_record_table(start_time, end_time, count, {column});"
    script += "with recursive r(n) as (select 0 union all select n + 1 from r where n < 9999) "
    script += "insert into steps_record_table(start_time, end_time, count) "
    script += f"select {_FIRST_MS} + n, {_FIRST_MS} + n + 9, 5 from r"
    made = _made(script.replace("500000", "000001"))
    assert _samples(_read(made.replace(b"(000001)", b"(500000)"))) == 10_000


def test_a_generated_column_is_none_of_the_columns() -> None:
    script = """create table steps_record_table(row_id integer primary key, start_time, end_time,
        count as (start_time * 0 + 1000))"""
    assert _read(_made(script)).facts == ()


@pytest.mark.parametrize("page", [512, 1024, 65_536])
def test_a_write_ahead_log_that_is_not_there_is_not_waited_for(page: int) -> None:
    script = f"{_STEPS}; {_ROW}"
    database = _made(script, page)
    database[18:20] = b"\2\2"
    assert _samples(_read(database)) == 1


def test_texts_in_utf_16_are_read() -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        f"""pragma encoding='UTF-16le'; {_STEPS}; create table application_info_table(row_id integer
        primary key, package_name text); insert into application_info_table values(1, 'com.é');
        alter table steps_record_table add column app_info_id;
        insert into steps_record_table values(1, {_FIRST_MS}, {_FIRST_MS + 9}, 5, 1)"""
    )
    parsed = _read(bytearray(connection.serialize()))
    assert values_of(parsed.facts, "head.source.app") == ["com.é"]


@pytest.mark.parametrize("part", [0.6, 0.75, 0.9])
def test_of_a_database_that_is_cut_off_the_beginning_is_kept(part: float) -> None:
    database = _of_person()
    parsed = _read(database[: int(len(database) * part)])
    complete = parse("files", bytes(database))
    assert 0 < _samples(parsed) < _samples(complete)
    assert not parsed.complete
    assert RejectKind.DAMAGED in values_of(parsed.rejects, "kind")


def test_a_page_without_sense_ends_its_table_and_no_other() -> None:
    database = _of_person()
    at = database.index(
        struct.pack(">Q", _FIRST_MS + 7 * HOUR_MS)[2:]
    )  # a time within a page of steps
    page = at // _PAGE * _PAGE
    database[page : page + _PAGE] = b"\xa5" * _PAGE
    parsed = _read(database)
    assert not parsed.complete
    assert len(of_type(Workout, parsed.facts)) == 30
    assert _samples(parsed) >= 30 * 360


@pytest.mark.parametrize(
    "payload",
    [
        b"SQLite format 3\0",
        b"SQLite format 3\0" + bytes(84),
        b"SQLite format 3\0" + bytes(range(256)) * 400,
        b"SQLite format 3\0" + b"\x10\0\1\1\0@  " + bytes(4072),
    ],
    ids=["magic", "header", "noise", "empty"],
)
def test_no_database_is_behind_the_first_bytes(payload: bytes) -> None:
    assert _refused(payload) in {"damaged: what follows cannot be read", _NO_TABLES}


def _interior(children: list[int], keys: list[int], right: int) -> bytes:
    """Return a page of a table's tree that points to other pages."""
    cells, end = bytearray(), _PAGE
    offsets: list[int] = []
    for child, key in zip(children, keys, strict=True):
        cell = struct.pack(">I", child) + _varint(key)
        end -= len(cell)
        offsets.append(end)
        cells[:0] = cell
    head = struct.pack(">BHHHBI", 5, 0, len(children), end, 0, right)
    pointers = struct.pack(f">{len(offsets)}H", *offsets)
    return (head + pointers).ljust(end, b"\0") + bytes(cells)


def _varint(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def test_rows_that_a_tree_claims_a_thousand_million_times_are_read_once() -> None:
    script = f"{_HEART}; insert into heart_rate_record_table values(1, {_FIRST_MS});"
    for number in range(100):
        script += f"insert into heart_rate_record_series_table values(1,90,{_FIRST_MS + number});"
    database = _made(script)
    root = 3  # of the series: the schema is the first page, the records the second
    leaf = bytes(database[(root - 1) * _PAGE : root * _PAGE])
    pages = len(database) // _PAGE
    for level in range(8):  # each points three hundred times to the next, the last to the leaf
        target = pages + 2 + level if level < 7 else pages + 9
        page = _interior([target] * 300, list(range(100, 400)), target)
        if level == 0:
            database[(root - 1) * _PAGE : root * _PAGE] = page
        database += page
    database += leaf
    database[28:32] = struct.pack(">I", len(database) // _PAGE)
    assert _samples(_read(database)) == 100


def test_pages_in_a_circle_end() -> None:
    database = _made(f"{_STEPS}; insert into steps_record_table values(1, {_FIRST_MS}, 1, 5)")
    database[_PAGE : 2 * _PAGE] = _interior([2] * 300, list(range(300)), 2)
    assert (_read(database).facts, _read(database).complete) == ((), False)


def test_rows_that_share_a_long_chain_of_pages_cost_no_time() -> None:
    """Each row claims a megabyte of the same pages before its count."""
    page, rows, long = 512, 40_000, 1_000_000
    script = "create table steps_record_table(pad, start_time, end_time, count);"
    script += f"insert into steps_record_table values(zeroblob({long}), {_FIRST_MS}, 1, 5);"
    script += f"with recursive r(n) as (select 1 union all select n+1 from r where n < {rows}) "
    script += f"insert into steps_record_table select zeroblob(20), {_FIRST_MS}, 1, 5 from r;"
    database = _made(script, page)
    leaf = _leaf_of(database, page)
    at = struct.unpack(">H", leaf[8:10])[0]
    size = _number(leaf[at:])
    begin = at + len(_varint(size)) + 1  # behind the size and the row id, which is 1
    payload = leaf[begin : begin + _local_bytes(size, page) + 4]  # and the next page
    for start in range(page, len(database), page):
        if database[start] == 13 and struct.unpack(">H", database[start + 3 : start + 5])[0] > 5:
            database[start : start + page] = _sharing(database[start : start + page], payload, size)
    parsed = _read(database)
    assert not parsed.complete


def _leaf_of(database: bytes | bytearray, page: int) -> bytes:
    for start in range(page, len(database), page):
        if database[start] == 13:
            return bytes(database[start : start + page])
    raise LookupError


def _local_bytes(size: int, page: int) -> int:
    """Return how many bytes of a payload lie in its leaf (the file format's own arithmetic)."""
    least = (page - 12) * 32 // 255 - 23
    usual = least + (size - least) % (page - 4)
    return usual if usual <= page - 35 else least


def _sharing(leaf: bytes | bytearray, payload: bytes, size: int) -> bytes:
    """Return a leaf with as many cells of the same payload as it has room for."""
    first = struct.unpack(">H", leaf[8:10])[0]
    row_id = _number(leaf[first + 1 :])
    cells, end = bytearray(), len(leaf)
    offsets: list[int] = []
    while end - len(payload) - 20 > 8 + 2 * len(offsets):
        cell = _varint(size) + _varint(row_id + len(offsets)) + payload
        end -= len(cell)
        offsets.append(end)
        cells[:0] = cell
    head = struct.pack(">BHHHB", 13, 0, len(offsets), end, 0)
    return (head + struct.pack(f">{len(offsets)}H", *offsets)).ljust(end, b"\0") + bytes(cells)


def _number(data: bytes | bytearray) -> int:
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    return value


@pytest.mark.slow
def test_so_many_tables_and_no_more() -> None:
    script = f"""{_STEPS}; pragma writable_schema=on;
        with recursive r(n) as (select 1 union all select n + 1 from r where n < 6000)
        insert into sqlite_master
        select 'table', 't' || n, 't' || n, 2, 'CREATE TABLE t' || n || '(x)' from r"""
    parsed = _read(_made(script))
    assert values_of(parsed.rejects, "why") == ["more tables than are read"]


def test_a_long_text_of_the_schema_costs_its_table_only() -> None:
    wide = ", ".join(f"c{n}" for n in range(1_900))
    script = f"{_STEPS}; {_ROW};"
    parsed = _read(_made(f"{script} create table wide({wide})"))
    assert _samples(parsed) == 1


def test_many_sources_are_bounded() -> None:
    script = f"{_STEPS}; alter table steps_record_table add column recording_method;"
    script += "with recursive r(n) as (select 1 union all select n+1 from r where n < 1000) "
    script += f"insert into steps_record_table select n, {_FIRST_MS}, {_FIRST_MS + 9}, 5, n from r;"
    parsed = _read(_made(script))
    assert len(parsed.facts) == 256
    assert RejectKind.TOO_MUCH in values_of(parsed.rejects, "kind")


def test_records_of_any_number_are_looked_up_and_no_more_than_are_there() -> None:
    script = f"{_HEART}; insert into heart_rate_record_table values(-5, 0), ({2**62}, 0);"
    for number, key in enumerate([-5, 2**62, 2**63 - 1, -(2**63), 0, "'x'", "x'00'", "null", 1.5]):
        script += (
            f"insert into heart_rate_record_series_table values({key},90,{_FIRST_MS + number});"
        )
    parsed = _read(_made(script))
    assert _samples(parsed) == 2
    (refused,) = matching(parsed.rejects, why="its record is not there")
    assert refused.count == 7


def test_a_table_whose_row_id_is_hidden_is_not_read() -> None:
    script = "create table steps_record_table(rowid, oid, _rowid_, start_time, end_time, count);"
    script += f"insert into steps_record_table values('a', 2, 3, {_FIRST_MS}, {_FIRST_MS + 9}, 5);"
    parsed = _read(_made(script))
    assert (parsed.facts, parsed.complete) == ((), False)


def test_a_table_without_row_ids_is_not_read() -> None:
    script = f"""create table steps_record_table(k primary key, start_time, end_time, count)
        without rowid; insert into steps_record_table values(1, {_FIRST_MS}, {_FIRST_MS + 9}, 5);"""
    parsed = _read(_made(script))
    assert (parsed.facts, parsed.complete) == ((), False)
