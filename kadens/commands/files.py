"""The command that sends files through the vendor door, and says what became of each."""

import asyncio
import signal
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import FORBIDDEN, MULTIPLE_CHOICES, UNAUTHORIZED
from pathlib import Path
from typing import Annotated

import typer

from kadens.clock import clock
from kadens.commands.accounts import consent_refusal, must_consent
from kadens.commands.console import settings_of
from kadens.commands.links import issue_audited_token
from kadens.commands.options import DEFAULT_DATA, Data, DoorUrl, Json, zone_if_any
from kadens.importing.finding import GivenFile, given_files
from kadens.importing.flow import ImportFlow, StoppedError
from kadens.importing.progress import ImportProgress, shown_progress
from kadens.importing.tally import FileTally, ImportSummary
from kadens.importing.walked_files import desk_pieces
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.posting import LATER, NoAnswerError, door_of, post_patiently
from kadens.settings import Settings
from model.facts import Reject
from parsers.formats import FILES_CONNECTOR, format_named
from parsers.local_times.named_zone import NO_OFFSET, TIME_ZONE
from parsers.packing.walk import Piece
from storage.pg.pool import open_pool
from storage.pg.roles import ADMIN
from storage.reads.import_outcomes import FileOutcome, file_outcomes

OCTETS = "application/octet-stream"
IMPORT_DAYS = 2  # how long the link token of an import is valid
USUAL_WAIT_S = 30
_INTERRUPTED = 130  # what a shell shows of a program that Ctrl-C ended
_Paths = Annotated[
    list[Path], typer.Argument(help="Files and exports of any size, packed or not, or folders.")
]
_Zone = Annotated[
    str,
    typer.Option(callback=zone_if_any, help="IANA zone of local times without an offset."),
]
_Wait = Annotated[
    float,
    typer.Option("--wait", min=0, help="How many seconds to wait for the last outcomes."),
]


def import_files(
    paths: _Paths,
    *,
    patient: Annotated[str, typer.Option("--patient", help="The patient's pseudonym.")],
    url: DoorUrl = "",
    zone: _Zone = "",
    wait: _Wait = USUAL_WAIT_S,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Send files through the vendor door, in the patient's name.

    Takes files, folders and packed files with files in them. A huge export is cut into pieces, of
    which only a few are on their way at any time. Prints a line for each file: stored, known
    already, refused and why, or received if nobody has read it yet. What is known is not sent
    again, so after Ctrl-C or a crash the same command goes on. Exits 1 when something was refused
    or could not be sent, and 130 after Ctrl-C.
    """
    settings = settings_of(data)
    must_consent(settings, patient, FILES_CONNECTOR)
    given = list(given_files(paths))
    if not given:
        fail("no file is there", code=2)
    with door_flow(settings, patient, url, zone) as flow:
        summary = _imported(given, flow, wait)
    if summary.waiting and (why := consent_refusal(settings, patient, FILES_CONNECTOR)):
        print_note(f"{why} any more: what was sent after the withdrawal is dropped")
    _print(summary, as_json=as_json)
    if not zone and NO_OFFSET in summary.reasons("refused") | summary.reasons("in_part"):
        print_note("name the zone of local times with --zone, such as --zone Europe/Stockholm")
    raise typer.Exit(_code(summary))


def _print(summary: ImportSummary, *, as_json: bool) -> None:
    if as_json:
        print_json(summary.plain())
        return
    for file in summary.files:
        print_line(f"{file.shown}: {file.words()}")
    for line in summary.lines():
        print_note(line)


def _code(summary: ImportSummary) -> int:
    if summary.stopped == _BY_HAND:
        return _INTERRUPTED
    return 0 if summary.done else 1


_BY_HAND = "interrupted"


def _imported(given: Sequence[GivenFile], flow: ImportFlow, wait_s: float) -> ImportSummary:
    """Import files and return what became of them; Ctrl-C ends it early, with what was done."""
    tallies: list[FileTally] = []
    stopped = ""
    try:
        with shown_progress(sum(file.size for file in given)) as progress:
            for file in given:
                tally = FileTally(path=file.path, named=file.named)
                tallies.append(tally)
                import_file(file, flow, tally, progress)
            flow.flush()
            flow.finish(wait_s)
    except StoppedError as error:
        stopped = str(error)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what follows is short
        stopped = _BY_HAND
    if stopped:
        flow.finish(0)
    return ImportSummary(files=tallies, stopped=stopped, not_begun=len(given) - len(tallies))


def import_file(
    given: GivenFile, flow: ImportFlow, tally: FileTally, progress: ImportProgress
) -> None:
    """Send the pieces of one file; raises StoppedError."""
    if given.why:
        tally.refuse(given.why)
        return
    tally.unsent += 1  # the rest of it, until it was walked to its end
    try:
        with given.path.open("rb") as file:
            for item in desk_pieces(file, given.path.name):
                if isinstance(item, Reject):
                    tally.leave(item)
                else:
                    flow.take(item, tally)
                progress.at(file.tell())
    except OSError as error:
        # what was read of it before is on its way
        tally.refuse(error.strerror or type(error).__name__)
    tally.unsent -= 1
    progress.file_done(given.size)


@contextmanager
def door_flow(settings: Settings, patient: str, url: str, zone: str = "") -> Iterator[ImportFlow]:
    """Give the flow of a patient's files through the vendor door, with a token of its own."""
    since_ms = clock(settings.clock)()
    passed = {TIME_ZONE: zone} if zone else {}
    address = f"{door_of(settings, url)}/v1/files"
    sender = _Sender(settings=settings, patient=patient, address=address, passed=passed)
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(settings.database, max_size=1, role=ADMIN))

        async def outcomes(digests: Collection[str]) -> Mapping[str, FileOutcome]:
            async with pool.connection() as conn:
                return await file_outcomes(conn, patient, digests, since_ms)

        try:
            yield ImportFlow(
                send=sender.send, look=lambda digests: runner.run(outcomes(digests)), headers=passed
            )
        finally:
            runner.run(pool.close())


@dataclass(slots=True, kw_only=True)
class _Sender:
    """Posts pieces of a patient's files to the door, with a link token made for the first."""

    settings: Settings
    patient: str
    address: str
    passed: Mapping[str, str]
    token: str = field(default="", repr=False)

    def send(self, piece: Piece) -> str:
        """Return why the door did not take a piece, "" when it did; raises StoppedError."""
        # a token is made only when there is something to send
        if not self.token:
            self.token, _ = issue_audited_token(
                self.settings, self.patient, days=IMPORT_DAYS, purpose="import"
            )
        headers = {"authorization": f"Bearer {self.token}", "content-type": OCTETS}
        try:
            status, _ = post_patiently(
                self.address, piece.content, {**headers, **self.passed, **_named(piece)}
            )
        except NoAnswerError as error:
            raise StoppedError(str(error)) from error
        if status in LATER:
            raise StoppedError(f"the vendor door is busy and answered {status}")
        if status in {UNAUTHORIZED, FORBIDDEN}:
            raise StoppedError(f"the vendor door refuses the link token: it answered {status}")
        return f"the vendor door answered {status}" if status >= MULTIPLE_CHOICES else ""


def _named(piece: Piece) -> dict[str, str]:
    """Return the header with a file's name where its format needs it; a name may tell a person."""
    if not format_named(piece.format).names:
        return {}
    name = piece.filename.encode("ascii", "replace").decode()
    return {"content-disposition": f'attachment; filename="{name}"'}
