"""Commands that read a payload without a server: show what it holds, record it as a case."""

import mimetypes
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
import typer

from kadens.bounded_files import (
    MOST_PAYLOAD,
    MOST_STREAMED,
    bounded_bytes,
    bounded_copy,
)
from kadens.commands.options import Json
from kadens.fact_lines import lines_of
from kadens.importing.walked_files import digest_of, format_in, items_in
from kadens.inspect import CountedItems, inspect
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.payload_formats import UnknownConnectorError, format_name, items_of
from kadens.recorded.cases import RecordedCase, write_case
from model.calendar import FIRST_DATE, known_zone
from model.intensity import HeartProfile, profile_problems
from model.received import Context, ReaderItems
from model.storable import LAST_MS
from parsers.formats import FILES_CONNECTOR

ConnectorName = Annotated[
    str,
    typer.Option(
        "--connector", metavar="NAME", help="Who sent it; a file is recognised by its bytes."
    ),
]
HeaderWords = Annotated[
    list[str] | None,
    typer.Option(
        "--header",
        metavar="'K: V'",
        help="A header that came with it, such as 'Content-Type: …'; repeatable.",
    ),
]
QueryWords = Annotated[
    list[str] | None,
    typer.Option("--query", metavar="'k=v'", help="A query parameter; repeatable."),
]
_Path = Annotated[Path, typer.Argument(help="A body or a file; - reads standard input.")]
_Zone = Annotated[
    str, typer.Option("--zone", metavar="ZONE", help="IANA zone for times without an offset.")
]
_HrRest = Annotated[
    float | None, typer.Option("--hr-rest", help="Resting heart rate, beats a minute.")
]
_HrMax = Annotated[
    float | None, typer.Option("--hr-max", help="Maximal heart rate, beats a minute.")
]
_Facts = Annotated[bool, typer.Option("--facts", help="Print every fact, one JSON object a line.")]


def inspect_file(  # noqa: PLR0913 - one parameter an option
    path: _Path,
    *,
    connector: ConnectorName = "files",
    header: HeaderWords = None,
    query: QueryWords = None,
    zone: _Zone = "",
    hr_rest: _HrRest = None,
    hr_max: _HrMax = None,
    facts: _Facts = False,
    as_json: Json = False,
) -> None:
    """Show what a payload holds: workouts, samples and problems.

    Needs no server. Workouts come with their zone times, problems with their offsets. With --facts
    it prints one JSON object a line: each fact, then each fetch, notice and reject. A file may have
    any size, and may be packed. Exits 1 when nothing of the payload can be read.
    """
    if facts and as_json:
        fail("--facts prints JSON of its own, an object a line: leave --json out", code=2)
    profile = _profile(hr_rest, hr_max)
    _check_zone(zone)
    context = replace(_context(path, connector, header, query), zone=zone)
    with _opened(path, connector) as file:
        try:
            name, read = _read(file, context)
        except UnknownConnectorError as error:
            fail(str(error), code=2)
        items = CountedItems(read)
        if facts:
            _print_facts(items, zone)
        else:
            shown = {"sha256": digest_of(file), "format": name, **inspect(items, profile)}
            _print_shown(path, shown, items, as_json=as_json)
            if profile is None and shown["workouts"] and not as_json:
                print_note("note: without --hr-max and --hr-rest no time is put into a zone")
    if items.are_all_refused:
        raise typer.Exit(1)


def record_case(
    body: Annotated[Path, typer.Argument(help="The payload, as it came.")],
    folder: Annotated[Path, typer.Argument(help="The folder to make: tests/data/VENDOR/CASE.")],
    *,
    connector: ConnectorName = "files",
    header: HeaderWords = None,
    query: QueryWords = None,
    received_ms: Annotated[
        int,
        typer.Option(
            "--received", min=0, max=LAST_MS, help="When it was received, epoch milliseconds."
        ),
    ] = 0,
) -> None:
    """Record a payload as a case for the tests of its reader.

    A case is FOLDER/request.json, body.* and expected.json; one test runs them all. What today's
    reader makes of the payload is what it must make of it from then on, so read expected.json
    before you commit it. A folder that holds anything is never overwritten. Record invented or
    cleaned payloads only, because cases are part of the repository. The name of your file is left
    out, unless the reader needs it: then request.json keeps it, without its folder.
    """
    payload = read_payload(body)
    context = _context(body, connector, header, query, received_ms)
    _refuse_secrets(context)
    try:
        lines = write_case(
            folder, RecordedCase(context=context, payload=payload), body.suffix.lower() or ".bin"
        )
    except UnknownConnectorError as error:
        fail(str(error), code=2)
    except FileExistsError:
        fail(f"{folder} is there already; a case is never overwritten", code=2)
    except OSError as error:
        fail(f"{folder}: {error.strerror}", code=2)
    print_line(f"{folder}: recorded, {len(lines)} lines expected")


def _refuse_secrets(context: Context) -> None:
    """Leave where a header or a query parameter of a payload holds a credential."""
    # Connectors bring cryptography with them, which a file does not need.
    from ingest.proving.secret_names import (  # noqa: PLC0415 - see above
        secret_headers,
        secret_parameters,
    )
    from ingest.vendors import CONNECTORS  # noqa: PLC0415 - see above

    for name in sorted(secret_headers(CONNECTORS) & context.headers.keys()):
        fail(f"a case never holds the header {name}: it is a secret", code=2)
    for name in sorted(secret_parameters(CONNECTORS) & {name.lower() for name in context.query}):
        fail(f"a case never holds the query parameter {name}: it is a secret", code=2)


