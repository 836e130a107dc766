"""The command that imports what is put into a folder, for as long as it runs."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from kadens.commands.accounts import consent_refusal, must_consent
from kadens.commands.console import settings_of
from kadens.commands.files import door_flow, import_file
from kadens.commands.options import DEFAULT_DATA, Data, DoorUrl, checked, finite
from kadens.importing.drop_folder import NO_OWNER, DropFolder, DroppedFile, OwnerRule, by_owner
from kadens.importing.flow import StoppedError
from kadens.importing.progress import ImportProgress
from kadens.importing.tally import FileTally
from kadens.names import PSEUDONYM
from kadens.output.terminal import fail, print_note
from kadens.settings import Settings
from parsers.formats import FILES_CONNECTOR
from storage.pg.health import AWAY

_WAIT_S = 60.0  # for the outcomes of a file; one that has none yet stays, and is tried again
_Folder = Annotated[Path, typer.Argument(help="The folder that files are put into.")]
_By = Annotated[
    OwnerRule | None,
    typer.Option(
        "--by",
        help="What names the patient: FOLDER/PATIENT/file (folder, the default), or "
        "FOLDER/PATIENT_file (name).",
    ),
]
_OwnerOfAll = Annotated[
    str,
    typer.Option(
        "--patient",
        callback=checked(PSEUDONYM),
        help="Pseudonym of the patient whose files they all are.",
    ),
]
_Leave = Annotated[
    bool, typer.Option("--leave", help="Leave files where they are; by default they are moved.")
]
_Once = Annotated[
    bool, typer.Option("--once", help="Stop when every file in the folder was handled.")
]
_Settle = Annotated[
    float,
    typer.Option(
        "--settle",
        min=0,
        callback=finite,
        help="Seconds without a change after which a file is complete.",
    ),
]
_Poll = Annotated[
    float,
    typer.Option(
        "--poll", min=0.1, callback=finite, help="Most seconds between two looks at the folder."
    ),
]


def watch_folder(  # noqa: PLR0913 - one parameter per option
    folder: _Folder,
    *,
    by: _By = None,
    patient: _OwnerOfAll = "",
    leave: _Leave = False,
    once: _Once = False,
    settle: _Settle = 5.0,
    poll: _Poll = 10.0,
    url: DoorUrl = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Import what is put into a folder, through the vendor door.

    A file that is complete is imported, and moved to `done` or `refused` in the patient's folder,
    with its reasons beside it in a text file. With --leave it stays, and is looked at again when it
    changes. Nothing is stored twice, so this may end and start at any time.
    """
    if not folder.is_dir():
        fail(f"{folder}: not a folder", code=2)
    if patient and by is not None:
        fail("--by says whose a file is, and with --patient all are of one patient", code=2)
    settings = settings_of(data)
    # before the first file: with a mistyped name all of them would be put away as refused
    if patient and (why := consent_refusal(settings, patient, FILES_CONNECTOR)):
        fail(why)
    drop = DropFolder(folder=folder, by=by or OwnerRule.FOLDER, patient=patient, settle_s=settle)
    print_note(_watched(drop, poll))
    try:
        for _ in _looks(folder, poll, min(settle, poll)):
            for owner, files in by_owner(drop.complete()):
                done = _import_of(owner, files, drop, settings, url, moves=not leave)
                if once and not done:
                    raise typer.Exit(1)
            if once and not drop.expects_more:
                return
    except KeyboardInterrupt:
        return


def _watched(drop: DropFolder, poll_s: float) -> str:
    """Return what is watched, and how it is known whose a file is."""
    whose = {
        OwnerRule.FOLDER: f"{drop.folder}/PATIENT/FILE",
        OwnerRule.NAME: f"{drop.folder}/PATIENT_FILE",
    }[drop.by]
    whose_files = (
        f"all files are of {drop.patient}" if drop.patient else f"files are put in as {whose}"
    )
    return f"watching {drop.folder.resolve()}, at least every {poll_s:g} s: {whose_files}"


def _looks(folder: Path, poll_s: float, settle_s: float) -> Iterator[None]:
    """Yield when something has changed, and once in `poll_s` seconds.

    A network drive tells of no change that another machine makes, so both are needed.
    """
    from watchfiles import watch  # noqa: PLC0415 - a library that no other command needs

    yield
    wait_ms = int(max(0.1, min(poll_s, settle_s)) * 1000)
    try:
        for _ in watch(folder, rust_timeout=wait_ms, yield_on_timeout=True, debounce=100):
            yield
    except (OSError, RuntimeError):
        # no more watches are to be had, or the drive has none
        while True:
            time.sleep(wait_ms / 1000)
            yield


def _import_of(
    owner: str,
    files: list[DroppedFile],
    drop: DropFolder,
    settings: Settings,
    url: str,
    *,
    moves: bool,
) -> bool:
    """Import the files of one owner; return False for what must wait until the next look."""
    try:
        why = consent_refusal(settings, owner, FILES_CONNECTOR) if owner else NO_OWNER
        if not why:
            must_consent(settings, owner, FILES_CONNECTOR)  # writes who imports to the audit log
            return _through_door(owner, files, drop, settings, url, moves=moves)
        for file in files:
            tally = FileTally(path=file.given.path, named=True)
            tally.refuse(f"{why}, so nothing of it is stored")
            _settle(file, tally, drop, moves=moves)
    except StoppedError as error:
        print_note(f"stopped for now: {error}")
        return False
    except AWAY:
        print_note("stopped for now: the database does not answer")
        return False
    return True


def _through_door(
    owner: str,
    files: list[DroppedFile],
    drop: DropFolder,
    settings: Settings,
    url: str,
    *,
    moves: bool,
) -> bool:
    complete = True
    with door_flow(settings, owner, url) as flow:
        for file in files:
            tally = FileTally(path=file.given.path, named=True)
            import_file(file.given, flow, tally, ImportProgress(total=file.given.size))
            flow.flush()
            flow.finish(_WAIT_S)
            # a file that nobody has read yet is not done: it would be out of sight in `done`
            if tally.waiting:
                complete = False
            else:
                _settle(file, tally, drop, moves=moves)
    return complete


def _settle(file: DroppedFile, tally: FileTally, drop: DropFolder, *, moves: bool) -> None:
    """Put a file away, or note that it may stay; tell what became of it, without its name."""
    print_note(f"a file: {tally.words()}")
    try:
        if moves:
            drop.put_away(file, tally)
        else:
            drop.handled(file)
    except OSError as error:
        # as on a drive that may only be read: it would be imported at each look
        drop.handled(file)
        print_note(f"a file cannot be moved: {error.strerror}")
