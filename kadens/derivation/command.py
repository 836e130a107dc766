"""The command that derives one patient from a manifest, without a server."""

from pathlib import Path
from typing import Annotated

import typer

from kadens.commands.options import Json
from kadens.derivation.derivation import derive_manifest
from kadens.derivation.derived_json import derivation_json
from kadens.derivation.derived_lines import derivation_lines
from kadens.derivation.explanation import NothingToExplainError, explanation
from kadens.derivation.manifest import ManifestError
from kadens.output.terminal import fail, print_json, print_line


def derive_file(
    manifest: Annotated[
        Path,
        typer.Argument(
            metavar="MANIFEST.json",
            help="JSON with zone, now, profiles, prescriptions, consents, bodies and marks.",
        ),
    ],
    *,
    as_json: Json = False,
    explain: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--explain",
            metavar="session|day|week ID",
            help="Explain one figure down to its payloads: a session by its id, or a date.",
        ),
    ] = None,
) -> None:
    """Derive one patient from bodies, without a server.

    The manifest names the bodies (path, connector, received, headers), what they are interpreted
    with, and the clinician's marks (statement, reason, at, start, end, record). Reading, deriving
    and judging are the worker's own; signatures are not checked. Shows sessions, days, weeks,
    findings, and what was refused and why. With --explain only the explanation is shown; with
    --json it is added as a list of lines.
    """
    try:
        derivation = derive_manifest(manifest)
        lines = None if explain is None else list(explanation(derivation, *explain))
    except (ManifestError, NothingToExplainError) as error:
        fail(str(error), code=2)
    if as_json:
        more = {} if lines is None else {"explanation": lines}
        print_json({**derivation_json(derivation), **more})
        return
    for line in derivation_lines(derivation) if lines is None else lines:
        print_line(line)
