"""The commands `kadens audit sample`, `samples` and `review`: spot checks of the log."""

import secrets
from dataclasses import asdict
from typing import Annotated

import typer

from kadens.commands.audited import audited, note_listed, person
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, words_if_any
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.settings import Settings
from model.audit_log.exported import ExportedRow
from model.audit_log.sampling import (
    MOST_DRAWN,
    AccessVerdict,
    AuditSample,
    SampledAccess,
    drawn_rows,
    may_judge,
    names_patient,
    sample_state,
)
from model.calendar import DAY_MS, rfc3339
from storage.audit_actions import AuditAction
from storage.people.errors import RefusedError, UnknownNameError
from storage.people.identities import names_of
from storage.pg.pool import Connection
from storage.reads.audit_rows import access_numbers, audit_rows_of
from storage.rights import audit_samples

_LONGEST_REASON = 500
SampleNumber = Annotated[int, typer.Argument(min=1, max=2**31 - 1, help="Number of the sample.")]
_Size = Annotated[int, typer.Option(min=1, max=MOST_DRAWN, help="How many accesses.")]
_Seed = Annotated[
    int | None, typer.Option(min=0, max=2**62, help="The same seed draws the same again.")
]
_Days = Annotated[
    int, typer.Option(min=1, max=3660, help="From how many days back the accesses are drawn.")
]
_Due = Annotated[int, typer.Option(min=1, max=365, help="Days until every access must be judged.")]


def draw_sample(
    *,
    size: _Size,
    seed: _Seed = None,
    days: _Days = 30,
    due: _Due = 14,
    data: Data = DEFAULT_DATA,
) -> None:
    """Draw a random sample of accesses to patients' data, to be reviewed.

    Patients' own visits are not drawn. Without --seed it is random, and kept with the sample.
    """
    chosen = secrets.randbelow(2**62) if seed is None else seed

    async def work(conn: Connection, now_ms: int) -> tuple[int, int]:
        since_ms = now_ms - days * DAY_MS
        drawn = drawn_rows(await access_numbers(conn, since_ms, now_ms), size, chosen)
        if not drawn:
            raise RefusedError(f"nobody looked at any patient's data in the last {days} days")
        made = AuditSample(
            number=0,
            drawn_ms=now_ms,
            drawn_by=person().subject,
            since_ms=since_ms,
            until_ms=now_ms,
            seed=chosen,
            due_ms=now_ms + due * DAY_MS,
            size=len(drawn),
            judged=0,
        )
        return await audit_samples.put_sample(conn, drawn, made), len(drawn)

    number, count = audited(settings_of(data), work, AuditAction.LOG_SAMPLE, None, "draw")
    print_line(str(number))
    print_note(f"{count} accesses, to be judged within {due} days; `kadens audit review {number}`")


