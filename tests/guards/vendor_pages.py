"""Writes docs/vendors/README.md and docs/vendors/coverage.md from the tables that the code walks.

Run it with `python -m tests.guards.vendor_pages`; `test_vendor_pages.py` compares. What connectors
are is read from their rows, and what a source gives from the facts that its recorded cases expect.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ingest.connector import Connector
from ingest.door import SIGNED_WINDOW_MS
from ingest.problems import PROBLEMS
from ingest.proving.proofs import LinkOnly
from ingest.vendors import CONNECTORS
from parsers.formats import FILES_CONNECTOR, FORMATS
from tests.guards.reference import RECORDED, bytes_in_words, code, table
from tests.rooms import ROOT
from tests.rows import matching

FOLDER = ROOT / "docs" / "vendors"
# heading of a column -> the metrics in it
COVERED: dict[str, frozenset[str]] = {
    "workouts": frozenset(("workout",)),
    "heart rate": frozenset(("heart_rate",)),
    "steps": frozenset(("steps",)),
    "distance": frozenset(("distance",)),
    "minutes of exercise": frozenset(("exercise_time",)),
    "variability": frozenset(("heart_rate_variability_rmssd", "heart_rate_variability_sdnn")),
    "resting heart rate": frozenset(("resting_heart_rate",)),
    "wear": frozenset(("wear",)),
    "energy": frozenset(("active_energy", "basal_energy", "total_energy")),
    "speed, cadence, power": frozenset(("speed", "cadence", "power")),
    "exertion": frozenset(("exertion",)),
    "reports": frozenset(("report",)),
}
_WAYS = ("push", "fetch", "file")
_DAYS = " (days)"
_FILES = frozenset(("fit", "tcx", "gpx", "sniff"))
# Their files are written by the simulator, so that no recorded case tells of them.
_FIT = {"fit": "FIT files hold all of these; see `parsers/fit/`"}
_IN_FILES = "only in files that are fetched, below"
_README = """\
# For a vendor's engineer: what Kadens accepts, and how it answers

<!-- Generated from the code by `make docs`: change tests/guards/vendor_pages.py. -->

You send to `https://DOOR/v1/hooks/NAME`, where NAME is in the table below. Whoever runs Kadens
tells you the address of the door and registers it with you. Setup pages of single vendors lie
beside this one. `coverage.md` lists what is read from each source.

## What is accepted

- `POST` over TLS 1.2 or newer, on port 443. A body has a `Content-Length` or is sent in chunks. It
  is taken as bytes: nothing is unpacked at the door, so do not compress it.
- Bodies up to the size in the table. Larger ones than a few MiB go to disk as they come, so a long
  body may take its time as long as it keeps coming.
- A body may hold many users and many records. What cannot be read of it is set aside with its path
  and reason, and the rest is used. So is a member that an object states twice, with two values.
- Unknown users, unknown kinds of events and unknown members of objects are accepted. What comes for
  a user who is not linked waits, sealed, for a day.

## How it is answered

The answer comes as soon as the body is on the log, in the form that your system takes for received
(last column). Nothing is read before that, so the answer says nothing of the content.

A refusal is a problem document (RFC 9457) with a stable word in `reason`:

{problems}
The status 410 is never sent. A 5xx means that the body was not kept: send it again.

## Retries, repetition and order

- Send again whatever was not answered with success, with growing pauses, and obey `Retry-After`.
- The same body twice is one body: it is recognised by its SHA-256. Deliver twice rather than never.
  What you answer when we ask is how you have it then, also with the bytes of an answer before.
- Bodies may come in any order and late. Of two versions of a record the one counts that you changed
  last, by your own revision or time of change where you send one, else the one that came last.
  A total of a day that grows never falls back to an earlier state.
- A deletion and a withdrawal hold also for what arrives afterwards.

## Proof, clocks and replay

- The proof is checked over the bytes as they came, before anything is decoded, in constant time.
- Where you sign a time, it may differ from our clock by {window} s either way; the deployer may
  widen this after an outage. A retry should be signed anew.
- Several keys may hold at once, so that yours can be rotated without a gap. Where a header may
  carry several signatures, one that holds is enough.
- Names of headers are read in any case. Hex may be in either case, base64 with or without padding.
- Links in a body are followed on pinned hosts only: https, the default port, no user, no redirect.

## Connectors

{connectors}
A window of "none" means that no time is signed; then a replayed body is recognised by its hash.

## Try it

`kadens up` starts a door on your machine. `.venv/bin/kadens send NAME tests/data/NAME/CASE` plays
a recorded case against it, signed with the key in its secrets file: a push, a forgery, a stale
request, a handshake. `.venv/bin/kadens inspect BODY --connector NAME --facts` shows what is read
from a body.
"""
_COVERAGE = """\
# What is read from each source

<!-- Generated from the recorded cases by `make docs`. -->

`push`: in the body of a webhook or of a phone's app. `fetch`: in an answer to what was asked for.
`file`: in a file or export that is uploaded or imported. `(days)`: as figures of a date alone. A
cell is empty where no recorded case in `tests/data/` shows it. A total of a day is kept beside
samples, and never added to them.

{coverage}
Activities that are fetched as files give what the file holds:

{files}
## What a source takes back

`push`: an event says that something is gone, and is believed. `fetch`: an event is a cue alone, and
what the answer no longer has is taken back.

