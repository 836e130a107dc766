"""What the outside may do to a command, told in a line and an exit code; anything else is our bug and a traceback."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer
from confluent_kafka import KafkaException
from typer.core import TyperGroup

from kadens.commands.console import fail
from kadens.settings import SettingsError
from storage.bodies.wrapping import ForeignKeysError
from storage.pg.crypto import SealError
from storage.pg.health import AWAY, NOT_OURS, WRONG_ADDRESS
from storage.pg.migrate import MigrationError
from storage.pg.roles import RoleError
from stream.log.look import LOG_AWAY

FAILED, WRONG_USE = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Errors of one kind: the exit code, and what is said of one."""

    kinds: tuple[type[BaseException], ...]
    code: int
    says: Callable[[Any], str]


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _file(error: OSError) -> str:
    result = error.strerror or _first_line(error)
    return f"{error.filename}: {result}" if error.filename else result


# the first row that fits is taken: a TimeoutError is an OSError too
FAILURES = (
    Failure(kinds=(SettingsError, RoleError), code=WRONG_USE, says=str),
    Failure(kinds=WRONG_ADDRESS, code=WRONG_USE, says=lambda error: f"KADENS_DATABASE: {error}"),
    Failure(
        kinds=AWAY,
        code=FAILED,
        says=lambda error: f"the database does not answer: {_first_line(error)}",
    ),
    Failure(
        kinds=NOT_OURS,
        code=FAILED,
        says=lambda error: (
            f"the database is not ready for this program: {_first_line(error)}; run `kadens migrate`"
        ),
    ),
    Failure(kinds=(ForeignKeysError, MigrationError, SealError), code=FAILED, says=str),
    Failure(
        kinds=(*LOG_AWAY, KafkaException),
        code=FAILED,
        says=lambda error: f"the log does not answer ({type(error).__name__})",
    ),
    Failure(kinds=(TimeoutError,), code=FAILED, says=lambda _error: "no answer in time"),
    Failure(kinds=(OSError,), code=FAILED, says=_file),
)


class Program(TyperGroup):
    """The program's commands; a failure of the outside ends one with a line on stderr."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # noqa: ANN401 - whatever a command returns
        """Run the command that was chosen."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            for row in FAILURES:
                if isinstance(error, row.kinds):
                    fail(row.says(error), code=row.code)
            raise
