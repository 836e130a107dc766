"""Looks for cyclic garbage more rarely. It must never lose what somebody still uses."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# A fault with its traceback is a cycle of a few objects, so some thousands are kept at most.
RARELY = 50_000


@contextmanager
def garbage_sought_rarely() -> Iterator[None]:
    """Look for cyclic garbage after `RARELY` new objects in the block, and as before behind it.

    A reader makes many objects that live until its answer is written, and few cycles. The collector
    visits them again and again meanwhile: of half a million nested lists that takes longer than
    reading them.
    """
    before = gc.get_threshold()
    gc.set_threshold(RARELY, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
