"""The command `kadens restore`: everything is read and judged before anything is written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from kadens.backup.contents import (
    KeptKeys,
    RestorePlan,
    data_of_backup,
    plan_restore,
    read_contents,
    read_keys,
)
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

_Source = Annotated[Path, typer.Option("--from", metavar="DIR", help="The folder of the backup.")]
_Key = Annotated[
    Path, typer.Option("--key", metavar="FILE", help="The private key of the backups.")
]
_Secrets = Annotated[
    Path | None,
    typer.Option(
        "--secrets", metavar="FILE", help="Where to write the secrets file; by default in --data."
    ),
]
_Keys = Annotated[
    Path | None,
    typer.Option(
        "--keys", metavar="DIR", help="The folder of the keys; by default `keys` beside DIR."
    ),
]
_Erasures = Annotated[
    Path | None,
    typer.Option(
        "--erasures",
        metavar="FILE",
        help="The list of erasures; by default that of KADENS_ERASURES.",
    ),
]
_Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="A new folder for `kadens up --data`; by default what the KADENS_* variables name.",
    ),
]


def restore_backup(
    *,
    source: _Source,
    key: _Key,
    secrets: _Secrets = None,
    keys: _Keys = None,
    erasures: _Erasures = None,
    as_json: Json = False,
    data: _Data = None,
) -> None:
    """Restore a backup into a new database and body store.

    Patients who were erased after the backup do not come back: those of the list of erasures, and
    those whose key is not among the newest keys. The whole backup is read and proved first; then
    all of it comes back or nothing. Start no process before. The database is that of --data, or of
    KADENS_DATABASE: it is made where it is missing, and needs a superuser.
    """
    given = _Given(source=source, key=key, keys=keys, erasures=erasures, secrets=secrets)
    listed, done = _into_database(given) if data is None else _into_folder(given, data)
    _print(done, as_json=as_json)
    if data is not None and not as_json:
        print_line(f"start it: kadens up --data {data}")
    if listed is None:
        print_note("note: no list of erasures was given, so only missing keys tell of erasures")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """The paths that the options name; `keys`, `erasures` and `secrets` may be left out."""

    source: Path
    key: Path
    keys: Path | None
    erasures: Path | None
    secrets: Path | None

    def planned(self, erasures: Path | None) -> tuple[RestorePlan, KeptKeys]:
        """Read and prove the backup; `erasures` is the list of erasures to keep."""
        # before the keys, which are looked for beside it
        data_of_backup(self.source)
        private = private_key_in(self.key)
        kept = read_keys(self.keys or self.source.absolute().parent / "keys", private)
        return plan_restore(read_contents(self.source, private), kept, erasures), kept


def _into_database(given: _Given) -> tuple[Path | None, Restored]:
    """Restore into what the variables name; return the list of erasures, and what came back."""
    settings = settings_of(None)
    if given.secrets is None:
        fail("name the secrets file to be written: --secrets FILE", code=2)
    if not settings.bodies:
        fail("KADENS_BODIES is empty, so the bodies could not be restored", code=2)
    listed = given.erasures or (Path(settings.erasures) if settings.erasures else None)
    plan, kept = given.planned(listed)
    # before the rows: a database must never be there without the keys that open it
    write_secrets(given.secrets, kept.secrets_file)
    # only now: what cannot be restored leaves no empty database behind
    run(make_database(settings.database))
    store, now_ms = open_bodies(settings.bodies), clock(settings.clock)()
    return listed, run(restore(settings.database, store, plan, kept, now_ms))


def _into_folder(given: _Given, data: Path) -> tuple[Path | None, Restored]:
    """Restore into a new folder of `kadens up`; return what `_into_database` does."""
    # else nobody could say into which of the two it went
    if names := ", ".join(sorted(installation_variables())):
        fail(f"give either --data {data} or the variables {names}, not both", code=2)
    plan, kept = given.planned(given.erasures)
    now_ms = clock("system")()
    with folder_of_up(data) as folder:
        write_secrets(secrets_of_folder(folder.root), kept.secrets_file)
        done = run(restore(folder.dsn, open_bodies(folder.bodies), plan, kept, now_ms))
        keep_erasures(given.erasures, folder.root)
    if given.secrets is not None:
        write_secrets(given.secrets, kept.secrets_file)
    return given.erasures, done


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
