"""Commands about dead letters: what could not be read. Listed, shown, sent again for today's reader, or dropped.

A letter is named by its offset on `kadens.dead`. A body leaves the database only into a file that was asked for.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from kadens.clock import clock
from kadens.commands.console import (
    DEFAULT_DATA,
    Data,
    Json,
    fail,
    out,
    print_json,
    run,
    settings_of,
)
from kadens.commands.people import entry_of, instant
from kadens.settings import Settings
from model.calendar import rfc3339
from model.facts import RejectKind
from storage import audit
from storage.audit_actions import Action
from storage.bodies import dead_queries
from storage.bodies.body_store import open_bodies
from storage.bodies.dead_queries import Choice, Counted, Letter
from storage.people.people import UnknownNameError
from storage.pg.crypto import SealError
from storage.pg.pool import LONG, Connection, Pool, open_pool
from storage.pg.roles import ADMIN
from stream.dead import commands
from stream.dead.bury import unpack_headers
from stream.dead.commands import Desk

SHOWN = 50
IN_JSON = 10_000
EARLIEST = -1

Class = Annotated[RejectKind | None, typer.Option("--class", help="Only letters of this class.")]
Connector = Annotated[
    str | None, typer.Option("--connector", help="Only letters of this connector.")
]
Offsets = Annotated[
    list[int] | None, typer.Argument(help="Offsets of letters on kadens.dead, as listed.", min=0)
]


def summary(context: typer.Context, *, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """List what could not be read; `list --help` tells how to choose."""
    if context.invoked_subcommand is None:
        listed(as_json=as_json, data=data)


def listed(
    *,
    class_: Class = None,
    connector: Connector = None,
    since: Annotated[
        str, typer.Option("--since", help="Only what was refused since (RFC 3339).")
    ] = "",
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", help="How many of the newest are listed: 50, with --json 10,000.", min=0
        ),
    ] = None,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Count what could not be read by class and connector, and list the newest: where it lies, from whom, and why."""
    since_ms = instant(since, EARLIEST, "--since")
    choice = Choice(
        kind=class_, connector=connector, since_ms=None if since_ms == EARLIEST else since_ms
    )
    most = limit if limit is not None else (IN_JSON if as_json else SHOWN)

    async def work(settings: Settings) -> tuple[list[Counted], list[Letter]]:
        async with (
            await open_pool(settings.database, max_size=1, limits=LONG, role=ADMIN) as pool,
            pool.connection() as conn,
        ):
            return await dead_queries.counts(conn, choice), await dead_queries.newest(
                conn, choice, most
            )

    counts, newest = run(work(settings_of(data)))
    if as_json:
        print_json([_plain(letter) for letter in newest])
        return
    out.print(_counts(counts))
    out.print(_table(newest))


