"""Commands about dead letters: bodies that could not be read. Listed, shown, sent again, dropped.

A letter is named by its offset on `kadens.dead`. A body leaves the database only into a file that
the operator names.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from kadens.clock import clock
from kadens.commands.audited import entry_of
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, ConnectorOption, Data, Json, instant
from kadens.output.console import print_table
from kadens.output.letters import (
    headers_of_letter,
    lines_of_field,
    plain_letter,
    table_of_counts,
    table_of_letters,
)
from kadens.output.terminal import fail, print_json, print_line
from kadens.settings import Settings
from model.facts import RejectKind
from storage import audit
from storage.audit_actions import AuditAction
from storage.bodies import dead_queries
from storage.bodies.body_store import open_bodies
from storage.bodies.dead_queries import Choice, Counted, Letter
from storage.people.errors import UnknownNameError
from storage.pg.crypto import SealError
from storage.pg.pool import LONG, Connection, Pool, open_pool
from storage.pg.roles import ADMIN
from stream.dead import commands
from stream.dead.commands import Desk

SHOWN = 50
IN_JSON = 10_000
MOST_OFFSET = 2**63 - 1  # the log's offsets are 64 bits wide
MOST_LISTED = 1_000_000
EARLIEST = -1
_NONE = "no dead letters"
_NONE_CHOSEN = "no dead letters of this choice"

RejectClass = Annotated[
    RejectKind | None, typer.Option("--class", help="Only letters of this class.")
]
Offsets = Annotated[
    list[int] | None,
    typer.Argument(help="Offsets of letters on kadens.dead, as listed.", min=0, max=MOST_OFFSET),
]


def summarise_letters(
    context: typer.Context, *, as_json: Json = False, data: Data = DEFAULT_DATA
) -> None:
    """List what could not be read; `list --help` shows how to choose."""
    if context.invoked_subcommand is None:
        list_letters(as_json=as_json, data=data)


def list_letters(
    *,
    class_: RejectClass = None,
    connector: ConnectorOption = "",
    since: Annotated[
        str, typer.Option("--since", help="Only what was refused since this RFC 3339 instant.")
    ] = "",
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            help="List at most this many of the newest: 50 by default, 10,000 with --json.",
            min=0,
            max=MOST_LISTED,
        ),
    ] = None,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Count dead letters by class and connector, and list the newest.

    Each line shows where the message is on the log, which connector sent it, and why it was
    refused.
    """
    since_ms = instant(since, EARLIEST, "--since")
    choice = Choice(
        kind=class_,
        connector=connector or None,
        since_ms=None if since_ms == EARLIEST else since_ms,
    )
    most = limit if limit is not None else (IN_JSON if as_json else SHOWN)
    counts, newest = run(_read_letters(settings_of(data), choice, most))
    if as_json:
        print_json([plain_letter(letter) for letter in newest])
        return
    if not counts and not newest:
        print_line(_NONE_CHOSEN if choice != Choice() else _NONE)
        return
    print_table(table_of_counts(counts))
    print_table(table_of_letters(newest))


