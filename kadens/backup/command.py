"""The commands `kadens backup` and `kadens backup keys`, and the one that makes a backup's key."""

from pathlib import Path
from typing import Annotated

import typer

from kadens.backup.erasure_file import begin_erasure_list
from kadens.backup.saving import SavedBackup, save_data, save_keys
from kadens.backup.sealed_files import new_private_key, public_key_of
from kadens.clock import clock
from kadens.commands.audited import entry_of
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.settings import Settings
from storage import audit
from storage.audit_actions import AuditAction
from storage.bodies.body_store import open_bodies
from storage.pg.pool import LONG, open_pool
from storage.pg.roles import ADMIN

_NO_KEY = (
    "no key of backups is named: make one with `kadens backup new-key`, and set KADENS_BACKUP_KEY "
    "or --for to the public key that it prints"
)
SealedReport = Annotated[
    str,
    typer.Option(
        "--for",
        metavar="KEY",
        help="The public key to seal it for; by default that of KADENS_BACKUP_KEY.",
    ),
]


def make_backup(
    context: typer.Context,
    *,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="A new or empty folder; needed for a backup."),
    ] = None,
    keys_to: Annotated[
        Path | None,
        typer.Option(
            "--keys-to", metavar="DIR", help="The folder of the keys; by default `keys` beside DIR."
        ),
    ] = None,
    sealed_for: SealedReport = "",
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Back up the database and the bodies, sealed.

    All rows are of one instant; nothing has to be stopped. Everything is sealed for the public key,
    so only who has its private half can restore. What is a patient's is sealed with that patient's
    own key too. Those keys and the secrets file go into a file apart, in the folder of the keys,
    where only the newest is kept: then a key that an erasure destroyed is in no backup.
    """
    # a word below this one runs by itself, and has options of its own
    if context.invoked_subcommand is not None:
        return
    if to is None:
        fail("name the folder for the backup: --to DIR", code=2)
    settings = settings_of(data)
    public = _public_key(settings, sealed_for)
    if not settings.bodies:
        fail("KADENS_BODIES is empty, so the bodies could not be backed up", code=2)
    # from the first backup on there is a list: a restore that does not find it knows it is lost
    if settings.erasures:
        begin_erasure_list(Path(settings.erasures))
    folder = keys_to or to.absolute().parent / "keys"
    saved, keys = run(_back_up(settings, to.absolute(), folder, public))
    _print_saved(to, folder, saved, keys, as_json=as_json)


def back_up_keys(
    *,
    keys_to: Annotated[
        Path,
        typer.Option("--keys-to", metavar="DIR", help="The folder of the keys, for no other use."),
    ],
    sealed_for: SealedReport = "",
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Replace the backed up keys by those of now.

    Run it often, such as every hour: a key that an erasure destroyed is in the backups until then.
    """
    settings = settings_of(data)
    public = _public_key(settings, sealed_for)
    keys = run(_keys(settings, keys_to, public))
    if as_json:
        print_json({"keys": str(keys_to), "data_keys": keys})
    else:
        print_line(f"{keys_to}: the keys of {keys:,} patients and the secrets file")


def make_backup_key(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to write the private key; a new file.")
    ],
    *,
    as_json: Json = False,
) -> None:
    """Make the key of backups; print its public half.

    Keep the file away from this machine, in two places: without it no backup opens, and whoever has
    it and a backup can read everything.
    """
    if path.exists():
        fail(f"{path} exists; a key is never overwritten", code=2)
    public = new_private_key(path)
    if as_json:
        print_json({"private_key": str(path), "public_key": public})
    else:
        print_line(public)


def _print_saved(to: Path, folder: Path, saved: SavedBackup, keys: int, *, as_json: bool) -> None:
    rows = sum(saved.tables.values())
    if as_json:
        print_json(
            {
                "backup": str(to),
                "keys": str(folder),
                "rows": rows,
                "bodies": saved.bodies,
                "bodies_gone": saved.missing,
                "data_keys": keys,
            }
        )
        return
    print_line(f"{to}: {rows:,} rows and {saved.bodies:,} files of the body store")
    print_line(f"{folder}: the keys of {keys:,} patients and the secrets file")
    if saved.missing:
        print_note(f"note: {saved.missing:,} bodies that rows name are not in the body store")


def _public_key(settings: Settings, text: str) -> bytes:
    named = text or settings.backup_key
    if not named:
        fail(_NO_KEY, code=2)
    if not settings.secrets_file:
        fail("KADENS_SECRETS_FILE is empty, so the keys could not be backed up", code=2)
    return public_key_of(named)


async def _back_up(
    settings: Settings, to: Path, keys_to: Path, public: bytes
) -> tuple[SavedBackup, int]:
    now_ms = clock(settings.clock)()
    store, wrapping = open_bodies(settings.bodies), settings.secrets.wrapping_keys
    async with await open_pool(settings.database, max_size=1, limits=LONG, role=ADMIN) as pool:
        # first and apart: whoever reads everything leaves a row, also when it fails afterwards
        async with pool.connection() as conn:
            entry = entry_of(AuditAction.BACKUP_MAKE, now_ms, what=f"backup:{now_ms}")
            await audit.write_entry(conn, entry)
        async with pool.connection() as conn:
            saved = await save_data(conn, store, wrapping, to, public, now_ms)
        # after the rows: whoever was erased meanwhile has no key here
        async with pool.connection() as conn:
            file = Path(settings.secrets_file)
            # a restore refuses keys that are older than the rows, also after the clock was set back
            at_ms = max(now_ms, clock(settings.clock)())
            return saved, await save_keys(conn, keys_to, file, public, at_ms)


async def _keys(settings: Settings, to: Path, public: bytes) -> int:
    now_ms = clock(settings.clock)()
    async with (
        await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
        pool.connection() as conn,
    ):
        return await save_keys(conn, to, Path(settings.secrets_file), public, now_ms)
