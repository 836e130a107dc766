"""Notes the head of the audit log every hour, where the owner of the database cannot change it.

A head that could not be noted is counted and logged, and is tried again soon: the door goes on.
"""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from model.audit_log.chain import ChainHead
from runtime.log_lines import get_logger
from storage.audit_chain import chain_head
from storage.pg.health import AWAY
from storage.pg.pool import Pool

HEADS_EVERY_S, HEADS_AGAIN_S = 3600.0, 60.0

NoteHead: TypeAlias = Callable[[ChainHead], None]

_FAILURES: tuple[type[Exception], ...] = (*AWAY, OSError, LookupError)
_log = get_logger(__name__)


async def note_heads(pool: Pool, note: NoteHead, failed: Callable[[], None]) -> None:
    """Note the head now and every hour, until cancelled."""
    while True:
        is_noted = await note_once(pool, note)
        if not is_noted:
            failed()
        await asyncio.sleep(HEADS_EVERY_S if is_noted else HEADS_AGAIN_S)


async def note_once(pool: Pool, note: NoteHead) -> bool:
    """Note the head, and return whether that was done."""
    try:
        async with pool.connection() as conn:
            head = await chain_head(conn)
        # it waits for a disk, which may be slow or far away
        await asyncio.to_thread(note, head)
    except _FAILURES as error:
        _log.warning("the head of the audit log was not noted", reason=type(error).__name__)
        return False
    return True
