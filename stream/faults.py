"""Reports unexpected errors without values: an error's type and line of code, never its text.

Texts of database and parser errors quote the data they fail on, which here is health data. The
worker's own errors (`VALUE_FREE`) hold no such data and are passed on unchanged.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from runtime.log_lines import describe, get_logger
from storage.bodies.wrapping import ForeignKeysError
from stream.dead.letters import DeadFloodError
from stream.log.ledger import HoleError, LogMismatchError
from stream.log.watchdog import StalledError
from stream.metrics import WorkerMetrics

VALUE_FREE = (DeadFloodError, ForeignKeysError, HoleError, LogMismatchError, StalledError)
_log = get_logger(__name__)


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


def report_fault(
    metrics: WorkerMetrics,
    step: str,
    description: str,
    *,
    partition: int | None = None,
    offset: int | None = None,
) -> None:
    """Log and count an error of our own that costs one message or one patient.

    `step` is what failed: a topic, with partition and offset of the message, or a job's name.
    `description` comes from `describe`.
    """
    _log.error(
        "an error of our own", step=step, partition=partition, offset=offset, error=description
    )
    metrics.faults.labels(step).inc()
