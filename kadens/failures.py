"""Failures outside the program, with a line and an exit code for each kind.

Any other error is a defect of the program and shows a traceback.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException

from kadens.backup.sealed_files import BackupError
from kadens.output.file_errors import first_line, named_file_error
from kadens.output.terminal import fail, leave_unread
from kadens.settings import SettingsError
from storage.bodies.wrapping import ForeignKeysError
from storage.pg.crypto import SealError
from storage.pg.granting import RoleError
from storage.pg.health import AWAY, NOT_OURS, WRONG_ADDRESS
from storage.pg.migrate import MigrationError
from stream.log.look import LOG_AWAY

_FAILED, WRONG_USE = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Errors of one kind: the exit code, and the function that makes the text of an error."""

    kinds: tuple[type[BaseException], ...]
    code: int
    text: Callable[[Any], str]


# The first row that fits counts. The order matters: a TimeoutError is an OSError too.
_FAILURES = (
    Failure(kinds=(SettingsError, RoleError), code=WRONG_USE, text=str),
    Failure(kinds=WRONG_ADDRESS, code=WRONG_USE, text=lambda error: f"KADENS_DATABASE: {error}"),
    Failure(
        kinds=AWAY,
        code=_FAILED,
        text=lambda error: f"the database does not answer: {first_line(error)}",
    ),
    Failure(
        kinds=NOT_OURS,
        code=_FAILED,
        text=lambda error: (
            f"the database is not ready for this program: {first_line(error)}; run `kadens migrate`"
        ),
    ),
    Failure(
        kinds=(BackupError, ForeignKeysError, MigrationError, SealError), code=_FAILED, text=str
    ),
    Failure(
        kinds=(*LOG_AWAY, KafkaException),
        code=_FAILED,
        text=lambda error: f"the log does not answer ({type(error).__name__})",
    ),
    # an argument of any bytes reaches Python as halves of surrogate pairs, which no store takes
    Failure(
        kinds=(UnicodeEncodeError,),
        code=WRONG_USE,
        text=lambda _error: "a value has bytes that are no UTF-8 text",
    ),
    Failure(kinds=(TimeoutError,), code=_FAILED, text=lambda _error: "no answer in time"),
    Failure(kinds=(OSError,), code=_FAILED, text=named_file_error),
)


def fail_plainly(error: BaseException) -> None:
    """Leave with the line and the exit code of a known failure; return for any other."""
    if isinstance(error, BrokenPipeError):
        leave_unread()
    for row in _FAILURES:
        if isinstance(error, row.kinds):
            fail(row.text(error), code=row.code)