def show_letter(
    offset: Annotated[
        int, typer.Argument(help="Offset of the letter on kadens.dead.", min=0, max=MOST_OFFSET)
    ],
    *,
    body: Annotated[
        Path | None,
        typer.Option("--body", help="Write the body to this file, which must not exist."),
    ] = None,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Show one dead letter: its reasons and its message's headers.

    The body is never printed; --body writes it to a file.
    """
    letter = run(_shown(settings_of(data), offset, body))
    if letter is None:
        fail(f"there is no letter at offset {offset}")
    plain = {
        **plain_letter(letter),
        "rejects": letter.rejects,
        "headers": headers_of_letter(letter),
        "patient": letter.patient,
    }
    if as_json:
        print_json(plain)
        return
    for name, value in plain.items():
        for line in lines_of_field(value):
            print_line(f"{name:<12} {line}")


def retry_letters(
    offsets: Offsets = None,
    *,
    class_: RejectClass = None,
    connector: ConnectorOption = "",
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Send bodies again, as they were received, to be read anew.

    Exits 1 when one could not be sent. A body that an older parser read in part is kept with its
    patient and is not sent: `kadens replay` reads it again.
    """
    choice = _choice(offsets, class_, connector)
    counts = run(_retry(settings_of(data), offsets or [], choice))
    _report(counts, offsets, {commands.SENT, commands.STILL_KEPT, commands.GONE}, as_json=as_json)


def drop_letters(
    offsets: Offsets = None,
    *,
    class_: RejectClass = None,
    connector: ConnectorOption = "",
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Take letters off the list, and remove their bodies.

    Nobody can read them afterwards. Exits 1 when a named letter was not on the list.
    """
    choice = _choice(offsets, class_, connector)
    counts = run(_drop(settings_of(data), offsets or [], choice))
    _report(counts, offsets, {commands.LETTER_DROPPED}, as_json=as_json)


async def _read_letters(
    settings: Settings, choice: Choice, most: int
) -> tuple[list[Counted], list[Letter]]:
    pool = await open_pool(settings.database, max_size=1, limits=LONG, role=ADMIN)
    async with pool, pool.connection() as conn:
        counts = await dead_queries.letter_counts(conn, choice)
        return counts, await dead_queries.newest_letters(conn, choice, most)


async def _shown(settings: Settings, offset: int, path: Path | None) -> Letter | None:
    pool = await open_pool(settings.database, max_size=1, limits=LONG, role=ADMIN)
    async with pool, pool.connection() as conn:
        letter = await dead_queries.find_letter(conn, offset)
        if letter is None:
            return None
        entry = entry_of(
            AuditAction.LETTER_SHOW, clock(settings.clock)(), letter.patient, str(offset)
        )
        await audit.write_entry(
            conn, entry
        )  # before the body is read, so that no reading lacks a row
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
        # Mode "x" never overwrites a file. Its permissions are set before the first byte is
        # written.
        with path.open("xb") as file:
            path.chmod(0o600)
            file.write(content)
    except OSError as error:
        fail(f"{path}: {error.strerror}", code=2)


async def _retry(settings: Settings, offsets: Sequence[int], choice: Choice | None) -> Counter[str]:
    from stream.log.producer import open_producer  # noqa: PLC0415 - only retry needs the log

    async with (
        await open_pool(settings.database, max_size=2, limits=LONG, role=ADMIN) as pool,
        open_producer(settings.kafka) as producer,
    ):
        counts = await commands.send_again(_desk(settings, pool), producer, offsets, choice)
        await _audit(pool, settings, AuditAction.LETTER_RETRY, counts)
        return counts


async def _drop(settings: Settings, offsets: Sequence[int], choice: Choice | None) -> Counter[str]:
    async with await open_pool(settings.database, max_size=2, limits=LONG, role=ADMIN) as pool:
        counts = await commands.drop_with_bodies(_desk(settings, pool), offsets, choice)
        await _audit(pool, settings, AuditAction.LETTER_DROP, counts)
        return counts


async def _audit(pool: Pool, settings: Settings, action: AuditAction, counts: Counter[str]) -> None:
    entry = entry_of(action, clock(settings.clock)())
    async with pool.connection() as conn:
        await audit.write_entry(conn, replace(entry, detail={**(entry.detail or {}), **counts}))


def _desk(settings: Settings, pool: Pool) -> Desk:
    return Desk(
        pool=pool, bodies=open_bodies(settings.bodies), wrapping_key=settings.secrets.wrapping_keys
    )


def _choice(
    offsets: Sequence[int] | None, kind: RejectKind | None, connector: str
) -> Choice | None:
    """Return the choice by class, or None where letters are named by offset.

    Leaves with code 2 for both and for neither.
    """
    if offsets and (kind or connector):
        fail("give either offsets or --class, not both", code=2)
    if not offsets and kind is None:
        fail("give offsets or --class; --connector alone chooses nothing", code=2)
    return None if offsets else Choice(kind=kind, connector=connector or None)


def _report(
    counts: Counter[str], offsets: Sequence[int] | None, names: set[str], *, as_json: bool
) -> None:
    """Print the counts, and exit 1 unless every letter was sent or dropped.

    Named letters that are not on the list are counted as well.
    """
    shown = {name: counts[name] for name in sorted(names)}
    if offsets:
        shown["not_waiting"] = len(set(offsets)) - sum(shown.values())
    if as_json:
        print_json(shown)
    else:
        words = [f"{count} {name.replace('_', ' ')}" for name, count in shown.items()]
        print_line(", ".join(words))
    settled = shown.get(commands.SENT, 0) + shown.get(commands.LETTER_DROPPED, 0)
    raise typer.Exit(0 if settled == sum(shown.values()) else 1)
