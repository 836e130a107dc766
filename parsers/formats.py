"""The table of formats: which reader reads them, and how much a payload may hold. Pure.

Each format has a row. Every item that a reader yields passes the checks here, so that no reader can
put a fact on the log that cannot be stored. A format is derived from the bytes alone. Signatures
and hosts of vendors are not known here.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from model.calendar import DAY_MS
from model.envelope import SNIFF
from model.errors import BodyError
from model.fact_properties import span_of
from model.facts import Fact, Parsed, Reject, RejectKind
from model.received import Context, Part, ReaderItem
from model.storable import fact_refusal
from model.versions.receipt import as_received
from parsers.bounds import MOST_FACTS
from parsers.fields import check_width, grouped
from parsers.lazy_readers import Named, ReadItems

MEBIBYTE = 1024 * 1024
SNIFFED = 64 * 1024  # so many first bytes show what a file is
LARGEST_PIECE = 2 * MEBIBYTE
FILES_CONNECTOR = "files"  # the connector whose payloads are files
BY_BYTES = frozenset({SNIFF, FILES_CONNECTOR})  # the first bytes of such a payload show its format

Sniff: TypeAlias = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One row of the table.

    `read` yields what a payload holds, lazily, and raises BodyError where it cannot go on. `sniff`
    recognises a file of this format by its first `SNIFFED` bytes; it is None for formats that only
    a vendor's body has. Where bytes alone do not tell, `names` is a pattern that the whole base
    name of the file must match as well, in lower case; such a row stands before rows that its bytes
    would also match. A `Named` function is imported when it is first called. `suffixes` are the
    usual endings of such files. `json`: whether the width of the document is bounded before it is
    parsed.

    `cut` is set for a format whose files may be gigabytes: from an open file it yields pieces of at
    most `LARGEST_PIECE` bytes, in constant memory. Each piece is a document of this format, which
    `sniff` recognises and `read` reads. `seeks`: the cutter must seek in the file, so a packed one
    is unpacked first; on a desk the file then has a `name`, by which it can be opened again.

    A payload has at most `most_bytes`. A part of it has at most `most_facts` facts on at most
    `most_days` days, because each of these days is derived anew. A part with more is refused
    entirely, as TOO_MUCH.

    `grows` names what only grows by nature, in the sender's words: totals of a day, partial slots.
    There the greater or longer version counts, and its size is its revision. Of everything else the
    version that was stated last counts, shorter or lower as it may be.

    Raise `version` by one whenever the same bytes would give other facts. A kept body stores its
    format and the version that read it. `kadens replay` reads it again once the version of that
    format is greater.
    """

    name: str
    version: int
    read: ReadItems
    sniff: Sniff | None = None
    names: str = ""
    cut: Named | None = None
    seeks: bool = False
    suffixes: tuple[str, ...] = ()
    json: bool = False
    most_bytes: int = MEBIBYTE
    most_days: int = 62
    most_facts: int = MOST_FACTS
    grows: tuple[str, ...] = ()

    def is_file(self, head: bytes, filename: str) -> bool:
        """Return whether a file is of this format, by its first bytes and its base name."""
        if self.sniff is None or not self.sniff(head):
            return False
        return not self.names or re.fullmatch(self.names, filename.lower()) is not None


def _is_fit(payload: bytes) -> bool:
    return payload[8:12] == b".FIT"


def is_packed(payload: bytes) -> bool:
    """Return whether a file is a gzip or a zip by its first bytes."""
    return payload.startswith((b"\x1f\x8b\x08", b"PK\3\4"))


