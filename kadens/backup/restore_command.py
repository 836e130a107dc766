"""The command `kadens restore`: everything is read and judged before anything is written."""

from pathlib import Path
from typing import Annotated

import typer

from kadens.backup.contents import KeptKeys, RestorePlan, plan_restore, read_contents, read_keys
from kadens.backup.into_folder import folder_of_up, keep_erasures, secrets_of_folder
from kadens.backup.restoring import Restored, restore, write_secrets
from kadens.backup.sealed_files import private_key_in
from kadens.clock import clock
from kadens.commands.console import run, settings_of
from kadens.commands.options import Json
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.settings import installation_variables
from storage.bodies.body_store import open_bodies
from storage.pg.databases import make_database


def restore_backup(
    *,
    source: Annotated[
        Path, typer.Option("--from", metavar="DIR", help="The folder of the backup.")
    ],
    key: Annotated[
        Path, typer.Option("--key", metavar="FILE", help="The private key of the backups.")
    ],
    secrets: Annotated[
        Path | None,
        typer.Option(
            "--secrets",
            metavar="FILE",
            help="Where to write the secrets file; in --data by itself.",
        ),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", metavar="DIR", help="The folder of the keys; `keys` beside DIR."),
    ] = None,
    erasures: Annotated[
        Path | None,
        typer.Option(
            "--erasures", metavar="FILE", help="The list of erasures; that of KADENS_ERASURES."
        ),
    ] = None,
    as_json: Json = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="A new folder, from which `kadens up --data` then starts; or the variables.",
        ),
    ] = None,
) -> None:
    """Restore a backup into a new database and body store.

    Patients who were erased after the backup do not come back: those of the list of erasures, and
    those whose key is not among the newest keys. The whole backup is read and proved first; then
    all of it comes back or nothing. Start no process before. The database is that of --data, or of
    KADENS_DATABASE: it is made where it is missing, and needs a superuser.
    """
    if data is None:
        listed, done = _into_database(source, keys, key, erasures, secrets)
    else:
        listed, done = _into_folder(source, keys, key, erasures, secrets, data)
    _print(done, as_json=as_json)
    if data is not None and not as_json:
        print_line(f"start it: kadens up --data {data}")
    if listed is None:
        print_note("note: no list of erasures was given, so only missing keys tell of erasures")


def _into_database(
    source: Path, keys: Path | None, key: Path, erasures: Path | None, secrets: Path | None
) -> tuple[Path | None, Restored]:
    """Restore into what the variables name; return the list of erasures, and what came back."""
    settings = settings_of(None)
    if secrets is None:
        fail("name the secrets file to be written: --secrets FILE", code=2)
    if not settings.bodies:
        fail("KADENS_BODIES is empty, so the bodies could not be restored", code=2)
    listed = erasures or (Path(settings.erasures) if settings.erasures else None)
    plan, kept = _planned(source, keys, key, listed)
    # before the rows: a database must never be there without the keys that open it
    write_secrets(secrets, kept.secrets_file)
    # only now: what cannot be restored leaves no empty database behind
    run(make_database(settings.database))
    store, now_ms = open_bodies(settings.bodies), clock(settings.clock)()
    return listed, run(restore(settings.database, store, plan, kept, now_ms))


def _into_folder(
    source: Path,
    keys: Path | None,
    key: Path,
    listed: Path | None,
    secrets: Path | None,
    data: Path,
) -> tuple[Path | None, Restored]:
    """Restore into a folder of `kadens up`; as `_into_database`."""
    # else nobody could say into which of the two it went
    if names := ", ".join(sorted(installation_variables())):
        fail(f"the place is --data {data} or that of {names}; not both", code=2)
    plan, kept = _planned(source, keys, key, listed)
    now_ms = clock("system")()
    with folder_of_up(data) as folder:
        write_secrets(secrets_of_folder(folder.root), kept.secrets_file)
        done = run(restore(folder.dsn, open_bodies(folder.bodies), plan, kept, now_ms))
        keep_erasures(listed, folder.root)
    if secrets is not None:
        write_secrets(secrets, kept.secrets_file)
    return listed, done


def _planned(
    source: Path, keys: Path | None, key: Path, erasures: Path | None
) -> tuple[RestorePlan, KeptKeys]:
    private = private_key_in(key)
    kept = read_keys(keys or source.absolute().parent / "keys", private)
    return plan_restore(read_contents(source, private), kept, erasures), kept


def _print(done: Restored, *, as_json: bool) -> None:
    if as_json:
        result = {"rows": done.rows, "bodies": done.bodies}
        print_json({**result, "erased_again": done.erased, "without_key": done.destroyed})
        return
    print_line(f"{done.rows:,} rows and {done.bodies:,} bodies are back")
    print_line(f"erased after the backup, and not back: {done.erased + done.destroyed:,}")
    if done.destroyed:
        print_note(
            f"note: {done.destroyed:,} of them are on no list; their keys are not in the backup"
        )
