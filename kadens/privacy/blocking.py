"""Commands about the block between care units: share, set, lift, list, and follow openings up."""

from dataclasses import asdict
from typing import Annotated

import typer

from kadens.commands.audited import audited, note_listed, person
from kadens.commands.console import settings_of
from kadens.commands.options import (
    DEFAULT_DATA,
    Data,
    Json,
    Patient,
    checked,
    instant,
    typed_words,
)
from kadens.names import CARE_UNIT
from kadens.output.console import list_table, print_table
from kadens.output.terminal import print_json, print_note
from model.calendar import rfc3339
from model.privacy.blocks import LONGEST_REASON
from storage.audit_actions import AuditAction
from storage.people.patients import patient_id
from storage.pg.pool import Connection
from storage.rights import unit_blocks
from storage.rights.unit_blocks import BlockOpening, UnitBlock, UnitBlockError

_words = typed_words(LONGEST_REASON)
OtherUnit = Annotated[
    str, typer.Option("--unit", callback=checked(CARE_UNIT), help="The other care unit.")
]
SharedUntil = Annotated[
    str, typer.Option("--until", help="RFC 3339 instant; by default without end.")
]
PatientAgreed = Annotated[
    str, typer.Option("--consent", callback=_words, help="How the patient consented to it.")
]
OpeningVerdict = Annotated[
    str, typer.Option("--verdict", callback=_words, help="What the follow-up came to.")
]
OpeningNumber = Annotated[int, typer.Argument(min=1, help="Its number, from `block list`.")]


def share_with_unit(
    *, patient: Patient, unit: OtherUnit, until: SharedUntil = "", data: Data = DEFAULT_DATA
) -> None:
    """Let another care unit read a patient."""
    until_ms = instant(until, 0, "--until") if until else None

    async def work(conn: Connection, now_ms: int) -> None:
        # here and not before: only now is the time known that the row is written with
        if until_ms is not None and until_ms <= now_ms:
            raise UnitBlockError("--until is over already")
        await unit_blocks.share_patient(
            conn, patient, unit, by=person().subject, now_ms=now_ms, until_ms=until_ms
        )

    audited(settings_of(data), work, AuditAction.SHARING_BEGIN, patient, unit)
    print_note("its people read the patient, unless the patient blocks it, and write nothing")


def unshare_with_unit(*, patient: Patient, unit: OtherUnit, data: Data = DEFAULT_DATA) -> None:
    """End that another care unit reads a patient."""

    async def work(conn: Connection, now_ms: int) -> None:
        # an unknown patient is named as such, and not as one who is not shared
        await patient_id(conn, patient)
        await unit_blocks.end_sharing(conn, patient, unit, now_ms)

    audited(settings_of(data), work, AuditAction.SHARING_END, patient, unit)


def set_unit_block(*, patient: Patient, data: Data = DEFAULT_DATA) -> None:
    """Block a patient's data for other units, at the patient's demand."""

    async def work(conn: Connection, now_ms: int) -> None:
        number = await patient_id(conn, patient)
        if not await unit_blocks.set_block(conn, number, person().subject, now_ms):
            raise UnitBlockError("the patient has a block already")

    audited(settings_of(data), work, AuditAction.BLOCK_SET, patient)


def lift_unit_block(*, patient: Patient, consent: PatientAgreed, data: Data = DEFAULT_DATA) -> None:
    """Lift a patient's block, with the patient's consent."""

    async def work(conn: Connection, now_ms: int) -> None:
        number = await patient_id(conn, patient)
        if not await unit_blocks.lift_block(conn, number, person().subject, consent, now_ms):
            raise UnitBlockError("the patient has no block")

    audited(settings_of(data), work, AuditAction.BLOCK_LIFT, patient)


def list_unit_blocks(
    *,
    done: Annotated[
        bool, typer.Option("--all", help="Also what was lifted or followed up.")
    ] = False,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """List blocks, and the openings to follow up."""

    async def work(conn: Connection, now_ms: int) -> tuple[list[UnitBlock], list[BlockOpening]]:
        held, opened = await unit_blocks.blocks(conn), await unit_blocks.openings(conn)
        if not done:
            held = [row for row in held if row.lifted_ms is None]
            opened = [row for row in opened if row.reviewed_ms is None]
        await note_listed(conn, now_ms, "blocks", _patients(held, opened))
        return held, opened

    held, opened = audited(settings_of(data), work, AuditAction.BLOCK_LIST)
    if as_json:
        print_json({"blocks": [*map(asdict, held)], "openings": [*map(asdict, opened)]})
        return
    _print_blocks(held)
    _print_openings(opened)


def review_opened_block(
    number: OpeningNumber, *, verdict: OpeningVerdict, data: Data = DEFAULT_DATA
) -> None:
    """Note what the follow-up of an opening came to."""

    async def work(conn: Connection, now_ms: int) -> str:
        # whoever opened a block at this machine's door has another name than its operator
        return await unit_blocks.review_opening(
            conn, number, by=person().subject, verdict=verdict, now_ms=now_ms
        )

    audited(settings_of(data), work, AuditAction.BLOCK_REVIEW, str, str(number))


def _patients(held: list[UnitBlock], opened: list[BlockOpening]) -> list[str]:
    return [*(row.pseudonym for row in held), *(row.pseudonym for row in opened)]


def _print_blocks(held: list[UnitBlock]) -> None:
    table = list_table("patient", "blocked since", "by", "lifted", "consent")
    for row in held:
        lifted = "" if row.lifted_ms is None else rfc3339(row.lifted_ms)
        table.add_row(row.pseudonym, rfc3339(row.set_ms), row.set_by, lifted, row.consent)
    print_table(table)


def _print_openings(opened: list[BlockOpening]) -> None:
    table = list_table("number", "patient", "opened", "by", "care unit", "ground", "followed up")
    for row in opened:
        verdict = row.verdict or "NOT YET"
        ground = f"{row.ground}: {row.reason}"
        when = rfc3339(row.opened_ms)
        table.add_row(str(row.id), row.pseudonym, when, row.who, row.care_unit, ground, verdict)
    print_table(table)
