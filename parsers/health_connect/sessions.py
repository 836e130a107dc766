"""Health Connect's exercise sessions, with their segments and laps, as batches. Pure.

Notes, titles and routes are never read: they name people and places.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from parsers.health_connect.batches import Batch, Names, batch_of_records, record_columns
from parsers.health_connect.columns import columns_of, cut_by_content, plain_value
from parsers.health_connect.database import Database, DatabaseRow, TableDamage
from parsers.health_connect.exercise_types import LIBRARY, PAUSE_SEGMENTS, PLATFORM
from parsers.health_connect.names import (
    EXERCISE_KIND,
    EXERCISE_TABLE,
    LAP_TABLES,
    PLATFORM_TABLES,
    SEGMENT_TABLES,
)
from parsers.health_connect.tables import sessions_table

_MOST_SESSIONS = 20_000  # in ten years, five a day
_MOST_PARTS = 200_000  # segments or laps of all sessions together
_MOST_OF_A_SESSION = 1_000  # pauses that are kept of one session
_MOST_ROWS, _USUAL_ROWS = 1_024, 256
_OWN = (
    "end_time",
    "uuid",
    "client_record_id",
    "exercise_type",
    "session_rate_of_perceived_exertion",
    "rate_of_perceived_exertion",
)
# What stands in a batch, by its position in a row that `_completed` made.
_FIELDS = {
    "t": 6, "until": 7, "uuid": 8, "client": 9, "type": 10, "exertion": 11,
    "pauses": 12, "laps": 13, "changed": 5,
}  # fmt: skip


def session_batches(database: Database, names: Names) -> Iterator[Batch]:
    """Yield the batches of exercise sessions."""
    if not sessions_table(database):
        return
    # Either shows the phone's own database: a damaged one may have lost the other.
    is_platform = PLATFORM_TABLES & database.tables.keys() or EXERCISE_TABLE in database.computed
    numbering = PLATFORM if is_platform else LIBRARY
    pauses = _parts(database, SEGMENT_TABLES, "segment", "segment_type", PAUSE_SEGMENTS[numbering])
    laps = _parts(database, LAP_TABLES, "lap", "lap_length", None)
    rows = database.rows(EXERCISE_TABLE, (*record_columns(database, EXERCISE_TABLE), *_OWN))
    completed = _completed(_at_most(rows, database), pauses, laps)
    start = _FIELDS["t"]
    for some in cut_by_content(map(columns_of, completed), start, _MOST_ROWS, _USUAL_ROWS):
        yield batch_of_records(EXERCISE_KIND, some, _FIELDS, names, numbering)


def _at_most(
    chunks: Iterator[list[DatabaseRow]], database: Database
) -> Iterator[list[DatabaseRow]]:
    left = _MOST_SESSIONS
    for rows in chunks:
        if left:
            yield rows[:left]
        left -= min(left, len(rows))
        if not left:
            database.damage.append(TableDamage(table=EXERCISE_TABLE, why="more rows than are read"))
            return


def _completed(
    chunks: Iterator[list[DatabaseRow]], pauses: dict[int, list[Any]], laps: dict[int, list[Any]]
) -> Iterator[list[DatabaseRow]]:
    """Yield rows with the parts of each session, its id as text and a single exertion."""
    for rows in chunks:
        completed = []
        for row in rows:
            *front, uuid, client, kind, exertion, other = row
            grade = exertion if exertion is not None else other
            parts = pauses.get(row[0]), laps.get(row[0])
            completed.append((*front, _uuid(uuid), client, kind, grade, *parts))
        yield completed


def _uuid(value: object) -> str | None:
    """Return an id of 16 bytes, or one that is a text already; None for anything else."""
    if isinstance(value, bytes) and len(value) == 16:  # noqa: PLR2004 - of every such id
        return str(UUID(bytes=value))
    return value if isinstance(value, str) else None


def _parts(
    database: Database,
    tables: Sequence[str],
    prefix: str,
    value: str,
    wanted: frozenset[int] | None,
) -> dict[int, list[Any]]:
    """Return [start, end, value] of the parts of each session, those with a wanted value."""
    names = f"{prefix}_start_time", f"{prefix}_end_time"
    table = database.named(tables, ("parent_key", *names))
    parts: defaultdict[int, list[Any]] = defaultdict(list)
    count = 0
    for rows in database.rows(table, ("parent_key", *names, value)) if table else ():
        for _, parent, *part in rows:
            is_wanted = wanted is None or part[2] in wanted
            if is_wanted and len(parts[parent]) < _MOST_OF_A_SESSION:
                parts[parent].append(list(map(plain_value, part)))
        count += len(rows)
        if count > _MOST_PARTS:
            database.damage.append(TableDamage(table=table, why="more rows than are read"))
            break
    return parts
