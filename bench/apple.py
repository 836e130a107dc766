"""An Apple Health export to facts against bare expat over the same bytes, in an interleaved run.

Expat calls a handler that does nothing. It gets the document without the faults that would stop it.
"""

import io
import subprocess
import sys
import time
from collections.abc import Callable
from typing import BinaryIO
from xml.parsers import expat

from bench.processes import peak_mib
from bench.row import Row
from model.received import Context
from parsers.apple.apple_health import read_apple_health
from parsers.apple.cut import cut_apple_health
from simulate.exports.apple import export_of_size, write_document

FULL_MIB, TINY_MIB = 32, 1
MOST_MIB = 100
_ROUNDS = 3
_STEP = 64 * 1024
_CONTEXT = Context(connector="files")


def read_pieces(document: bytes) -> int:
    """Cut an export and read its pieces; return the number of facts."""
    return read_stream(io.BytesIO(document))


def read_stream(file: BinaryIO) -> int:
    """Read an export from an open file, piece by piece; return the number of facts."""
    facts = 0
    for piece in cut_apple_health(file):
        for part in read_apple_health(piece, _CONTEXT):
            facts += len(part.facts)
    return facts


def bare_expat(document: bytes) -> None:
    """Let expat walk the elements of a document that is XML."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = _nothing
    for at in range(0, len(document), _STEP):
        parser.Parse(document[at : at + _STEP])
    parser.Parse(b"", True)  # noqa: FBT003 - as the library has it


def _nothing(_name: str, _attributes: dict[str, str]) -> None:
    """Take an element."""


def mended(document: bytes) -> bytes:
    """Return an export of ours as XML, of the same length but for the faults."""
    lines = []
    for line in document[document.find(b"<HealthData ") :].replace(b"\x0b", b"").split(b"\n"):
        head, start, rest = line.rpartition(b" startDate=")
        is_twice = b"<WorkoutStatistics" in head and b" startDate=" in head
        lines.append(head + (b" endDate=" if is_twice else start) + rest)
    return b"\n".join(lines)


def run(mib: int) -> list[Row]:
    """Return the speed of reading an export of `mib` MiB, and the memory that it took."""
    out = io.BytesIO()
    write_document(export_of_size(mib << 20), out)
    document = out.getvalue()
    clean = mended(document)
    ours = theirs = float("inf")
    for _ in range(_ROUNDS):
        theirs = min(theirs, _seconds(bare_expat, clean))
        ours = min(ours, _seconds(read_pieces, document))
    most_mib = _peak_of(document)
    return [
        Row(
            name="Apple Health export to facts, memory of a process",
            value=most_mib,
            unit="MiB",
            baseline=f"{MOST_MIB} MiB, whatever the size of the export",
            ratio=MOST_MIB / most_mib,
            floor=1.0,
        ),
        Row(
            name="Apple Health export to facts",
            value=len(document) / ours / 1e6,
            unit="MB/s",
            baseline=f"bare expat, {len(document) / theirs / 1e6:.0f} MB/s",
            ratio=theirs / ours,
            floor=1 / 1.3,
            goal=1.0,
        ),
    ]


def _peak_of(document: bytes) -> float:
    """Return the peak memory of a process that reads an export from its standard input."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.apple"], input=document, capture_output=True, check=True
    )
    return float(done.stdout)


def _seconds(work: Callable[[bytes], object], document: bytes) -> float:
    begun = time.process_time()
    work(document)
    return time.process_time() - begun


def _main() -> None:
    """Read an export from the standard input, and print the peak memory in MiB."""
    read_stream(sys.stdin.buffer)
    sys.stdout.write(f"{peak_mib()}\n")


if __name__ == "__main__":
    _main()