{deletions}
These tell of no deletion, as far as is known: {silent}.
What a patient deletes there stays here until it is corrected (`docs/requests.md`). What is sent
again with other values replaces what was.
"""


def vendor_pages() -> dict[str, str]:
    """Return the content of each page by its file name."""
    return {"README.md": _readme(), "coverage.md": _coverage()}


def _readme() -> str:
    rows = [row for row in PROBLEMS if not row.reason.startswith("upload_")]
    problems = [(row.status, f"`{row.reason}`", row.detail) for row in rows]
    return _README.format(
        problems=table(("status", "reason", "meaning"), problems),
        window=SIGNED_WINDOW_MS // 1000,
        connectors=table(
            ("name", "proof", "window", "largest body", "received", "asked for"),
            map(_connector_row, CONNECTORS),
        ),
    )


def _connector_row(row: Connector) -> tuple[str, ...]:
    answer = "202 with the SHA-256 of the body"
    if row.answer is not None:
        body = row.answer.body.decode()
        answer = f"{row.answer.status} `{body}`" if body else str(row.answer.status)
    api = row.api
    hosts = "" if api is None or api.request is None else code((api.host, *api.hosts))
    return (
        f"`{row.name}`",
        row.proof.words,
        _window(row),
        bytes_in_words(row.max_body),
        answer,
        hosts,
    )


def _window(row: Connector) -> str:
    if isinstance(row.proof, LinkOnly):
        return "until the link expires"
    timed = any(scheme.clock for scheme in getattr(row.proof, "schemes", ()))
    return "signed time" if timed else "none"


def _coverage() -> str:
    given: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    files: dict[str, set[str]] = defaultdict(set)
    gone: dict[str, set[str]] = defaultdict(set)
    for folder, request, lines in _cases():
        way = _way(request)
        source = folder if way == "file" else str(request["connector"])
        for line in lines:
            for word in _words(line):
                given[source][word].add(way)
            if line.get("kind") == "deletion":
                gone[source].add(way)
            wanted = line.get("fetch", {}).get("format", "")
            if wanted in _FILES:
                files[source].add("FIT, TCX or GPX by its bytes" if wanted == "sniff" else wanted)
    words = dict.fromkeys(files, _IN_FILES) | _FIT
    rows = [_coverage_row(name, given[name], words) for name in _order(given.keys() | words)]
    listed = [(f"`{name}`", ", ".join(sorted(kinds))) for name, kinds in sorted(files.items())]
    return _COVERAGE.format(
        coverage=table(("source", *COVERED), rows),
        files=table(("source", "file"), listed),
        **_taken_back(gone),
    )


def _taken_back(gone: Mapping[str, set[str]]) -> dict[str, str]:
    """Return the table of connectors whose cases show a deletion, and the names of all others."""
    names = [row.name for row in CONNECTORS if row.name != FILES_CONNECTOR]
    rows = [(f"`{name}`", ", ".join(sorted(gone[name]))) for name in names if name in gone]
    silent = code(name for name in names if name not in gone)
    return {"deletions": table(("source", "deletions"), rows), "silent": silent}


def _coverage_row(
    name: str, given: Mapping[str, set[str]], words: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the row of a source, with words in place of cells where no recorded case has any."""
    cells = tuple(_cells(given))
    if not any(cells):
        cells = (words.get(name, "nothing yet"), *cells[1:])
    return (f"`{name}`", *cells)


def _order(shown: Collection[str]) -> Iterator[str]:
    """Yield the connectors, then the formats of files that are `shown` to give something.

    The others are no sources: what a packed file holds is of another format.
    """
    for row in CONNECTORS:
        if row.name != FILES_CONNECTOR:
            yield row.name
    for form in FORMATS:
        is_file = form.sniff is not None and form.name in shown
        if is_file and not matching(CONNECTORS, name=form.name):
            yield form.name


def _cases() -> Iterator[tuple[str, Mapping[str, Any], Sequence[Mapping[str, Any]]]]:
    """Yield the folder, the request and the expected lines of each recorded payload."""
    for path in sorted(RECORDED.glob("*/*/request.json")):
        request = json.loads(path.read_text(encoding="utf-8"))
        lines = json.loads(path.with_name("expected.json").read_text(encoding="utf-8"))
        yield path.parent.parent.name, request, lines


def _way(request: Mapping[str, Any]) -> str:
    if request.get("requested"):
        return "fetch"
    return "file" if request["connector"] == FILES_CONNECTOR else "push"


def _words(line: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a fact gives: metrics, and metrics of a date with a mark."""
    kind = line.get("kind")
    if kind == "samples":
        yield str(line["metric"])
    elif kind == "day":
        for metric in line["summary"]:
            yield f"{metric}{_DAYS}"
    elif kind in {"workout", "report"}:
        yield str(kind)
        if line.get("exertion_cr10") is not None:
            yield "exertion"


def _cells(given: Mapping[str, set[str]]) -> Iterator[str]:
    for metrics in COVERED.values():
        samples: set[str] = set()
        days: set[str] = set()
        for metric in metrics:
            samples |= given.get(metric, set())
            days |= given.get(f"{metric}{_DAYS}", set())
        ways = [way for way in _WAYS if way in samples]
        ways += [f"{way}{_DAYS}" for way in _WAYS if way in days - samples]
        yield ", ".join(ways)


def _main(folder: Path = FOLDER) -> None:
    """Write the pages."""
    folder.mkdir(exist_ok=True)
    for name, text in vendor_pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _main()
