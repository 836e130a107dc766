"""The program `kadens`: the list of its commands. Each lives in `commands/`; nothing is done here."""

import typer

from kadens.commands import dead as letters
from kadens.commands import (
    erase,
    files,
    keys,
    links,
    look,
    operate,
    people,
    processes,
    query,
    replay,
)
from kadens.commands.failures import Program
from kadens.embedded.process import private_files

app = typer.Typer(
    name="kadens",
    cls=Program,
    help="Follows up prescribed exercise: what watches and apps record, against the prescription.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they hold what patients sent
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

door = typer.Typer(no_args_is_help=True, help="Run one of the two doors.")
door.command("vendor")(processes.vendor_door)
door.command("clinic")(processes.clinic_door)

patient = typer.Typer(
    no_args_is_help=True, help="Patients: add one, link accounts, make a link token."
)
patient.command("add")(people.add)
patient.command("link")(people.link)
patient.command("unlink")(people.unlink)
patient.command("profile")(people.profile)
patient.command("zone")(people.zone)
patient.command("token")(links.token)
patient.command("tokens")(links.tokens)
patient.command("revoke")(links.revoke)

consent = typer.Typer(no_args_is_help=True, help="Consent to fetch from a source: give, withdraw.")
consent.command("give")(people.give)
consent.command("withdraw")(people.withdraw)

key = typer.Typer(
    no_args_is_help=True, help="Our own keys: list, rotate with an overlap, wrap anew, retire."
)
key.command("list")(keys.list_keys)
key.command("rotate")(keys.rotate)
key.command("rewrap")(keys.rewrap)
key.command("retire")(keys.retire)

asked = typer.Typer(
    no_args_is_help=True, help="Questions about a patient's data: timeline, sessions, days, weeks."
)
asked.command("timeline")(query.timeline)
asked.command("sessions")(query.sessions)
asked.command("days")(query.days)
asked.command("weeks")(query.weeks)

dead = typer.Typer(
    invoke_without_command=True,
    callback=letters.summary,
    help="Dead letters: what could not be read.",
)
dead.command("list")(letters.listed)
dead.command("show")(letters.show)
dead.command("retry")(letters.retry)
dead.command("drop")(letters.drop)

app.command("up")(processes.up)
app.add_typer(door, name="door")
app.command("worker")(processes.worker)
app.command("migrate")(processes.migrate)
app.command("doctor")(operate.doctor)
app.command("inspect")(files.inspect_file)
app.command("import")(files.import_files)
app.command("send")(operate.send)
app.add_typer(patient, name="patient")
app.add_typer(consent, name="consent")
app.add_typer(key, name="keys")
app.command("prescribe")(people.prescribe)
app.command("replay")(replay.run_replay)
app.command("erase")(erase.erase_patient)
app.add_typer(asked, name="query")
app.command("digest")(look.digest)
app.add_typer(dead, name="dead")


def main() -> None:
    """Run the program. What it writes, their owner alone may read: all of it is about patients."""
    private_files()
    app()
