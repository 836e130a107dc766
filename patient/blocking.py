"""The page on which a patient blocks other care units, and sees who opened that.

Nothing of what is documented is shown here.
"""

from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from model.calendar import local_date
from model.privacy.blocks import Ground
from model.words.language import N_
from patient.own_pages import door_page
from patient.visit import Visit, open_visit
from storage.audit_actions import AuditAction
from storage.reads.own_data import own_zone
from storage.rights import unit_blocks
from storage.rights.unit_blocks import BlockOpening, UnitBlock

BLOCK_PATH = "/block"
# Written into the log where the patient's own hand lifts it; not a text of the page.
_OWN_HAND = "at the patient door"
# A template words these with `_`.
GROUND_WORDS = {
    Ground.CONSENT: N_("with your consent"),
    Ground.EMERGENCY: N_("in an emergency"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedBlock:
    """A line of the page: on which day who of which unit opened the block, and why."""

    day: date
    who: str
    care_unit: str
    ground: str
    reason: str


async def show_block(request: Request) -> Response:
    """Show whether a block holds, which units share the patient, and who opened the block."""
    async with open_visit(request) as visit:
        zone = await own_zone(visit.conn, visit.patient)
        held = await unit_blocks.blocks(visit.conn, visit.patient)
        opened = await unit_blocks.openings(visit.conn, visit.patient)
        units = await unit_blocks.sharing_units(visit.conn, visit.patient, visit.now_ms)
    return door_page(
        request,
        "block.html",
        visit,
        since=_since(held, zone),
        units=units,
        opened=[_opened(row, zone) for row in opened],
    )


async def set_own_block(request: Request) -> Response:
    """Block other units; doing so twice is the same block."""
    async with open_visit(request) as visit:
        actor = visit.pseudonym
        done = await unit_blocks.set_block(visit.conn, visit.patient, actor, visit.now_ms)
        await _note(visit, AuditAction.BLOCK_SET if done else AuditAction.DATA_READ)
    return RedirectResponse(BLOCK_PATH, 303)


async def lift_own_block(request: Request) -> Response:
    """Lift the block: the patient's own form is the consent."""
    async with open_visit(request) as visit:
        who = (visit.patient, visit.pseudonym, _OWN_HAND)
        done = await unit_blocks.lift_block(visit.conn, *who, visit.now_ms)
        await _note(visit, AuditAction.BLOCK_LIFT if done else AuditAction.DATA_READ)
    return RedirectResponse(BLOCK_PATH, 303)


# A form that was sent twice changed nothing, and only looked at how things are.
async def _note(visit: Visit, action: AuditAction) -> None:
    await visit.note(action, BLOCK_PATH)


def _since(held: list[UnitBlock], zone: str) -> date | None:
    holding = [row for row in held if row.lifted_ms is None]
    return local_date(holding[0].set_ms, zone) if holding else None


def _opened(row: BlockOpening, zone: str) -> OpenedBlock:
    return OpenedBlock(
        day=local_date(row.opened_ms, zone),
        who=row.who,
        care_unit=row.care_unit,
        ground=GROUND_WORDS[Ground(row.ground)],
        reason=row.reason,
    )
