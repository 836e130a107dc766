"""Reports unexpected errors without values: an error's type and line of code, never its text.

Texts of database and parser errors quote the data they fail on, which here is health data. The
worker's own errors (`VALUE_FREE`) hold no such data and are passed on unchanged.
"""

import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from storage.bodies.wrapping import ForeignKeysError
from stream.dead.letters import DeadFloodError
from stream.log.ledger import HoleError, LogMismatchError
from stream.log.watchdog import StalledError
from stream.metrics import WorkerMetrics

VALUE_FREE = (DeadFloodError, ForeignKeysError, HoleError, LogMismatchError, StalledError)
FRAMES = 6
_log = logging.getLogger(__name__)


class WorkerError(RuntimeError):
    """A part of the worker failed unexpectedly; the process must end."""


@asynccontextmanager
async def without_values(what: str) -> AsyncIterator[None]:
    """Turn an unexpected error into a `WorkerError` with `what` and the error's description."""
    try:
        yield
    except (*VALUE_FREE, WorkerError):
        raise
    except Exception as error:  # noqa: BLE001 - raised again without its text
        raise WorkerError(f"{what}: {describe(error)}") from None


def report_fault(metrics: WorkerMetrics, where: str, description: str) -> None:
    """Log and count an error of our own that costs one message or one patient.

    `where` is a topic, with partition and offset; `description` comes from `describe`.
    """
    _log.error("%s: %s", where, description)
    metrics.faults.labels(where.partition("[")[0]).inc()


def describe(error: BaseException) -> str:
    """Return an error's type, the database's state code if it has one, and its innermost frames."""
    state = getattr(error, "sqlstate", None)
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    path = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    kind = f"{type(error).__name__} {state}" if state else type(error).__name__
    cause = f", caused by {describe(error.__cause__)}" if error.__cause__ else ""
    return f"{kind} at {path}{cause}"
