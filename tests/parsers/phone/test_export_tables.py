"""Tables of Health Auto Export: headings, decimals, zones, and forms that carry them."""

import csv
import io

import pytest

from model.facts import DaySummary, RejectKind, Workout
from model.received import Context, Part
from parsers.formats import read_items, sniff
from tests.parsers.phone.exports import EXPORT, points, rejected
from tests.rows import of_type, values_of

_ZONE = {"time-zone": "Europe/Stockholm"}
_HEADING = "Workout Type,Start,End,Duration,Active Energy (kcal),Distance (mi),Location"
_RUN = "Outdoor Run,2026-11-23 10:00,2026-11-23 10:32,00:30:10,250,1.0,Indoor"
_RUN_MS = 1_795_424_400_000


def _read_tables(payload: bytes, headers: dict[str, str] | None = None) -> Part:
    context = Context(connector=EXPORT, headers=headers or {})
    (part,) = of_type(Part, read_items(EXPORT, payload, context))
    return part


def _table(*rows: str) -> bytes:
    return "\r\n".join(rows).encode()


def _form(*files: bytes) -> bytes:
    parts = []
    for number, file in enumerate(files):
        head = f'Content-Disposition: form-data; name="f{number}"; filename="{number}.csv"\r\n'
        parts.append(f"--xYz\r\n{head}Content-Type: text/csv\r\n\r\n".encode() + file + b"\r\n")
    return b"".join(parts) + b"--xYz--\r\n"


def test_a_form_with_both_tables() -> None:
    metrics = _table("Date/Time,Step Count (count)", "2026-11-22 00:00:00,8432")
    form = _form(b"\xef\xbb\xbf" + metrics, _table(_HEADING, _RUN))
    part = _read_tables(form, _ZONE)
    (day,) = of_type(DaySummary, part.facts)
    assert (str(day.local_date), day.values) == ("2026-11-22", {"steps": 8432.0})
    (run,) = of_type(Workout, part.facts)
    assert (run.head.start_ms, run.moving_ms, run.type) == (_RUN_MS, 1_810_000, "treadmill")
    assert run.summary == {"active_energy": 250.0, "distance": 1609.344}
    assert (part.rejects, run.head.offset_min) == ((), None)


def test_without_a_zone_only_totals_of_days_are_read() -> None:
    part = _read_tables(_table(_HEADING, _RUN, _RUN))
    assert part.facts == ()
    why = "a local time without an offset from UTC"
    assert rejected(part.rejects) == [("tables[0].rows[0].start", why, 2)]
    rows = ["2026-11-22 10:01:00,5", "2026-11-22 10:02:00,6"]
    minutes = _table("Date/Time,Step Count (count)", *rows)
    unplaced = rejected(_read_tables(minutes).rejects)
    assert unplaced == [("tables[0].columns[1][0].date", why, 2)]
    start_ms = 1_795_338_060_000
    assert points(_read_tables(minutes, _ZONE), "steps") == [
        (start_ms, start_ms + 60_000, 5.0),
        (start_ms + 60_000, start_ms + 120_000, 6.0),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("energy", ["1000.5", "1000,5", " 1000.5 "])
def test_a_table_of_any_language(delimiter: str, energy: str) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter)
    writer.writerow(["Date/Time", "Active Energy (kcal)", "VO2 Max (ml/(kg·min))", "Steg (steg)"])
    writer.writerow(["2026-11-22 12:00:00\u202fam", energy, "", "12"])
    part = _read_tables(written.getvalue().encode())
    assert values_of(of_type(DaySummary, part.facts), "values") == [{"active_energy": 1000.5}]
    assert rejected(part.rejects) == [("tables[0].columns[3]", "an unknown column", 1)]


def test_headings_say_metric_member_and_unit() -> None:
    heading = (
        "Date/Time,Heart Rate [Min] (count/min),Heart Rate [Avg] (count/min),"
        "Blood Pressure [Systolic] (mmHg),Blood Pressure [Diastolic] (mmHg),"
        "Walking + Running Distance (km),Sleep Analysis [Total] (hr),Handwashing (s),Sources"
    )
    row = "2026-11-22 10:01:00,60,71.5,120,80,0.5,7.5,20,Iris Apple Watch"
    part = _read_tables(_table(heading, row), {**_ZONE, "automation-aggregation": "Minutes"})
    wanted = {
        "heart_rate": 71.5,
        "blood_pressure_systolic": 120.0,
        "blood_pressure_diastolic": 80.0,
        "distance": 500.0,
    }
    for metric, value in wanted.items():
        assert [point[2] for point in points(part, metric)] == [value]
    assert set(values_of(part.facts, "head.source.device")) == {"Apple Watch"}
    assert (len(part.facts), part.rejects) == (len(wanted), ())


def test_faults_cost_themselves_only() -> None:
    rows = ["2026-11-22 00:00:00,many", "yesterday,5", "2026-11-23 00:00:00,7", "", "2026-11-24"]
    part = _read_tables(_table("Date/Time,Step Count (count)", *rows))
    assert values_of(of_type(DaySummary, part.facts), "values") == [{"steps": 7.0}]
    assert rejected(part.rejects) == [
        ("tables[0].columns[0][1]", "not a time with date and offset", 1),
        ("tables[0].columns[1][0]", "not a number", 1),
    ]


def test_two_workouts_of_one_minute_are_two() -> None:
    later = _RUN.replace("10:32", "10:35")
    part = _read_tables(_table(_HEADING, _RUN, later), _ZONE)
    records = values_of(of_type(Workout, part.facts), "head.record")
    assert records == [f"start:{_RUN_MS}", f"start:{_RUN_MS}.2"]


@pytest.mark.parametrize(
    ("payload", "known"),
    [
        (_table(_HEADING), True),
        (b'\xef\xbb\xbf"Date/Time","Step Count (count)"\n', True),
        (b"Date/Time;Steg (steg)\n", True),
        (_form(_table(_HEADING, _RUN)), True),
        (b"Date/Time,Notes\n2026,(x)\n", False),
        (b"Date,Step Count (count)\n", False),
        (_form(b"<gpx/>"), False),
    ],
)
def test_tables_are_known_by_their_headings(payload: bytes, *, known: bool) -> None:
    assert (sniff(payload) == EXPORT) is known


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"Date/Time,Step Count (count)\n\xff", "not UTF-8"),
        (_form(*[b"x"] * 70), "a form of more than 64 parts"),
        (b'Date/Time,"' + b"x" * 200_000, "not a table"),
    ],
)
def test_a_payload_that_is_no_table(payload: bytes, why: str) -> None:
    (reject,) = read_items(EXPORT, payload, Context(connector=EXPORT))
    assert getattr(reject, "why", None) == why
    assert getattr(reject, "kind", None) in (
        RejectKind.FIELD,
        RejectKind.DAMAGED,
        RejectKind.TOO_MUCH,
    )
