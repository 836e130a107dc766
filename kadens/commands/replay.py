"""The command that reads kept bodies again and derives again, or rehearses that.

Values are printed only for `--diff`, to the operator's terminal. The audit log names the operator.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Annotated, TypeAlias

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kadens.clock import clock
from kadens.commands.audited import entry_of, person
from kadens.commands.console import run, settings_of
from kadens.commands.options import (
    DEFAULT_DATA,
    Data,
    Json,
    instant,
    known_connector,
    required,
)
from kadens.names import PSEUDONYM
from kadens.output.console import err, out
from kadens.output.replay_report import difference_table, plain_report, report_lines
from kadens.output.terminal import fail, print_json, print_line
from kadens.settings import Settings
from kadens.wiring.needs import keys_of
from storage import audit
from storage.audit_actions import AuditAction
from storage.bodies.body_store import open_bodies
from storage.people import patients
from storage.people.errors import UnknownNameError
from storage.pg.pool import LONG, Pool, open_pool
from storage.pg.roles import ADMIN
from stream.replay.apply import rehearse, replay
from stream.replay.context import SCOPE_FIRST_MS, SCOPE_LAST_MS, ReplayContext, ReplayScope
from stream.replay.report import ReplayReport

_Work: TypeAlias = Callable[[ReplayContext, str, ReplayScope], Awaitable[ReplayReport]]


def _pseudonyms(texts: list[str] | None) -> list[str]:
    check = required(PSEUDONYM)
    return [check(text) for text in texts or []]


def _connectors(texts: list[str] | None) -> list[str]:
    return [known_connector(text) for text in texts or []]


Patients = Annotated[
    list[str] | None,
    typer.Option("--patient", callback=_pseudonyms, help="A patient's pseudonym; may be repeated."),
]
Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        callback=_connectors,
        help="Only bodies of this connector; any other text lists them all. May be repeated.",
    ),
]
_From = Annotated[
    str,
    typer.Option(
        "--from",
        help="Only bodies received at or after this RFC 3339 instant; with --derive-only, "
        "only what was measured then.",
    ),
]
_To = Annotated[
    str,
    typer.Option(
        "--to",
        help="Only bodies received before this RFC 3339 instant; with --derive-only, only what "
        "was measured then.",
    ),
]
_Again = Annotated[
    bool,
    typer.Option("--again", help="Also bodies that today's parser version has read already."),
]
_DeriveOnly = Annotated[
    bool, typer.Option("--derive-only", help="Read no body; derive from the current facts.")
]
_DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Change nothing; print what would change.")
]
_Diff = Annotated[
    bool, typer.Option("--diff", help="With --dry-run: print every row that differs, and how.")
]
_Check = Annotated[
    bool, typer.Option("--check", help="With --dry-run: exit 1 when anything would change.")
]


def replay_bodies(  # noqa: PLR0913 - one parameter per option
    *,
    patient: Patients = None,
    everyone: Annotated[bool, typer.Option("--all", help="Every patient.")] = False,
    source: Sources = None,
    since: _From = "",
    until: _To = "",
    again: _Again = False,
    derive_only: _DeriveOnly = False,
    dry_run: _DryRun = False,
    diff: _Diff = False,
    check: _Check = False,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Read kept bodies with today's parsers, and derive again.

    Workers may go on meanwhile, and no old alert is raised again. A body is read again when today's
    version of its parser has not read it yet. What that changes is published as session.revised,
    session.retracted, day.revised and week.revised. When it is interrupted, run it again: the
    result is the same. Exits 1 when a body cannot be read any more: its facts stay as they were.
    """
    if bool(patient) == everyone:
        fail("give either --patient or --all", code=2)
    if (diff or check) and not dry_run:
        fail("--diff and --check compare before anything is written: add --dry-run", code=2)
    scope = _scope(source or [], since, until, again=again, derive_only=derive_only)
    results = run(_replay_all(settings_of(data), patient or [], scope, dry_run=dry_run))
    if as_json:
        print_json(plain_report(results, dry_run=dry_run, diff=diff))
    else:
        _print_report(results, dry_run=dry_run, diff=diff)
    has_unread = any(replayed.unreadable or replayed.left for replayed in results)
    has_differences = any(replayed.differences for replayed in results)
    raise typer.Exit(1 if has_unread or (check and has_differences) else 0)


def _print_report(results: list[ReplayReport], *, dry_run: bool, diff: bool) -> None:
    table = difference_table(results) if diff else None
    if table is not None:
        out.print(table)
    for line in report_lines(results, dry_run=dry_run):
        print_line(line)


def _scope(
    sources: Sequence[str], since: str, until: str, *, again: bool, derive_only: bool
) -> ReplayScope:
    """Return what to replay; leaves with code 2 for options that contradict each other."""
    if derive_only and (sources or again):
        fail("--derive-only reads no body, so --source and --again do not go with it", code=2)
    from_ms, to_ms = instant(since, SCOPE_FIRST_MS, "--from"), instant(until, SCOPE_LAST_MS, "--to")
    if from_ms >= to_ms:
        fail("--from must be before --to", code=2)
    return ReplayScope(
        sources=frozenset(sources),
        from_ms=from_ms,
        to_ms=to_ms,
        again=again,
        derive_only=derive_only,
    )


async def _replay_all(
    settings: Settings, patients: Sequence[str], scope: ReplayScope, *, dry_run: bool
) -> list[ReplayReport]:
    work: _Work = rehearse if dry_run else replay
    async with await open_pool(settings.database, max_size=2, limits=LONG, role=ADMIN) as pool:
        names = list(dict.fromkeys(patients)) or await _everyone(pool)
        results = await _replay_each(settings, pool, names, scope, work)
    if patients and len(results) < len(names):
        fail("there is no such patient")
    return results


async def _everyone(pool: Pool) -> list[str]:
    async with pool.connection() as conn:
        return await patients.pseudonyms(conn)


async def _replay_each(
    settings: Settings, pool: Pool, patients: Sequence[str], scope: ReplayScope, work: _Work
) -> list[ReplayReport]:
    """Replay patient after patient with a progress bar; unknown patients are left out."""
    results = []
    with _progress() as progress:
        patient_bar = progress.add_task("patients", total=len(patients))
        body_bar = progress.add_task("bodies", total=None)
        context = ReplayContext(
            pool=pool,
            bodies=open_bodies(settings.bodies),
            wrapping=keys_of(settings, "wrapping"),
            now=clock(settings.clock),
            actor=person(),
            progress=lambda done, total: progress.update(body_bar, completed=done, total=total),
        )
        for patient in patients:
            # This row comes before anything is read. Each change has an audit row of its own.
            await _audit(pool, entry_of(AuditAction.REPLAY_BEGIN, context.now(), patient))
            with suppress(UnknownNameError):  # unknown, or erased meanwhile
                results.append(await work(context, patient, scope))
            progress.advance(patient_bar)
    return results


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=err, transient=True)


async def _audit(pool: Pool, entry: audit.AuditEntry) -> None:
    async with pool.connection() as conn:
        await audit.write_entry(conn, entry)