def list_samples(*, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """List the samples of the audit log, and mark what is overdue.

    Exits 1 when one is.
    """

    async def work(conn: Connection, now_ms: int) -> list[dict[str, object]]:
        return [_sample_line(row, now_ms) for row in await audit_samples.audit_samples(conn)]

    lines = audited(settings_of(data), work, AuditAction.LOG_SAMPLE, None, "list")
    if as_json:
        print_json(lines)
    else:
        names = ("number", "drawn", "drawn_by", "size", "judged", "due", "state")
        table = list_table(*(name.replace("_", " ") for name in names))
        for line in lines:
            table.add_row(*(str(line[name]) for name in names))
        print_table(table)
    if any(line["state"] == "OVERDUE" for line in lines):
        raise typer.Exit(1)


_Row = Annotated[
    int | None, typer.Option("--row", min=1, help="Number of the access to judge, as listed.")
]
_Verdict = Annotated[
    AccessVerdict | None, typer.Option("--verdict", help="What you found about the access.")
]
_Reason = Annotated[
    str,
    typer.Option(
        "--reason",
        callback=words_if_any(_LONGEST_REASON),
        help="What the verdict rests on, without the patient's name.",
    ),
]


def review_sample(
    number: SampleNumber,
    *,
    row: _Row = None,
    verdict: _Verdict = None,
    reason: _Reason = "",
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Show the accesses of a sample, or judge one of them with a reason.

    A verdict stays: of two reviewers the second is told who judged before. Nobody judges an access
    of their own: it takes another account of this machine, or the spot checks of the clinic.
    """
    settings = settings_of(data)
    if row is None and verdict is None and not reason:
        _show_sample(number, settings, as_json=as_json)
        return
    if row is None or verdict is None or not reason:
        fail("to judge an access give --row, --verdict and --reason", code=2)
    judged, word = row, verdict.value

    async def work(conn: Connection, now_ms: int) -> str | None:
        access = await _access(conn, number, judged)
        await _check(conn, settings, access, reason)
        await audit_samples.judge_access(
            conn, number, judged, word, reason, by=person().subject, now_ms=now_ms
        )
        return access.patient or None

    about = f"sample:{number}"
    audited(settings, work, AuditAction.LOG_REVIEW, lambda whose: whose, about)
    print_note(f"recorded: {word}")


async def _access(conn: Connection, number: int, row: int) -> ExportedRow:
    """Return the row of the log of an access that the sample has."""
    sampled = await audit_samples.sampled_accesses(conn, number)
    kept = await audit_rows_of(conn, [item.row for item in sampled if item.row == row])
    if not kept:
        raise UnknownNameError("the sample has no such access")
    return kept[0]


async def _check(conn: Connection, settings: Settings, access: ExportedRow, reason: str) -> None:
    """Refuse to judge one's own access, and a reason that names the patient."""
    if not may_judge(access.actor, person().subject):
        raise RefusedError("this is your own access: another person judges it")
    keys = settings.secrets.wrapping_keys
    names = await names_of(conn, keys, [access.patient]) if access.patient else {}
    if names_patient(reason, (access.patient, *names.values())):
        raise RefusedError(
            "write --reason without the patient's name or pseudonym: it outlives an erasure"
        )


def _show_sample(number: int, settings: Settings, *, as_json: bool) -> None:
    async def work(conn: Connection, now_ms: int) -> list[dict[str, object]]:
        kept = await audit_samples.sampled_accesses(conn, number)
        rows = await audit_rows_of(conn, [item.row for item in kept])
        # each patient of the sample can see that the log about them was looked at
        await note_listed(conn, now_ms, "sample", (item.patient for item in rows if item.patient))
        known = {item.number: item for item in rows}
        return [_access_line(item, known.get(item.row)) for item in kept]

    lines = audited(settings, work, AuditAction.LOG_SAMPLE, None, f"sample:{number}")
    if as_json:
        print_json(lines)
        return
    names = ("row", "at", "actor", "unit", "action", "object", "patient", "why", "verdict")
    table = list_table(*names)
    for line in lines:
        table.add_row(*(str(line[name] or "") for name in names))
    print_table(table)


def _access_line(item: SampledAccess, row: ExportedRow | None) -> dict[str, object]:
    """Return an access as it is printed; a patient who was erased is not in its row any more."""
    verdict = {"verdict": item.verdict, "reason": item.reason, "reviewer": item.reviewer}
    line: dict[str, object] = {"row": item.row, **verdict}
    for name in ("actor", "role", "action", "object", "patient"):
        line[name] = getattr(row, name, "")
    line["at"] = rfc3339(row.at_ms) if row else ""
    line["unit"], line["why"] = (row.care_unit, row.reason) if row else ("", "")
    return line


def _sample_line(sample: AuditSample, now_ms: int) -> dict[str, object]:
    line: dict[str, object] = {}
    for name, kept in asdict(sample).items():
        line[name.removesuffix("_ms")] = rfc3339(kept) if name.endswith("_ms") else kept
    return {**line, "state": sample_state(sample, now_ms)}
