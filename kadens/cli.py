"""The program `kadens`: its table of commands, the options of all, and how it begins and fails."""

import gc
from typing import Annotated, Any

import typer

from kadens.command_tables.accounts import ACCOUNT_COMMANDS
from kadens.command_tables.patients import PATIENT_COMMANDS
from kadens.command_tables.questions import QUESTION_COMMANDS
from kadens.command_tables.running import RUNNING_COMMANDS
from kadens.command_tables.upkeep import UPKEEP_COMMANDS
from kadens.embedded.process import fill_closed_streams, no_threads_for_algebra, private_files
from kadens.lazy_commands import Entry, LazyGroup, run_because

_LONGEST_REASON = 200
COMMANDS: tuple[Entry, ...] = (
    *RUNNING_COMMANDS,
    *PATIENT_COMMANDS,
    *ACCOUNT_COMMANDS,
    *UPKEEP_COMMANDS,
    *QUESTION_COMMANDS,
)


class Program(LazyGroup):
    """The program's commands. A failure outside the program ends them with a line on stderr."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's own
        super().__init__(**attributes)
        self.fill(COMMANDS)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer exports neither type
        """Run the command that was chosen."""
        try:
            return super().invoke(ctx)
        except (typer.TyperException, typer.Exit, typer.Abort):
            raise
        except Exception as error:
            # Imported only after an error: the clients whose errors are listed there take a second.
            from kadens.failures import fail_plainly  # noqa: PLC0415 - see above

            fail_plainly(error)
            raise


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - no other command needs it

        typer.echo(f"kadens {version('kadens')}")
        raise typer.Exit


def _reason(text: str) -> str:
    # it stands in the log for good, and on a patient's page
    if len(text) > _LONGEST_REASON or not text.isprintable():
        raise typer.BadParameter(f"must be a line of at most {_LONGEST_REASON} characters")
    return text.strip()


def _program(
    *,
    why: Annotated[
        str,
        typer.Option("--why", callback=_reason, help="Why you run the command, for the audit log."),
    ] = "",
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Follow up prescribed exercise: what watches and apps record, against the prescription."""
    del version  # its callback has printed it
    run_because(why)


app = typer.Typer(
    name="kadens",
    cls=Program,
    callback=_program,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals may hold what patients sent
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the program. Its files are about patients, so only their owner may read them."""
    fill_closed_streams()
    private_files()
    no_threads_for_algebra()
    # Imports make many objects and free few, so collecting garbage meanwhile takes time for
    # nothing. `lazy_commands` collects again once the command is imported.
    gc.disable()
    app()
