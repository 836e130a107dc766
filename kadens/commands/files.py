"""Commands about files: what one holds, and bringing files in through the vendor door."""

import sys
from datetime import date
from http.client import MULTIPLE_CHOICES
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track

from kadens.commands.accounts import must_consent
from kadens.commands.console import err, fail, out, print_json, settings_of
from kadens.commands.links import issue_audited_token
from kadens.commands.options import DEFAULT_DATA, Data, Json
from kadens.commands.sending import post_patiently
from kadens.inspect import inspect
from model.intensity import HeartProfile

OCTETS = "application/octet-stream"
IMPORT_DAYS = 1  # what an import sends with holds no longer


def inspect_file(
    path: Annotated[Path, typer.Argument(help="A FIT file; - reads standard input.")],
    hr_rest: Annotated[
        float | None, typer.Option("--hr-rest", help="Resting heart rate, beats a minute.")
    ] = None,
    hr_max: Annotated[
        float | None, typer.Option("--hr-max", help="Maximal heart rate, beats a minute.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what a file holds: workouts, samples and problems.

    Workouts come with their zone times, problems with their offsets.
    """
    matches = inspect(_read(path), _profile(hr_rest, hr_max))
    if as_json:
        print_json(matches)
    else:
        _print(path, matches)
        if hr_max is None and matches["workouts"]:
            err.print("note: without --hr-max and --hr-rest no time is put into a zone")
    if not matches["complete"] and not matches["workouts"] and not matches["samples"]:
        raise typer.Exit(1)


def _profile(hr_rest: float | None, hr_max: float | None) -> HeartProfile | None:
    if hr_max is None:
        return None
    if hr_rest is not None and not 0 < hr_rest < hr_max:
        fail("--hr-rest must lie between 0 and --hr-max", code=2)
    return HeartProfile(valid_from=date.min, hr_rest=hr_rest, hr_max=hr_max)


def _read(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"{path}: {error.strerror}", code=2)


def _print(path: Path, values: dict[str, Any]) -> None:
    state = "complete" if values["complete"] else "damaged: what could be read is shown"
    out.print(f"{path}: {values['format'] or 'unknown format'}, {state}, sha256 {values['sha256']}")
    for problem in values["problems"]:
        out.print(f"  problem at {problem['where']}: {problem['reason']}")
    for workout in values["workouts"]:
        out.print(
            f"  {workout['type']}, {workout['start']} to {workout['end']}, {_pulse(workout['heart_rate'])}"
        )
        zones = [
            f"{name.replace('_', ' ')} {clock_text(ms)}" for name, ms in workout["zones_ms"].items()
        ]
        out.print(f"    {', '.join(zones)}")
    for metric, extent in values["samples"].items():
        out.print(f"  {metric}: {extent['n']} samples, {extent['first']} to {extent['last']}")


def _pulse(heart: dict[str, Any]) -> str:
    if not heart["n"]:
        return "no heart rate"
    return f"heart rate {heart['min']:.0f}-{heart['max']:.0f}, mean {heart['mean']:.1f}, {heart['n']} samples"


def clock_text(ms: int) -> str:
    """Return milliseconds as h:mm:ss, to the second below."""
    seconds = ms // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def import_files(
    paths: Annotated[list[Path], typer.Argument(help="FIT files, or folders of them.")],
    *,
    patient: Annotated[str, typer.Option("--patient", help="The patient's pseudonym.")],
    url: Annotated[
        str, typer.Option(help="Address of the vendor door; the running one when left out.")
    ] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Send files through the vendor door, in the patient's name.

    Sending a file again changes nothing.
    """
    settings = settings_of(data)
    must_consent(settings, patient, "files")
    base = url or f"http://{settings.vendor_host}:{settings.vendor_port}"
    files = [path for result in paths for path in _files(result)]
    if not files:
        fail("no FIT file there", code=2)
    token, _ = issue_audited_token(settings, patient, days=IMPORT_DAYS, detail="import")
    headers = {"authorization": f"Bearer {token}", "content-type": OCTETS}
    refused = 0
    for path in track(files, description="sending", console=err, transient=True):
        status, _ = post_patiently(f"{base}/v1/files", _read(path), headers)
        if status >= MULTIPLE_CHOICES:
            refused += 1
            err.print(f"{path}: refused with status {status}")
    err.print(
        f"{len(files) - refused} of {len(files)} files received; `kadens dead` lists what cannot be read"
    )
    raise typer.Exit(1 if refused else 0)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(item for item in path.rglob("*") if item.suffix.lower() == ".fit")
    return [path]