_ROWS: tuple[Format, ...] = (
    # 80,000 samples with all their words; the largest known sender packs 2,500.
    # The days are ten years with a reading each.
    Format(
        name="open_wearables",
        version=4,
        grows=("is_daily_total",),
        read=Named("parsers.vendors.open_wearables:read_open_wearables"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=3_660,
    ),
    # a history comes in chunks; a day of samples a second with three sensors has 30 MiB
    Format(
        name="terra",
        version=2,
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
        version=1,
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
        version=2,
        read=Named("parsers.vendors.huawei:read_huawei"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=400,
    ),
    # a day of each second with every sensor has 3 MiB, an expedition of seven days 20
    Format(
        name="fit",
        version=6,
        grows=("monitoring",),
        read=Named("parsers.fit_facts:read_fit"),
        sniff=_is_fit,
        suffixes=(".fit",),
        most_bytes=64 * MEBIBYTE,
    ),
    # an hour with a sample a second has 0.5 MiB; the schema has no bound
    Format(
        name="tcx",
        version=3,
        read=Named("parsers.tracks.tcx:parse_tcx"),
        sniff=Named("parsers.tracks.tcx:is_tcx"),
        suffixes=(".tcx",),
        most_bytes=64 * MEBIBYTE,
    ),
    # an hour with a sample a second has 0.7 MiB; the schema has no bound
    Format(
        name="gpx",
        version=2,
        read=Named("parsers.tracks.gpx:parse_gpx"),
        sniff=Named("parsers.tracks.gpx:is_gpx"),
        suffixes=(".gpx",),
        most_bytes=64 * MEBIBYTE,
    ),
    # An export has gigabytes and is cut into pieces of half a MiB, each perhaps of many years: a
    # resting heart rate a day for twenty of them.
    Format(
        name="apple_health",
        version=3,
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
        version=1,
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
        version=1,
        grows=("resting_heart_rate", "vo2max"),
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
    # a stream of years has 30 MiB
    Format(
        name="google_fit",
        version=2,
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
        version=1,
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
    # Garmin announces up to 100 MB for the samples of activities; a backfill has 90 days
    Format(
        name="garmin",
        version=4,
        grows=("dailies", "epochs", "sleeps", "hrv", "moveIQActivities"),
        read=Named("parsers.vendors.garmin.reader:parse_garmin"),
        most_bytes=100 * MEBIBYTE,
        most_days=400,
        most_facts=40_000,
    ),
    # a session of two hours with ten series has 1 MiB, a month of heart rate 5
    Format(
        name="polar_flow",
        version=3,
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
        version=1,
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
        version=1,
        grows=("UDSFile",),
        read=Named("parsers.exports.garmin_account:read_garmin_account"),
        sniff=Named("parsers.exports.garmin_account:is_garmin_account"),
        suffixes=(".json",),
        most_bytes=64 * MEBIBYTE,
        most_days=9_000,
        most_facts=40_000,
    ),
    # A cue has some hundred bytes, a date of continuous heart rate 1 MiB, one of beats 10.
    Format(
        name="polar",
        version=3,
        grows=("activity_summary",),
        read=Named("parsers.vendors.polar.reader:read_polar"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=120,
    ),
    # an event has some hundred bytes, a day of streams with a value each second 5 MiB
    Format(
        name="strava",
        version=1,
        read=Named("parsers.vendors.strava.reader:read_strava"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=400,
    ),
    # a hundred workouts with all their extensions have 2 MiB, a month of samples 1
    Format(
        name="suunto",
        version=1,
        read=Named("parsers.vendors.suunto.reader:read_suunto"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=400,
    ),
    # a date of heart rate a second has 4 MiB
    Format(
        name="fitbit_api",
        version=1,
        grows=("activities-steps", "activities-heart"),
        read=Named("parsers.vendors.fitbit_api.reading:read_fitbit_api"),
        sniff=Named("parsers.vendors.fitbit_api.reading:is_fitbit_answer"),
        suffixes=(".json",),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=3_660,
    ),
    # a page of 5,000 points has 3 MiB; a window of a month may hold a figure for each date
    Format(
        name="google_health",
        version=2,
        read=Named("parsers.vendors.google_health.reading:read_google_health"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=400,
        most_facts=40_000,
    ),
    # A page of heart rate has 30 days with a sample in five minutes, and in workouts more.
    Format(
        name="oura",
        version=1,
        read=Named("parsers.vendors.oura.oura:read_oura"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=400,
    ),
    # a page has 25 records at most
    Format(
        name="whoop",
        version=1,
        read=Named("parsers.vendors.whoop.whoop:read_whoop"),
        json=True,
        most_days=400,
    ),
    # a day of activity has a megabyte, two weeks of a mat's heart rate at night as well
    Format(
        name="withings",
        version=1,
        grows=("getactivity",),
        read=Named("parsers.vendors.withings.withings:read_withings"),
        json=True,
        most_bytes=16 * MEBIBYTE,
        most_days=400,
    ),
    # A full export by hand has 43 MiB, most of it electrocardiograms that are passed over. One of
    # ten years by days has a total for each day, metric and source.
    Format(
        name="health_auto_export",
        version=2,
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
        version=1,
        grows=("steps", "distance", "active_calories"),
        read=Named("parsers.phone.hc_webhook:read_hc_webhook"),
        sniff=Named("parsers.phone.recognised:is_hc_webhook"),
        suffixes=(".json",),
        most_bytes=48 * MEBIBYTE,
        most_days=400,
    ),
    # a thousand answers with all their words have half of it
    Format(
        name="reports",
        version=5,
        read=Named("parsers.reports:read_reports"),
        json=True,
        most_days=3_660,
    ),
)
_FILE_VERSIONS = sum(row.version for row in _ROWS if row.sniff is not None)
FORMATS: tuple[Format, ...] = (
    *_ROWS,
    # An export of years. What it holds is read anew whenever one of its readers changes.
    Format(
        name="packed",
        version=1 + _FILE_VERSIONS,
        read=Named("parsers.packed:read_packed"),
        sniff=is_packed,
        suffixes=(".gz", ".zip"),
        most_bytes=64 * MEBIBYTE,
        most_days=3_660,
        most_facts=40_000,
    ),
)


def sniff(payload: bytes, filename: str = "") -> str | None:
    """Return the name of a file's format ("fit"), None when no reader knows it.

    Its first `SNIFFED` bytes and its base name show it.
    """
    head = payload[:SNIFFED]
    for row in FORMATS:
        if row.is_file(head, filename):
            return row.name
    return None


def format_named(name: str) -> Format:
    """Return the row of a format; LookupError for an unknown name, which is a bug of the caller."""
    for row in FORMATS:
        if row.name == name:
            return row
    raise LookupError(f"no format {name!r}")


def format_of(connector: str, payload: bytes, filename: str = "") -> str:
    """Return the format of a connector's payload, by its bytes and its base name for `BY_BYTES`.

    Raises BodyError for a file of no format that is read, and LookupError for a connector without a
    format.
    """
    if connector not in BY_BYTES:
        return format_named(connector).name
    name = sniff(payload, filename)
    if name is None:
        raise BodyError("@0", "not a file format that is read", RejectKind.UNKNOWN)
    return name


def load_readers() -> None:
    """Import the readers of all formats now, so that no payload waits for it.

    A process that is forked for each payload would otherwise import its reader each time.
    """
    for row in FORMATS:
        for function in (row.read, row.sniff, row.cut):
            if isinstance(function, Named):
                function.function()


def version_of(name: str) -> int:
    """Return today's version of a format by its name; LookupError for an unknown name."""
    return format_named(name).version


def read_items(name: str, payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what a payload of a format holds, lazily, each part checked.

    Never raises for what is in the payload: where reading cannot go on, the last item is a Reject.
    Raises LookupError for an unknown format.
    """
    row = format_named(name)
    try:
        _check_size(row, payload)
        for item in row.read(payload, context):
            yield _checked(row, item, context) if isinstance(item, Part) else item
    except BodyError as error:
        yield error.reject


def parse(connector: str, body: bytes, content_type: str = "", *, received_ms: int = 0) -> Parsed:
    """Return what a body of one account holds; BodyError when it cannot be read at all.

    `received_ms` is epoch ms, 0 where nobody has received the body: then nothing in it counts as
    later. Raises LookupError for a connector without a format.
    """
    context = Context(connector=connector, content_type=content_type, received_ms=received_ms)
    return parse_as(format_of(connector, body), body, context)


def parse_as(name: str, body: bytes, context: Context) -> Parsed:
    """Return what a body of one account and of the format `name` holds; BodyError as `parse`.

    This is for callers that want everything at once. Fetches and notices are left out, and a body
    of several accounts is refused: `read_items` reads those. Raises LookupError for an unknown
    format.
    """
    part: Part | None = None
    rejects: list[Reject] = []
    for item in read_items(name, body, context):
        if isinstance(item, Reject):
            rejects.append(item)
        elif isinstance(item, Part):
            if part is not None:
                raise BodyError("body", "more than one account", RejectKind.TOO_MUCH)
            part = item
    if part is None and rejects:
        raise BodyError(rejects[0].where, rejects[0].why, rejects[0].kind)
    if part is None:
        return Parsed(account="", facts=())
    return Parsed(
        account=part.account,
        facts=part.facts,
        rejects=(*part.rejects, *rejects),
        complete=part.complete,
    )


def _check_size(row: Format, payload: bytes) -> None:
    if len(payload) > row.most_bytes:
        raise BodyError("body", f"more than {row.most_bytes} bytes", RejectKind.TOO_MUCH)
    # only files are unpacked, by a row of their own: no vendor is told that it may pack a body
    if row.sniff is not is_packed and is_packed(payload):
        raise BodyError("@0", "packed, and bodies of this kind are never unpacked")
    if row.json:
        check_width(payload)


def _checked(row: Format, part: Part, context: Context) -> Part:
    """Return a part without the facts that cannot be stored; BodyError when it holds too much.

    What is later than the receipt is left out too. A body that was not received, such as a file on
    a desk, has no receipt to compare with.
    """
    if len(part.facts) > row.most_facts:
        raise BodyError("body", f"more than {row.most_facts} facts", RejectKind.TOO_MUCH)
    facts: list[Fact] = []
    refused: list[Reject] = []
    for position, fact in enumerate(part.facts):
        why = fact_refusal(fact)
        if why:
            where = f"facts[{position}]"
            refused.append(Reject(where=where, why=why, kind=RejectKind.UNWRITABLE))
        else:
            facts.append(fact)
    if context.received_ms:
        allowed = as_received(facts, context.received_ms, is_file=row.sniff is not None)
        facts = list(allowed.facts)
        refused += allowed.rejects
    if _days(facts) > row.most_days:
        raise BodyError("body", f"facts of more than {row.most_days} days", RejectKind.TOO_MUCH)
    if not refused:
        return part
    return replace(part, facts=tuple(facts), rejects=(*part.rejects, *grouped(refused)))


def _days(facts: Iterable[Fact]) -> int:
    """Return how many days of UTC the facts touch, each day once."""
    spans = []
    for fact in facts:
        span = span_of(fact)
        start_ms, end_ms = span.start_ms, span.end_ms
        spans.append((start_ms // DAY_MS, end_ms // DAY_MS))
    # Facts may cover years in a few spans, so days are counted from sorted spans, never listed.
    days, reached = 0, -1
    for start, end in sorted(spans):
        days += max(0, end - max(start, reached + 1) + 1)
        reached = max(reached, end)
    return days
