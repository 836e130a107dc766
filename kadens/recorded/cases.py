"""Recorded cases: a request in a folder, with the output that its reader must give.

    FOLDER/request.json    connector, content_type, headers, query, received_ms, requested, body;
                           filename, where the name of a file tells what is in it
    FOLDER/body.*          the payload as it came; `body` in request.json is its name
    FOLDER/expected.json   what is read: a list of objects as `kadens inspect --facts` prints them

Must never overwrite a case: to change an expectation is a decision, and the file is deleted first.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from kadens.fact_lines import FactLine, lines_of
from kadens.payload_formats import items_of
from model.codec import plain
from model.received import Context, Fetch

REQUEST, EXPECTED = "request.json", "expected.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCase:
    """A payload and what is known of it besides its bytes."""

    context: Context
    payload: bytes

    def lines(self) -> list[FactLine]:
        """Return what today's reader makes of the payload."""
        return list(lines_of(items_of(self.payload, self.context)))


def read_case(folder: Path) -> RecordedCase:
    """Return the case in a folder."""
    request: dict[str, Any] = orjson.loads((folder / REQUEST).read_bytes())
    payload = (folder / request.pop("body")).read_bytes()
    requested = request.pop("requested", None)
    if requested is not None:
        pairs = [tuple(pair) for pair in requested.pop("query", [])]
        requested = Fetch(**requested, query=tuple(pairs))
    return RecordedCase(context=Context(**request, requested=requested), payload=payload)


def expected_lines(folder: Path) -> list[FactLine]:
    """Return the lines that the reader of a case must give."""
    lines: list[FactLine] = orjson.loads((folder / EXPECTED).read_bytes())
    return lines


def write_case(folder: Path, case: RecordedCase, suffix: str) -> list[FactLine]:
    """Write a case and return its lines; raises FileExistsError when the folder is not empty.

    `suffix` is the ending of the body's name: ".json". The name of the file is kept only where
    without it something else is read.
    """
    lines = case.lines()  # first: an unknown connector leaves no folder behind
    # a local file may be named after a person, and cases are part of the repository
    nameless = replace(case, context=replace(case.context, filename=""))
    context = nameless.context if nameless.lines() == lines else case.context
    new_folder(folder)
    body = f"body{suffix}"
    request = {name: value for name, value in plain(context).items() if value}
    (folder / body).write_bytes(case.payload)
    (folder / REQUEST).write_bytes(indented({**request, "body": body}))
    (folder / EXPECTED).write_bytes(_listed(lines))
    return lines


def new_folder(folder: Path) -> None:
    """Make the folder of a case; raises FileExistsError when it holds anything."""
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(folder)
    folder.mkdir(parents=True, exist_ok=True)


def indented(value: object) -> bytes:
    """Return a value as JSON for a file of a case."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"


def _listed(lines: list[FactLine]) -> bytes:
    """Return a JSON list with an object on each line, so that a diff shows the changed objects."""
    written = b",\n".join(orjson.dumps(line) for line in lines)
    return b"[\n" + written + b"\n]\n" if lines else b"[]\n"
