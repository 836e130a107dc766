"""Writes a Health Connect export as a phone does, with a known truth. Pure but for the database.

    python -m simulate.exports.health_connect export.db --days 7

It has a walk each day, with steps and heart rate, and prints the truth as JSON. Nothing of it is
anybody's. Tables, columns and units are those of measured exports: times in epoch ms, offsets in
seconds, energy in calories, weight in grams, generated columns beside the stored ones.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from simulate.exports.written_files import path_to_write, print_truth, until_ms, writing_parser

Record: TypeAlias = Mapping[str, Any]

UNSET_EXERTION = 1.401298464324817e-45  # the least float above 0, as the phone writes "not set"
WATCH_ID, PHONE_ID = 1, 2  # row ids of the devices, which are also the numbers of their types

_COMMON = """row_id INTEGER PRIMARY KEY AUTOINCREMENT, uuid BLOB NOT NULL UNIQUE,
    last_modified_time INTEGER, client_record_id TEXT, client_record_version TEXT,
    device_info_id INTEGER, app_info_id INTEGER, recording_method INTEGER,
    dedupe_hash BLOB UNIQUE"""
_INTERVAL = """start_time INTEGER, start_zone_offset INTEGER, end_time INTEGER,
    end_zone_offset INTEGER, local_date INTEGER,
    local_date_time_start_time INTEGER AS (start_time + 1000 * start_zone_offset),
    local_date_time_end_time INTEGER AS (end_time + 1000 * end_zone_offset)"""
_INSTANT = """time INTEGER, zone_offset INTEGER, local_date INTEGER,
    local_date_time INTEGER AS (time + 1000 * zone_offset)"""

# A table of records, and the columns of its own.
_RECORDS: dict[str, tuple[str, str]] = {
    "steps_record_table": (_INTERVAL, "count INTEGER"),
    "distance_record_table": (_INTERVAL, "distance REAL"),
    "floors_climbed_record_table": (_INTERVAL, "floors REAL"),
    "active_calories_burned_record_table": (_INTERVAL, "energy REAL"),
    "total_calories_burned_record_table": (_INTERVAL, "energy REAL"),
    "heart_rate_record_table": (_INTERVAL, ""),
    "SpeedRecordTable": (_INTERVAL, ""),
    "PowerRecordTable": (_INTERVAL, ""),
    "StepsCadenceRecordTable": (_INTERVAL, ""),
    "CyclingPedalingCadenceRecordTable": (_INTERVAL, ""),
    "sleep_session_record_table": (_INTERVAL, "notes TEXT, title TEXT"),
    "exercise_session_record_table": (
        _INTERVAL,
        """notes TEXT, exercise_type INTEGER, title TEXT, has_route INTEGER,
        session_rate_of_perceived_exertion REAL""",
    ),
    "resting_heart_rate_record_table": (_INSTANT, "beats_per_minute INTEGER"),
    "heart_rate_variability_rmssd_record_table": (_INSTANT, "heart_rate_variability_millis REAL"),
    "oxygen_saturation_record_table": (_INSTANT, "percentage REAL"),
    "respiratory_rate_record_table": (_INSTANT, "rate REAL"),
    "vo2_max_record_table": (
        _INSTANT,
        "measurement_method INTEGER, vo2_milliliters_per_minute_kilogram REAL",
    ),
    "weight_record_table": (_INSTANT, "weight REAL"),
    "nutrition_record_table": (_INTERVAL, "energy REAL, meal_name TEXT"),
}
_OTHERS: dict[str, str] = {
    "android_metadata": "locale TEXT",
    "application_info_table": """row_id INTEGER PRIMARY KEY AUTOINCREMENT,
        package_name TEXT NOT NULL UNIQUE, app_name TEXT, app_icon BLOB""",
    "device_info_table": """row_id INTEGER PRIMARY KEY AUTOINCREMENT, manufacturer TEXT,
        model TEXT, device_type INTEGER""",
    "heart_rate_record_series_table": (
        "parent_key INTEGER, beats_per_minute INTEGER, epoch_millis INTEGER"
    ),
    "speed_record_table": "parent_key INTEGER, speed REAL, epoch_millis INTEGER",
    "power_record_table": "parent_key INTEGER, power REAL, epoch_millis INTEGER",
    "steps_cadence_record_table": "parent_key INTEGER, rate REAL, epoch_millis INTEGER",
    "cycling_pedaling_cadence_record_table": (
        "parent_key INTEGER, revolutions_per_minute REAL, epoch_millis INTEGER"
    ),
    "sleep_stages_table": """parent_key INTEGER, stage_start_time INTEGER,
        stage_end_time INTEGER, stage_type INTEGER""",
    "exercise_segments_table": """parent_key INTEGER, segment_start_time INTEGER,
        segment_end_time INTEGER, segment_type INTEGER, repetitions_count INTEGER""",
    "exercise_laps_table": """parent_key INTEGER, lap_start_time INTEGER, lap_end_time INTEGER,
        lap_length REAL""",
}


@dataclass(slots=True, kw_only=True)
class HealthConnectExport:
    """The rows of an export by table; a row names the columns that it fills.

    Rows of records that have no id, time of change, app or device get those of the watch.
    """

    tables: dict[str, list[Record]] = field(default_factory=dict)

    def add(self, table: str, *records: Record) -> None:
        """Add rows to a table."""
        self.tables.setdefault(table, []).extend(records)

    def written(self) -> bytes:
        """Return the export as the bytes of a database; equal exports have equal bytes."""
        connection = sqlite3.connect(":memory:")
        self._write(connection)
        return connection.serialize()

    def write(self, path: Path) -> None:
        """Write the export to a file that is not there yet."""
        connection = sqlite3.connect(path)
        self._write(connection)
        connection.close()

    def _write(self, connection: sqlite3.Connection) -> None:
        for table, (times, own) in _RECORDS.items():
            columns = ", ".join(filter(None, (_COMMON, own, times)))
            connection.execute(f"create table {table} ({columns})")
        for table, columns in _OTHERS.items():
            connection.execute(f"create table {table} ({columns})")
        connection.execute(
            "create index heart_rate_parent on heart_rate_record_series_table (parent_key)"
        )
        for table, records in self.tables.items():
            _insert(connection, table, records)
        connection.commit()


def _insert(connection: sqlite3.Connection, table: str, records: Sequence[Record]) -> None:
    number = 1 + list(_RECORDS).index(table) if table in _RECORDS else 0
    for row_id, record in enumerate(records, 1):
        filled = {**(_defaults(number, row_id) if number else {}), **record}
        marks = ", ".join("?" * len(filled))
        sql = f"insert into {table} ({', '.join(filled)}) values ({marks})"  # noqa: S608 - ours
        connection.execute(sql, list(filled.values()))


def _defaults(number: int, row_id: int) -> Record:
    name = number.to_bytes(8, "big") + row_id.to_bytes(8, "big")
    return {"uuid": name, "dedupe_hash": name[::-1], "last_modified_time": 1_790_000_000_000,
            "device_info_id": WATCH_ID, "app_info_id": 1, "recording_method": 2}  # fmt: skip


def people_and_devices() -> HealthConnectExport:
    """Return an export that has two apps, a watch and a phone, and no records."""
    export = HealthConnectExport()
    export.add("android_metadata", {"locale": "sv_SE"})
    export.add(
        "application_info_table",
        {"package_name": "com.example.watch", "app_name": "Watch", "app_icon": bytes(20_000)},
        {"package_name": "com.example.fit", "app_name": "Fit"},
    )
    export.add(
        "device_info_table",
        {"manufacturer": "Acme", "model": "W1", "device_type": WATCH_ID},
        {"manufacturer": "Acme", "model": "Pocket", "device_type": PHONE_ID},
    )
    return export


def over_interval(
    start_ms: int,
    end_ms: int,
    offset_s: int | None = 7_200,
    **more: Any,  # noqa: ANN401 - as a database holds it
) -> Record:
    """Return a row that holds from a time to another, with what else it has."""
    return {
        "start_time": start_ms, "end_time": end_ms,
        "start_zone_offset": offset_s, "end_zone_offset": offset_s, **more,
    }  # fmt: skip


def at_instant(
    at_ms: int,
    offset_s: int | None = 7_200,
    **more: Any,  # noqa: ANN401 - as a database holds it
) -> Record:
    """Return a row of an instant, with what else it has."""
    return {"time": at_ms, "zone_offset": offset_s, **more}


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedDays:
    """What is true of a person who carries a watch and a phone, by construction.

    Each date has so many steps of the watch, beats a minute every ten seconds of an hour, and a
    walk of 30 minutes of which five are a pause.
    """

    first_ms: int
    days: int
    steps_a_day: int = 6_000
    beats_a_day: int = 360

    def walks(self) -> Iterator[tuple[int, int]]:
        """Yield the start and the end of each walk, epoch ms."""
        for day in range(self.days):
            start = self.first_ms + day * DAY_MS + 8 * HOUR_MS
            yield start, start + 30 * MINUTE_MS


def export_of(truth: CarriedDays) -> HealthConnectExport:
    """Return the export of a person; the phone counts the steps of the watch once more."""
    export = people_and_devices()
    for day, (walk, end) in enumerate(truth.walks()):
        morning = walk - HOUR_MS
        for part in range(10):
            start = morning + part * 10 * MINUTE_MS
            each = {"count": truth.steps_a_day // 10}
            export.add("steps_record_table", over_interval(start, start + 10 * MINUTE_MS, **each))
            # The phone lies in the same pocket and counts the same steps a little later.
            later = start + 3 * MINUTE_MS
            phone = {"count": 75, "device_info_id": PHONE_ID}
            export.add("steps_record_table", over_interval(later, later + 10 * MINUTE_MS, **phone))
        export.add("heart_rate_record_table", over_interval(walk, walk + HOUR_MS))
        for beat in range(truth.beats_a_day):
            sample = {"beats_per_minute": 90 + beat % 40, "epoch_millis": walk + beat * 10_000}
            export.add("heart_rate_record_series_table", {"parent_key": day + 1, **sample})
        session: dict[str, Any] = {"exercise_type": 53}
        session["session_rate_of_perceived_exertion"] = UNSET_EXERTION
        export.add("exercise_session_record_table", over_interval(walk, end, **session))
        pause = {"segment_start_time": walk + 600_000, "segment_end_time": walk + 900_000}
        export.add("exercise_segments_table", {"parent_key": day + 1, "segment_type": 67, **pause})
    return export


def _main() -> None:
    parser = writing_parser("health_connect", __doc__, "the .db file")
    parser.add_argument("--days", type=int, default=7, help="how many days (%(default)s)")
    arguments = parser.parse_args()
    if arguments.days < 1:
        parser.error("--days must be at least 1")
    path = path_to_write(parser, arguments)
    first_ms = until_ms(arguments) - arguments.days * DAY_MS
    truth = CarriedDays(first_ms=first_ms, days=arguments.days)
    # not into the file that is there: a database keeps what it has
    path.unlink(missing_ok=True)
    export_of(truth).write(path)
    print_truth(path, {**asdict(truth), "walks": len(list(truth.walks()))})


if __name__ == "__main__":
    _main()
