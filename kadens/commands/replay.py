"""`kadens replay`: kept bodies through today's parsers, today's derivation over what stands; or only what it would do.

Values are printed where `--diff` asks for them, to the operator's terminal alone, and the audit says who looked.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kadens.clock import clock
from kadens.commands.console import (
    DEFAULT_DATA,
    Data,
    Json,
    err,
    fail,
    out,
    print_json,
    settings_of,
)
from kadens.commands.people import SOURCES, entry_of, instant, person
from kadens.settings import Settings
from kadens.wiring import keys_of
from storage import audit
from storage.audit_actions import Action
from storage.bodies.body_store import open_bodies
from storage.people import people
from storage.pg.pool import LONG, Pool, open_pool
from storage.pg.roles import ADMIN
from stream.replay.parts import FIRST_MS, LAST_MS, ReplayContext, Replayed, Scope
from stream.replay.run import rehearse, replay

Patients = Annotated[
    list[str] | None, typer.Option("--patient", help="A patient's pseudonym; may be given again.")
]
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", help=f"A connector of {', '.join(SOURCES)}; may be given again."),
]
From = Annotated[
    str,
    typer.Option(
        "--from",
        help="RFC 3339 instant: bodies received from then on; with --derive-only, measured.",
    ),
]
To = Annotated[
    str,
    typer.Option(
        "--to", help="RFC 3339 instant: bodies received before; with --derive-only, measured."
    ),
]


def run_replay(  # noqa: PLR0913 - one parameter an option
    *,
    patient: Patients = None,
    everyone: Annotated[bool, typer.Option("--all", help="Every patient.")] = False,
    source: Sources = None,
    since: From = "",
    until: To = "",
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Also bodies that today's version of their parser has read already."
        ),
    ] = False,
    derive_only: Annotated[
        bool, typer.Option("--derive-only", help="Read no body; derive from what stands.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; say what would change.")
    ] = False,
    diff: Annotated[
        bool,
        typer.Option("--diff", help="With --dry-run: every row that differs, and its columns."),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="With --dry-run: exit 1 when anything would change.")
    ] = False,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Read kept bodies again with today's parsers and derive anew, while workers go on. Raises no old alert again.

    A body is taken again when today's version of its parser has not read it yet; what that changes goes out as
    session.revised, session.retracted, day.revised, week.revised. Killed and run again, it ends the same. Exits 1
    when a body cannot be read any more: it stands as it was, with those that belong to it.
    """
    if bool(patient) == everyone:
        fail("either --patient or --all is wanted", code=2)
    if (diff or check) and not dry_run:
        fail("--diff and --check compare before anything is written: add --dry-run", code=2)
    scope = _scope(source or [], since, until, again=again, derive_only=derive_only)
    result = asyncio.run(_work(settings_of(data), patient or [], scope, dry_run=dry_run))
    if as_json:
        print_json(_plain(result, dry_run=dry_run, diff=diff))
    else:
        _print(result, dry_run=dry_run, diff=diff)
    unread = any(item.unreadable or item.left for item in result)
    raise typer.Exit(1 if unread or (check and any(item.differences for item in result)) else 0)


def _scope(
    source: Sequence[str], since: str, until: str, *, again: bool, derive_only: bool
) -> Scope:
    unknown = set(source) - set(SOURCES)
    if unknown:
        fail(
            f"--source {', '.join(sorted(unknown))}: one of {', '.join(SOURCES)} is wanted", code=2
        )
    if derive_only and (source or again):
        fail(
            "--derive-only reads no body: neither --source nor --again means anything with it",
            code=2,
        )
    from_ms, to_ms = instant(since, FIRST_MS, "--from"), instant(until, LAST_MS, "--to")
    if from_ms >= to_ms:
        fail("--from is not before --to", code=2)
    return Scope(
        sources=frozenset(source),
        from_ms=from_ms,
        to_ms=to_ms,
        again=again,
        derive_only=derive_only,
    )


