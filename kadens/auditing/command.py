"""The commands `kadens audit verify` and `kadens audit head`. They change no row of the log."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kadens.auditing.head_file import append_line
from kadens.clock import clock
from kadens.commands.audited import entry_of
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json
from kadens.output.file_errors import file_error
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.settings import Settings
from model.audit_log.chain import Breach, ChainCheck, ChainFault
from model.audit_log.heads import HeadLineError, noted_heads, public_keys, signed_line
from storage import audit
from storage.audit_actions import AuditAction
from storage.audit_chain import chain_head, chain_rows
from storage.pg.pool import LONG, open_pool
from storage.pg.roles import ADMIN

_MOST_SHOWN = 20
_WORDS: dict[Breach, str] = {
    Breach.CHANGED: "the row, or the one before it, is not the one that was linked",
    Breach.REMOVED: "the row of this link is gone",
    Breach.INSERTED: "a row that was never linked",
    Breach.GAP: "the link of this number is gone",
    Breach.CUT: "the log ends before this link, which was there",
    Breach.HEAD: "the head that was noted is not the link of this number",
}
NO_KEY = "the secrets file has no key of kind audit; `kadens keys rotate audit` makes one"

Heads = Annotated[
    Path | None,
    typer.Option(
        "--heads",
        metavar="FILE",
        help="A file of signed heads that were noted earlier; each must be in the log. "
        "Without it, those of KADENS_AUDIT_HEADS.",
    ),
]
Append = Annotated[
    Path | None,
    typer.Option(
        "--append", metavar="FILE", help="Add the head to this file, on a disk of its own."
    ),
]


def verify_log(*, heads: Heads = None, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """Check that no row of the audit log was changed or removed.

    Nor added or reordered: every row is compared with its link in the chain. Exits 1 when something
    is wrong. Only noted heads show that the end of the log was cut off or written anew.
    """
    settings = settings_of(data)
    noted = _noted(settings, heads)
    count, faults = run(_verified(settings, noted))
    if as_json:
        print_json({"rows": count, "heads": len(noted), "faults": list(map(asdict, faults))})
    else:
        _print_faults(count, len(noted), faults)
    listed = heads or (Path(settings.audit_heads) if settings.audit_heads else None)
    if listed is not None and listed.exists() and not noted:
        print_note(f"{listed} holds no head, so a log that was cut at its end would not show")
    if faults:
        raise typer.Exit(1)


def print_head(*, append: Append = None, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """Print how far the audit log goes, signed with our key.

    Kept on a disk that nobody with the database can write to, such lines show later that the log
    was cut. The clinician door adds one every hour where KADENS_AUDIT_HEADS names a file.
    """
    settings = settings_of(data)
    line = run(_line(settings))
    if append is not None:
        _append(append, line)
    if as_json:
        values = json.loads(line)
        print_json(values | {"public_key": public_keys(settings.secrets.audit_keys)[values["key"]]})
    else:
        print_line(line)


def _noted(settings: Settings, path: Path | None) -> dict[int, bytes]:
    """Return the noted heads by their numbers; leaves with a line where one is not genuine."""
    if path is None:
        if not settings.audit_heads:
            return {}
        path = Path(settings.audit_heads)
        if not path.exists():
            # also how it looks when somebody has taken the file away
            print_note(f"no head is compared: {path.absolute()} of KADENS_AUDIT_HEADS is not there")
            return {}
    try:
        with path.open(encoding="utf-8") as lines:
            noted = list(noted_heads(lines, settings.secrets.audit_keys))
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path.absolute()}: {file_error(error)}")
    except HeadLineError as error:
        fail(f"{path.absolute()}, {error}")
    return {item.head.seq: item.head.hash for item in noted}


async def _verified(
    settings: Settings, noted: dict[int, bytes]
) -> tuple[int, Sequence[ChainFault]]:
    check, faults = ChainCheck(noted=dict(noted)), list[ChainFault]()
    count = 0
    pool = await open_pool(settings.database, max_size=1, limits=LONG, role=ADMIN)
    async with pool:
        async with pool.connection() as conn:
            async for row in chain_rows(conn):
                faults += check.take(row)
                count += 1
            faults += check.finish()
        # a broken chain may take no row, and must be told all the same
        entry = entry_of(AuditAction.LOG_VERIFY, clock(settings.clock)())
        why = await audit.write_where_possible(pool, entry)
    if why:
        print_note(f"the audit log takes no row about this check: {why}")
    return count, faults


def _print_faults(count: int, heads: int, faults: Sequence[ChainFault]) -> None:
    noted = f"; noted heads that are in it: {heads}" if heads else ""
    if not faults:
        print_line(f"{count} rows, each as it was linked{noted}")
        return
    for fault in faults[:_MOST_SHOWN]:
        row = "" if fault.row is None else f" row {fault.row}"
        link = "" if fault.seq is None else f" link {fault.seq}"
        print_line(f"{fault.breach.value}{link}{row}: {_WORDS[fault.breach]}")
    print_line(f"{len(faults)} faults in {count} rows")


async def _line(settings: Settings) -> str:
    if not settings.secrets.audit_keys:
        fail(NO_KEY)
    async with (
        await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
        pool.connection() as conn,
    ):
        head = await chain_head(conn)
    return signed_line(head, settings.secrets.audit_keys, clock(settings.clock)())


def _append(path: Path, line: str) -> None:
    try:
        append_line(path, line)
    except OSError as error:
        fail(f"{path.absolute()}: {file_error(error)}")
