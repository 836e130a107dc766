"""The formats of files, by whose first bytes each is recognised. Pure."""

from parsers.format_rows.row import MEBIBYTE, Format
from parsers.lazy_readers import Named


def _is_fit(payload: bytes) -> bool:
    return payload[8:12] == b".FIT"


# The first row that recognises a file is its format.
FILE_FORMATS: tuple[Format, ...] = (
    # a day of each second with every sensor has 3 MiB, an expedition of seven days 20
    Format(
        name="fit",
        version=9,
        grows=("monitoring",),
        read=Named("parsers.fit_facts.fit_file:read_fit"),
        sniff=_is_fit,
        suffixes=(".fit",),
        most_bytes=64 * MEBIBYTE,
    ),
    # an hour with a sample a second has 0.5 MiB; the schema has no bound
    Format(
        name="tcx",
        version=6,
        read=Named("parsers.tracks.tcx:read_tcx"),
        sniff=Named("parsers.tracks.tcx:is_tcx"),
        suffixes=(".tcx",),
        most_bytes=64 * MEBIBYTE,
    ),
    # an hour with a sample a second has 0.7 MiB; the schema has no bound
    Format(
        name="gpx",
        version=4,
        read=Named("parsers.tracks.gpx:read_gpx"),
        sniff=Named("parsers.tracks.gpx:is_gpx"),
        suffixes=(".gpx",),
        most_bytes=64 * MEBIBYTE,
    ),
    # An export has gigabytes and is cut into pieces of half a MiB, each perhaps of many years: a
    # resting heart rate a day for twenty of them.
    Format(
        name="apple_health",
        version=5,
        read=Named("parsers.apple.apple_health:read_apple_health"),
        sniff=Named("parsers.apple.clean:is_apple_health"),
        cut=Named("parsers.apple.cut:cut_apple_health"),
        suffixes=(".xml",),
        most_bytes=16 * MEBIBYTE,
        most_days=7_320,
        most_facts=40_000,
    ),
    # an SQLite database of some years; a larger one is cut into pieces
    Format(
        name="health_connect",
        version=3,
        read=Named("parsers.health_connect.health_connect:read_health_connect"),
        sniff=Named("parsers.health_connect.health_connect:is_health_connect"),
        cut=Named("parsers.health_connect.cutting:cut_health_connect"),
        seeks=True,
        suffixes=(".db",),
        most_bytes=64 * MEBIBYTE,
        most_days=3_660,
        most_facts=40_000,
    ),
    # a day of heart rate has 1 MiB, a hundred exercises 0.5
    Format(
        name="fitbit",
        version=3,
        read=Named("parsers.takeout.fitbit:read_fitbit"),
        sniff=Named("parsers.takeout.fitbit:is_fitbit"),
        suffixes=(".json",),
        most_bytes=16 * MEBIBYTE,
        most_days=3_660,
    ),
    Format(
        name="fitbit_steps",
        version=1,
        read=Named("parsers.takeout.fitbit:read_fitbit_steps"),
        sniff=Named("parsers.takeout.fitbit:is_fitbit_count"),
        names=r"steps-\d{4}-\d{2}-\d{2}( \(\d+\))?\.json",
        suffixes=(".json",),
        most_bytes=16 * MEBIBYTE,
        most_days=400,
    ),
    Format(
        name="fitbit_resting_table",
        version=2,
        read=Named("parsers.takeout.fitbit_table:read_fitbit_resting_table"),
        sniff=Named("parsers.takeout.fitbit_table:is_fitbit_heart_table"),
        names=r".*resting_heart_rate.*\.csv",
        suffixes=(".csv",),
        most_bytes=16 * MEBIBYTE,
        most_days=7_320,
        most_facts=10_000,
    ),
    # a month of minutes has 2 MiB
    Format(
        name="fitbit_table",
        version=1,
        read=Named("parsers.takeout.fitbit_table:read_fitbit_table"),
        sniff=Named("parsers.takeout.fitbit_table:is_fitbit_table"),
        suffixes=(".csv",),
        most_bytes=24 * MEBIBYTE,
        most_days=7_320,
        most_facts=40_000,
    ),
    # a stream of years has 30 MiB
    Format(
        name="google_fit",
        version=5,
        grows=("Daily activity metrics",),
        read=Named("parsers.takeout.google_fit:read_google_fit"),
        sniff=Named("parsers.takeout.google_fit:is_google_fit"),
        suffixes=(".json", ".csv"),
        most_bytes=48 * MEBIBYTE,
        most_days=7_320,
        most_facts=10_000,
    ),
    Format(
        name="samsung_health",
        version=2,
        grows=("pedometer_day_summary",),
        read=Named("parsers.takeout.samsung_health:read_samsung_health"),
        sniff=Named("parsers.takeout.samsung_health:is_samsung_health"),
        suffixes=(".csv",),
        most_bytes=48 * MEBIBYTE,
        most_days=7_320,
        most_facts=40_000,
    ),
    Format(
        name="samsung_bins",
        version=1,
        read=Named("parsers.takeout.samsung_health:read_samsung_bins"),
        sniff=Named("parsers.takeout.samsung_health:is_samsung_bins"),
        suffixes=(".json",),
        most_bytes=16 * MEBIBYTE,
    ),
    # a session of two hours with ten series has 1 MiB, a month of heart rate 5
    Format(
        name="polar_flow",
        version=6,
        grows=("activity",),
        read=Named("parsers.exports.polar_flow:read_polar_flow"),
        sniff=Named("parsers.exports.polar_flow:is_polar_flow"),
        suffixes=(".json",),
        json=True,
        most_bytes=16 * MEBIBYTE,
    ),
    # twenty years with two activities a day have 10 MiB
    Format(
        name="strava_activities",
        version=2,
        read=Named("parsers.exports.strava_activities:read_strava_activities"),
        sniff=Named("parsers.exports.strava_activities:is_strava_list"),
        suffixes=(".csv",),
        most_bytes=16 * MEBIBYTE,
        most_days=9_000,
        most_facts=40_000,
    ),
    # a thousand activities with all their splits have 20 MiB
    Format(
        name="garmin_account",
        version=5,
        grows=("UDSFile",),
        read=Named("parsers.exports.garmin_account:read_garmin_account"),
        sniff=Named("parsers.exports.garmin_account:is_garmin_account"),
        suffixes=(".json",),
        most_bytes=64 * MEBIBYTE,
        most_days=9_000,
        most_facts=40_000,
    ),
    # a date of heart rate a second has 4 MiB
    Format(
        name="fitbit_api",
        version=5,
        grows=("activities-steps",),
        read=Named("parsers.vendors.fitbit_api.reader:read_fitbit_api"),
        sniff=Named("parsers.vendors.fitbit_api.reader:is_fitbit_answer"),
        suffixes=(".json",),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=3_660,
    ),
    # A full export by hand has 43 MiB, most of it electrocardiograms that are passed over. One of
    # ten years by days has a total for each day, metric and source.
    Format(
        name="health_auto_export",
        version=5,
        grows=("days",),
        read=Named("parsers.phone.health_auto_export:read_health_auto_export"),
        sniff=Named("parsers.phone.recognised:is_health_auto_export"),
        suffixes=(".json",),
        most_bytes=48 * MEBIBYTE,
        most_days=3_660,
        most_facts=40_000,
    ),
    # two days, or as many as its user asks for by hand
    Format(
        name="hc_webhook",
        version=3,
        grows=("steps", "distance", "active_calories"),
        read=Named("parsers.phone.hc_webhook:read_hc_webhook"),
        sniff=Named("parsers.phone.recognised:is_hc_webhook"),
        suffixes=(".json",),
        most_bytes=48 * MEBIBYTE,
        most_days=400,
    ),
)
