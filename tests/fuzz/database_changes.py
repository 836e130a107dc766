"""Changes to an SQLite database: pages, cells, the header; pure given the random source."""

import sqlite3
from collections.abc import Callable
from random import Random

from simulate.exports.health_connect import UNSET_EXERTION

_PAGE = 512
_FIRST_MS = 1_790_208_000_000
_ODD_BYTES = (0, 1, 2, 5, 10, 13, 0x7F, 0x80, 0x81, 0xFF)
_SCHEMA = """pragma page_size=512;
    create table application_info_table(row_id integer primary key, package_name, app_name);
    create table device_info_table(row_id integer primary key, manufacturer, model, device_type);
    create table steps_record_table(row_id integer primary key, uuid, app_info_id, device_info_id,
        recording_method, last_modified_time, start_time, end_time, start_zone_offset, count,
        local integer as (start_time + 1000 * start_zone_offset));
    create table heart_rate_record_table(row_id integer primary key, app_info_id, start_time);
    create table heart_rate_record_series_table(parent_key, beats_per_minute, epoch_millis);
    create table exercise_session_record_table(row_id integer primary key, uuid, app_info_id,
        start_time, end_time, exercise_type, session_rate_of_perceived_exertion);
    create table exercise_segments_table(parent_key, segment_start_time, segment_end_time,
        segment_type);
    insert into application_info_table values (1, 'com.example.watch', 'Watch');
    insert into device_info_table values (1, 'Acme', 'W1', 1), (2, 'Acme', 'P1', 2);"""


def small_database() -> bytes:
    """Return a Health Connect export of small pages, so that each table has several."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(_SCHEMA)
    for number in range(60):
        at = _FIRST_MS + number * 60_000
        steps = (None, bytes(16), 1, 1 + number % 2, 2, at, at, at + 60_000, 7_200, number)
        connection.execute("insert into steps_record_table values (?,?,?,?,?,?,?,?,?,?)", steps)
        connection.execute("insert into heart_rate_record_table values (?,1,?)", (None, at))
        beat = (1 + number // 2, 60 + number, at)
        connection.execute("insert into heart_rate_record_series_table values (?,?,?)", beat)
    for number in range(6):
        at = _FIRST_MS + number * 3_600_000
        session = (None, bytes([number]) * 16, 1, at, at + 1_800_000, 53 + number, UNSET_EXERTION)
        sql = "insert into exercise_session_record_table values (?,?,?,?,?,?,?)"
        connection.execute(sql, session)
        pause = (1 + number, at + 60_000, at + 120_000, 67)
        connection.execute("insert into exercise_segments_table values (?,?,?,?)", pause)
    connection.commit()
    return connection.serialize()


def change_database(body: bytes, chance: Random) -> bytes:
    """Return the database with one to six changes."""
    changed = bytearray(body)
    for _ in range(chance.randint(1, 6)):
        chance.choice(_CHANGES)(changed, chance)
    return bytes(changed[:4_000_000])


def _pages(body: bytearray) -> int:
    return max(1, len(body) // _PAGE)


def _byte(body: bytearray, chance: Random) -> None:
    if body:
        body[chance.randrange(len(body))] = chance.choice((*_ODD_BYTES, chance.randrange(256)))


def _header(body: bytearray, chance: Random) -> None:
    if len(body) > 16:
        body[chance.randrange(16, min(100, len(body)))] = chance.choice(_ODD_BYTES)


def _page_head(body: bytearray, chance: Random) -> None:
    """Change the type of a page, its count of cells, or where one of them lies."""
    at = chance.randrange(_pages(body)) * _PAGE + chance.randrange(24)
    if at < len(body):
        body[at] = chance.choice((*_ODD_BYTES, chance.randrange(256)))


def _copied(body: bytearray, chance: Random) -> None:
    first, other = (chance.randrange(_pages(body)) * _PAGE for _ in range(2))
    body[first : first + _PAGE] = body[other : other + _PAGE]


def _linked(body: bytearray, chance: Random) -> None:
    """Let a pointer of four bytes name another page."""
    at = chance.randrange(max(1, len(body) - 4))
    body[at : at + 4] = chance.randrange(_pages(body) + 2).to_bytes(4, "big")


def _text(body: bytearray, chance: Random) -> None:
    """Replace a word of the schema by another of the same length."""
    words = (
        (b"create table", b"create view "), (b"CREATE TABLE", b"CREATE VIEW "),
        (b"start_time", b"rowid     "), (b"count", b"abs(1"), (b"parent_key", b"beats_per_"),
    )  # fmt: skip
    old, new = chance.choice(words)
    at = body.find(old, chance.randrange(max(1, len(body))))
    if at >= 0:
        body[at : at + len(old)] = new


def _cut(body: bytearray, chance: Random) -> None:
    if chance.random() < 0.3:
        del body[chance.randrange(len(body) + 1) :]


def _longer(body: bytearray, chance: Random) -> None:
    body += body[-_PAGE * chance.randint(1, 8) :]


_CHANGES: tuple[Callable[[bytearray, Random], None], ...] = (
    *(_byte, _byte, _header, _page_head, _page_head, _copied, _linked, _linked, _text),
    *(_cut, _longer),
)