def _context(
    path: Path,
    connector: str,
    headers: Sequence[str] | None,
    query: Sequence[str] | None,
    received_ms: int = 0,
) -> Context:
    named = named_headers(headers)
    guessed = mimetypes.guess_type(path.name)[0] or ""
    return Context(
        connector=connector,
        content_type=named.get("content-type", guessed),
        filename=path.name,
        headers=named,
        query=parameters(query),
        received_ms=received_ms,
    )


def named_headers(words: Sequence[str] | None) -> dict[str, str]:
    """Return headers given as 'Name: value'; their names are in lower case."""
    pairs = _named(words, ":", "--header must look like 'Name: value'")
    return {name.strip().lower(): value.strip() for name, value in pairs}


def parameters(words: Sequence[str] | None) -> dict[str, str]:
    """Return query parameters given as 'name=value'."""
    return dict(_named(words, "=", "--query must look like 'name=value'"))


def _named(words: Sequence[str] | None, mark: str, otherwise: str) -> Iterator[tuple[str, str]]:
    """Yield what lies on both sides of `mark`; leaves with `otherwise` for a word without it."""
    for word in words or ():
        name, divider, value = word.partition(mark)
        if not divider or not name.strip():
            fail(otherwise, code=2)
        yield name, value


def _check_zone(zone: str) -> None:
    try:
        if zone:
            known_zone(zone)
    except ValueError as error:
        fail(f"--zone {error}", code=2)


def _profile(hr_rest: float | None, hr_max: float | None) -> HeartProfile | None:
    """Return the profile of the options, None without a maximum; leaves for one that is none."""
    profile = HeartProfile(valid_from=FIRST_DATE, hr_rest=hr_rest, hr_max=hr_max)
    for problem in profile_problems(profile):
        fail(problem.replace("hr_", "--hr-").replace(":", "", 1), code=2)
    return None if hr_max is None else profile


def read_payload(path: Path) -> bytes:
    """Return the bytes of a file, or of standard input for `-`; leaves when there is none."""
    try:
        if str(path) == "-":
            return bounded_copy(sys.stdin.buffer, MOST_PAYLOAD).getvalue()
        return bounded_bytes(path, MOST_PAYLOAD)
    except OSError as error:
        fail(f"{path}: {error.strerror}", code=2)


def _opened(path: Path, connector: str) -> BinaryIO:
    """Return a file that can seek, for `-` one of standard input; leaves when there is none.

    Only a file on a desk may have any size; a vendor's body is one document of a bounded size.
    """
    most = MOST_STREAMED if connector == FILES_CONNECTOR else MOST_PAYLOAD
    try:
        if str(path) == "-":
            return bounded_copy(sys.stdin.buffer, most)
        # a pipe, such as one that a shell makes of a command, cannot seek
        if connector == FILES_CONNECTOR and path.is_file():
            return path.open("rb")
        with path.open("rb") as file:
            return bounded_copy(file, most)
    except OSError as error:
        fail(f"{path}: {error.strerror}", code=2)


def _read(file: BinaryIO, context: Context) -> tuple[str | None, ReaderItems]:
    """Return the format of a file and what it holds; raises UnknownConnectorError."""
    if context.connector == FILES_CONNECTOR:
        return format_in(file, context.filename), items_in(file, context)
    payload = file.read()
    file.seek(0)
    return format_name(payload, context), items_of(payload, context)


def _print_facts(items: ReaderItems, zone: str) -> None:
    """Print the lines as they are read."""
    for line in lines_of(items, zone):
        typer.echo(orjson.dumps(line).decode())


def _print_shown(path: Path, shown: dict[str, Any], items: CountedItems, *, as_json: bool) -> None:
    if as_json:
        print_json(shown)
        return
    state = "complete" if shown["complete"] else "damaged: what could be read is shown"
    if items.are_all_refused:
        state = "nothing in it can be used"
    print_line(f"{path}: {shown['format'] or 'unknown format'}, {state}, sha256 {shown['sha256']}")
    _print_summary(shown)


def _print_summary(summary: dict[str, Any]) -> None:
    for problem in summary["problems"]:
        print_line(f"  problem at {problem['where']}: {problem['reason']}")
    for workout in summary["workouts"]:
        heart = _heart_text(workout["heart_rate"])
        paused = workout["paused_ms"]
        pause = f", paused {_clock_text(paused)}" if paused else ""
        print_line(f"  {workout['type']}, {workout['start']} to {workout['end']}{pause}, {heart}")
        zones = []
        for zone, ms in workout["zones_ms"].items():
            zones.append(f"{zone.replace('_', ' ')} {_clock_text(ms)}")
        print_line(f"    {', '.join(zones)}")
    for day in summary["days"]:
        totals = ", ".join(f"{metric} {value:g}" for metric, value in day["totals"].items())
        print_line(f"  {day['local_date']}: {totals}")
    for metric, extent in summary["samples"].items():
        print_line(f"  {metric}: {extent['n']} samples, {extent['first']} to {extent['last']}")
    for kind in ("reports", "fetches", "notices"):
        if summary[kind]:
            print_line(f"  {summary[kind]} {kind}")


def _heart_text(heart: dict[str, Any]) -> str:
    if not heart["n"]:
        return "no heart rate"
    extent = f"{heart['min']:.0f}-{heart['max']:.0f}"
    return f"heart rate {extent}, mean {heart['mean']:.1f}, {heart['n']} samples"


def _clock_text(ms: int) -> str:
    """Return milliseconds as h:mm:ss, to the second below."""
    seconds = ms // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
