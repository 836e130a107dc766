"""The formats that only a body of a connector has: none is recognised by its bytes. Pure."""

from parsers.format_rows.row import MEBIBYTE, Format
from parsers.lazy_readers import Named

BODY_FORMATS: tuple[Format, ...] = (
    # 80,000 samples with all their words; the largest known sender packs 2,500.
    # The days are ten years with a reading each.
    Format(
        name="open_wearables",
        version=6,
        grows=("is_daily_total",),
        read=Named("parsers.vendors.open_wearables.reader:read_open_wearables"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=3_660,
    ),
    # a history comes in chunks; a day of samples a second with three sensors has 30 MiB
    Format(
        name="terra",
        version=6,
        grows=("daily",),
        read=Named("parsers.vendors.hubs.terra:read_terra"),
        json=True,
        most_bytes=48 * MEBIBYTE,
        most_days=3_660,
        most_facts=40_000,
    ),
    # an answer for a range of years has a figure for each metric of a date
    Format(
        name="junction",
        version=5,
        grows=("activity",),
        read=Named("parsers.vendors.hubs.junction:read_junction"),
        json=True,
        most_bytes=48 * MEBIBYTE,
        most_days=3_660,
        most_facts=40_000,
    ),
    # a cue has some hundred bytes; a body may tell of many users
    Format(
        name="coros",
        version=1,
        read=Named("parsers.vendors.coros:read_coros"),
        json=True,
        most_bytes=16 * MEBIBYTE,
    ),
    # a cue has some hundred bytes, an answer a page of records
    Format(
        name="huawei",
        version=5,
        read=Named("parsers.vendors.huawei:read_huawei"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=400,
    ),
    # Garmin announces up to 100 MB for the samples of activities; a backfill has 90 days
    Format(
        name="garmin",
        version=8,
        grows=("dailies", "epochs", "sleeps", "hrv", "moveIQActivities"),
        read=Named("parsers.vendors.garmin.reader:read_garmin"),
        most_bytes=100 * MEBIBYTE,
        most_days=400,
        most_facts=40_000,
    ),
    # A cue has some hundred bytes, a date of continuous heart rate 1 MiB, one of beats 10.
    Format(
        name="polar",
        version=7,
        grows=("activity_summary",),
        read=Named("parsers.vendors.polar.reader:read_polar"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=120,
    ),
    # an event has some hundred bytes, a day of streams with a value each second 5 MiB
    Format(
        name="strava",
        version=3,
        read=Named("parsers.vendors.strava.reader:read_strava"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=400,
    ),
    # a hundred workouts with all their extensions have 2 MiB, a month of samples 1
    Format(
        name="suunto",
        version=3,
        read=Named("parsers.vendors.suunto.reader:read_suunto"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=400,
    ),
    # a page of 5,000 points has 3 MiB; a window of a month may hold a figure for each date
    Format(
        name="google_health",
        version=6,
        read=Named("parsers.vendors.google_health.reader:read_google_health"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=400,
        most_facts=40_000,
    ),
    # A page of heart rate has 30 days with a sample in five minutes, and in workouts more.
    Format(
        name="oura",
        version=4,
        read=Named("parsers.vendors.oura.reader:read_oura"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=400,
    ),
    # a page has 25 records at most
    Format(
        name="whoop",
        version=3,
        read=Named("parsers.vendors.whoop.reader:read_whoop"),
        json=True,
        most_days=400,
    ),
    # a day of activity has a megabyte, two weeks of a mat's heart rate at night as well
    Format(
        name="withings",
        version=4,
        grows=("getactivity",),
        read=Named("parsers.vendors.withings.reader:read_withings"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=400,
    ),
    # a thousand answers with all their words have half of it
    Format(
        name="reports",
        version=7,
        read=Named("parsers.reports:read_reports"),
        json=True,
        most_days=3_660,
    ),
)