def show(
    offset: Annotated[int, typer.Argument(help="Offset of the letter on kadens.dead.", min=0)],
    *,
    body: Annotated[
        Path | None, typer.Option("--body", help="Write the body to this file; it must not exist.")
    ] = None,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Show one letter: its reasons and the headers of its message. Its body only goes into a file, by --body."""
    settings = settings_of(data)
    item = run(_found(settings, offset, body))
    if item is None:
        fail(f"there is no letter at offset {offset}")
    reported = {
        **_plain(item),
        "rejects": item.rejects,
        "headers": _headers(item),
        "patient": item.patient,
    }
    if as_json:
        print_json(reported)
        return
    for name, value in reported.items():
        out.print(f"{name:<12} {value}", markup=False)


def retry(
    offsets: Offsets = None,
    *,
    class_: Class = None,
    connector: Connector = None,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Send bodies again, as they were received, for today's reader. Exits 1 when one could not be sent.

    A body that was read in part by an older reader is kept with its patient: `kadens replay` reads it again.
    """
    choice, settings = _choice(offsets, class_, connector), settings_of(data)
    counts = run(_retry(settings, offsets or [], choice))
    _say(counts, offsets, {commands.SENT, commands.KEPT, commands.GONE}, as_json=as_json)


def drop(
    offsets: Offsets = None,
    *,
    class_: Class = None,
    connector: Connector = None,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Take letters off the list and remove their bodies: nobody will read them. Exits 1 when one was not there."""
    choice, settings = _choice(offsets, class_, connector), settings_of(data)
    counts = run(_drop(settings, offsets or [], choice))
    _say(counts, offsets, {commands.DROPPED}, as_json=as_json)


async def _found(settings: Settings, offset: int, path: Path | None) -> Letter | None:
    pool = await open_pool(settings.database, max_size=1, limits=LONG, role=ADMIN)
    async with pool, pool.connection() as conn:
        letter = await dead_queries.find(conn, offset)
        if letter is None:
            return None
        entry = entry_of(Action.LETTER_SHOW, clock(settings.clock)(), letter.patient, str(offset))
        await audit.write(conn, entry)  # before anything is shown: nobody reads without a row
        if path is not None:
            _write(letter, await _body_of(conn, _desk(settings, pool), letter), path)
        return letter


async def _body_of(conn: Connection, desk: Desk, letter: Letter) -> bytes | None:
    try:
        return await commands.open_body(conn, desk, letter)
    except (SealError, UnknownNameError) as error:
        fail(str(error))


def _write(letter: Letter, content: bytes | None, path: Path) -> None:
    if content is None:
        fail(f"the body of letter {letter.letter} is not kept here")
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            file.write(content)
    except OSError as error:
        fail(f"{path}: {error.strerror}", code=2)


async def _retry(settings: Settings, offsets: Sequence[int], choice: Choice | None) -> Counter[str]:
    from stream.log.producer import open_producer  # noqa: PLC0415 - this command alone needs the log

    async with (
        await open_pool(settings.database, max_size=2, limits=LONG, role=ADMIN) as pool,
        open_producer(settings.kafka) as producer,
    ):
        counts = await commands.retry(_desk(settings, pool), producer, offsets, choice)
        await _audit(pool, settings, Action.LETTER_RETRY, counts)
        return counts


async def _drop(settings: Settings, offsets: Sequence[int], choice: Choice | None) -> Counter[str]:
    async with await open_pool(settings.database, max_size=2, limits=LONG, role=ADMIN) as pool:
        counts = await commands.drop(_desk(settings, pool), offsets, choice)
        await _audit(pool, settings, Action.LETTER_DROP, counts)
        return counts


async def _audit(pool: Pool, settings: Settings, action: Action, counts: Counter[str]) -> None:
    entry = entry_of(action, clock(settings.clock)())
    async with pool.connection() as conn:
        await audit.write(conn, replace(entry, detail={**(entry.detail or {}), **counts}))


def _desk(settings: Settings, pool: Pool) -> Desk:
    return Desk(
        pool=pool, bodies=open_bodies(settings.bodies), wrapping_key=settings.secrets.wrapping_keys
    )


def _choice(
    offsets: Sequence[int] | None, kind: RejectKind | None, connector: str | None
) -> Choice | None:
    """Return what was chosen by class, None where letters are named; leaves with code 2 for both or neither."""
    if offsets and (kind or connector):
        fail("either offsets or --class is wanted", code=2)
    if not offsets and kind is None:
        fail("offsets or --class are wanted", code=2)
    return None if offsets else Choice(kind=kind, connector=connector)


def _say(
    counts: Counter[str], offsets: Sequence[int] | None, names: set[str], *, as_json: bool
) -> None:
    """Print the counts; those that were named and do not wait are counted too. Exits 1 when not all went."""
    reported = {name: counts[name] for name in sorted(names)}
    if offsets:
        reported["not_waiting"] = len(set(offsets)) - sum(reported.values())
    if as_json:
        print_json(reported)
    else:
        out.print(
            ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in reported.items()),
            markup=False,
        )
    left = (
        sum(reported.values()) - reported.get(commands.SENT, 0) - reported.get(commands.DROPPED, 0)
    )
    raise typer.Exit(1 if left else 0)


def _plain(letter: Letter) -> dict[str, Any]:
    where, why = letter.rejects[0] if letter.rejects else ("", "")
    return {
        "offset": letter.letter,
        "state": letter.state,
        "written": rfc3339(letter.written_ms),
        "received": None if letter.received_ms is None else rfc3339(letter.received_ms),
        "class": letter.kind,
        "connector": letter.connector,
        "size": letter.size,
        "where": where,
        "why": why,
        "rejected": letter.rejected,
        "sha256": letter.sha256,
        "origin": f"{letter.origin.topic}/{letter.origin.partition}/{letter.origin.offset}",
        "body": _body(letter),
    }


def _body(letter: Letter) -> str:
    """Tell where the body is: sealed with the letter, kept with its patient, or nowhere."""
    if letter.body_bytes:
        return "here"
    return "kept" if letter.kept else "none"


def _headers(letter: Letter) -> dict[str, str]:
    return {
        name: value.decode(errors="replace")
        for name, value in unpack_headers(letter.origin.headers)
    }


def _counts(counts: Sequence[Counted]) -> Table:
    letters = sum(item.letters for item in counts)
    table = Table(
        "class", "connector", "letters", "counted only", title=f"{letters:,} dead letters"
    )
    for count in counts:
        table.add_row(
            count.kind,
            count.connector,
            f"{count.letters:,}",
            f"{count.beyond:,} more" if count.beyond else "",
        )
    return table


def _table(newest: Sequence[Letter]) -> Table:
    table = Table(
        "offset", "received", "class", "connector", "bytes", "where", "why", title="the newest"
    )
    for item in newest:
        plain = _plain(item)
        table.add_row(
            *(
                str(item.letter),
                plain["received"] or "",
                item.kind,
                item.connector,
                f"{item.size:,}",
            ),
            *(plain["where"], plain["why"]),
        )
    return table