async def _work(
    settings: Settings, patients: Sequence[str], scope: Scope, *, dry_run: bool
) -> list[Replayed]:
    async with await open_pool(settings.database, max_size=2, limits=LONG, role=ADMIN) as pool:
        requested = list(dict.fromkeys(patients)) or await _everyone(pool)
        matches = [item async for item in _each(settings, pool, requested, scope, dry_run=dry_run)]
        if patients and len(matches) < len(requested):
            fail("there is no such patient")
        return matches


async def _everyone(pool: Pool) -> list[str]:
    async with pool.connection() as conn:
        return await people.patients(conn)


async def _each(
    settings: Settings, pool: Pool, patients: Sequence[str], scope: Scope, *, dry_run: bool
) -> AsyncIterator[Replayed]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        all_, item = (
            progress.add_task("patients", total=len(patients)),
            progress.add_task("bodies", total=None),
        )
        means = ReplayContext(
            pool=pool,
            bodies=open_bodies(settings.bodies),
            wrapping=keys_of(settings, "wrapping"),
            now=clock(settings.clock),
            actor=person(),
            seen=lambda done, total: progress.update(item, completed=done, total=total),
        )
        for patient in patients:
            await _write_down(pool, entry_of(Action.REPLAY_BEGIN, means.now(), patient))
            try:
                matches = await (rehearse if dry_run else replay)(means, patient, scope)
            except people.UnknownNameError:
                matches = None  # not there, or erased meanwhile
            progress.advance(all_)
            if matches is not None:
                yield matches


async def _write_down(pool: Pool, entry: audit.Entry) -> None:
    """Write down who looks, before anything is read; what is changed has lines of its own."""
    async with pool.connection() as conn:
        await audit.write(conn, entry)


def _plain(replayeds: Sequence[Replayed], *, dry_run: bool, diff: bool) -> dict[str, Any]:
    rows = [
        {"patient": replayed.patient, **asdict(row)}
        for replayed in replayeds
        for row in replayed.differences
    ]
    return {
        "dry_run": dry_run,
        "patients": len(replayeds),
        "bodies": _bodies(replayeds),
        "rows": _rows(replayeds, dry_run=dry_run),
        **({"differences": rows} if diff else {}),
    }


def _bodies(replayeds: Sequence[Replayed]) -> dict[str, int]:
    names = ("read", "told_anew", "unreadable", "no_consent", "left")
    return {name: sum(getattr(replayed, name) for replayed in replayeds) for name in names}


def _rows(replayeds: Sequence[Replayed], *, dry_run: bool) -> dict[str, int]:
    """Count rows by what is said of them; those that only name another algorithm are counted apart."""
    differences = [row for replayed in replayeds for row in replayed.differences]
    if not dry_run:
        return dict(
            sorted(
                Counter(
                    change.what for replayed in replayeds for change in replayed.changes
                ).items()
            )
        )
    counts = Counter(row.what for row in differences if not row.algorithm_only)
    counts["algorithm only"] = sum(row.algorithm_only for row in differences)
    return dict(sorted(counts.items()))


def _print(replayeds: Sequence[Replayed], *, dry_run: bool, diff: bool) -> None:
    if diff:
        out.print(_table(replayeds))
    bodies = ", ".join(
        f"{count} {name.replace('_', ' ')}" for name, count in _bodies(replayeds).items()
    )
    rows = ", ".join(
        f"{count} {name}" for name, count in _rows(replayeds, dry_run=dry_run).items() if count
    )
    out.print(f"{len(replayeds)} patients; bodies: {bodies}", markup=False)
    out.print(f"{'would change' if dry_run else 'changed'}: {rows or 'nothing'}", markup=False)


def _table(replayeds: Sequence[Replayed]) -> Table:
    table = Table("patient", "row", "key", "column", "now", "would be")
    for replayed in replayeds:
        for row in replayed.differences:
            if row.algorithm_only:
                continue
            shown = row.columns.items() if row.columns else [(row.change, ("", ""))]
            for name, (then, now) in shown:
                table.add_row(replayed.patient, row.what, row.key, name, str(then), str(now))
    return table
