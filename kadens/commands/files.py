"""The command that sends files through the vendor door, and prints the outcome of each."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from http.client import MULTIPLE_CHOICES
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from kadens.clock import clock
from kadens.commands.accounts import must_consent
from kadens.commands.console import run, settings_of
from kadens.commands.links import issue_audited_token
from kadens.commands.options import DEFAULT_DATA, Data
from kadens.commands.sending import body_of, door_of, post_patiently
from kadens.output.console import err
from kadens.output.terminal import fail, print_line, print_note
from kadens.payload_formats import items_of
from kadens.settings import Settings
from model.received import Context, Part
from parsers.formats import FILES_CONNECTOR, FORMATS
from storage.pg.pool import open_pool
from storage.pg.roles import ADMIN
from storage.reads.import_outcomes import FileOutcome, file_outcomes

OCTETS = "application/octet-stream"
IMPORT_DAYS = 1  # how long the link token of an import is valid
USUAL_WAIT_S = 30
LOOK_AGAIN_S = 0.25


@dataclass(slots=True, kw_only=True)
class ImportedFile:
    """A file that is imported. `answer` is its outcome, empty until it is known."""

    path: Path
    digest: str
    answer: str = ""
    failed: bool = False

    def refuse(self, why: str) -> None:
        """Note that the file is not stored, and why."""
        self.answer, self.failed = f"refused: {why}", True


def import_files(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files of watches, health exports, or folders."),
    ],
    *,
    patient: Annotated[str, typer.Option("--patient", help="The patient's pseudonym.")],
    url: Annotated[
        str, typer.Option(help="Address of the vendor door; the running one when left out.")
    ] = "",
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Wait so many seconds for what becomes of them.")
    ] = USUAL_WAIT_S,
    data: Data = DEFAULT_DATA,
) -> None:
    """Send files through the vendor door, in the patient's name.

    Prints a line for each file: stored, known already, refused and why, or received if nobody has
    read it yet. Sending a file again changes nothing. Exits 1 when a file was refused.
    """
    settings = settings_of(data)
    must_consent(settings, patient, FILES_CONNECTOR)
    contents: dict[Path, bytes] = {}
    for given in paths:
        # A file that is named twice, or is in a folder that is named too, is sent once.
        contents.update((path, body_of(path)) for path in _files(given))
    if not contents:
        fail("no file of a format that is read is there", code=2)
    files = [_checked(path, content) for path, content in contents.items()]
    since_ms = clock(settings.clock)()
    # Outcomes that exist before anything is sent show the files that are stored already.
    _note(files, _outcomes(settings, patient, files, since_ms), stored="known already")
    _send(settings, patient, url, [file for file in files if not file.answer], contents)
    _await(settings, patient, files, since_ms, wait)
    for file in files:
        print_line(f"{file.path}: {file.answer or 'received, and not read yet'}")
    refused = sum(file.failed for file in files)
    print_note(f"{len(files) - refused} of {len(files)} files accepted")
    raise typer.Exit(1 if refused else 0)


def _checked(path: Path, content: bytes) -> ImportedFile:
    """Return a file, refused if nothing in it can be read: it would only make a dead letter."""
    file = ImportedFile(path=path, digest=sha256(content).hexdigest())
    why = "it holds no recording"
    for item in items_of(content, Context(connector=FILES_CONNECTOR)):
        if isinstance(item, Part) and item.facts:
            return file
        rejects = item.rejects if isinstance(item, Part) else (item,)
        for reject in rejects:
            why = getattr(reject, "why", why)
    file.refuse("the file is empty" if not content else why)
    return file


def _send(
    settings: Settings,
    patient: str,
    url: str,
    files: Sequence[ImportedFile],
    contents: dict[Path, bytes],
) -> None:
    """Post files to the vendor door; a file that the door does not take is refused."""
    if not files:
        return
    base = door_of(settings, url)
    token, _ = issue_audited_token(settings, patient, days=IMPORT_DAYS, detail="import")
    headers = {"authorization": f"Bearer {token}", "content-type": OCTETS}
    for file in track(files, description="sending", console=err, transient=True):
        status, _ = post_patiently(f"{base}/v1/files", contents[file.path], headers)
        if status >= MULTIPLE_CHOICES:
            file.refuse(f"the vendor door answered {status}")


def _await(
    settings: Settings, patient: str, files: Sequence[ImportedFile], since_ms: int, wait_s: float
) -> None:
    """Wait until a worker has read the files that were sent, or the time is over."""
    until_s = time.monotonic() + wait_s
    while any(not file.answer for file in files):
        _note(files, _outcomes(settings, patient, files, since_ms), stored="stored")
        if time.monotonic() >= until_s:
            return
        time.sleep(LOOK_AGAIN_S)


def _note(files: Sequence[ImportedFile], outcomes: dict[str, FileOutcome], stored: str) -> None:
    """Note the outcome of each file that has no answer yet."""
    for file in files:
        outcome = outcomes.get(file.digest)
        if file.answer or outcome is None:
            continue
        if not outcome.kept:
            file.refuse(outcome.rejects[0][1])
        elif outcome.rejects:
            file.answer = f"{stored} in part: {outcome.rejects[0][1]}"
        else:
            file.answer = stored


def _outcomes(
    settings: Settings, patient: str, files: Sequence[ImportedFile], since_ms: int
) -> dict[str, FileOutcome]:
    waiting = [file.digest for file in files if not file.answer]

    async def look() -> dict[str, FileOutcome]:
        async with (
            await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
            pool.connection() as conn,
        ):
            return await file_outcomes(conn, patient, waiting, since_ms)

    return run(look()) if waiting else {}


def _files(path: Path) -> list[Path]:
    """Return a file, or the files below a folder that have the ending of a known format."""
    if not path.is_dir():
        return [path]
    endings = set(chain.from_iterable(row.suffixes for row in FORMATS))
    return sorted(item for item in path.rglob("*") if item.suffix.lower() in endings)
