"""Pauses processing for patients who object at their door, until a person weighs the objection.

It answers no request and ends no objection: only the ground that a person records does.
"""

from model.calendar import utc
from storage.rights import objections
from storage.rights.account_life import BY_WORKER
from storage.rights.objections import WaitingObjection
from storage.rights.restrictions import RestrictionError, record_objection
from stream.collaborators import Collaborators


async def pause_objected(parts: Collaborators) -> int:
    """Record each objection that a request asks for and nobody has recorded; return how many."""
    async with parts.pool.connection() as conn:
        waiting = await objections.unrecorded(conn)
    done = 0
    for objection in waiting:
        done += await _pause(parts, objection)
    return done


async def _pause(parts: Collaborators, objection: WaitingObjection) -> int:
    async with parts.pool.connection() as conn:
        try:
            await record_objection(
                conn,
                objection.patient,
                by=BY_WORKER,
                # the patient's own words stay with the request
                why=f"request {objection.number}, {utc(objection.received_ms):%Y-%m-%d}",
                now_ms=max(parts.now(), objection.received_ms),
                from_ms=objection.received_ms,
            )
        except RestrictionError:
            # a person recorded it in the meantime, which is what was wanted
            return 0
    return 1
