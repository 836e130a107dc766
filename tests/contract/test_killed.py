"""A worker that is killed leaves nothing behind: no process, no file."""

from pathlib import Path

import pytest

from tests.contract.test_ledger import add_patient, ledger_facts, send_reports
from tests.frozen import children
from tests.rig import Rig


def below(process: int) -> list[int]:
    """Return all descendants of a process."""
    processes = children(process)
    for child in tuple(processes):
        processes += below(child)
    return processes


# Leaving nothing is the worker's own matter, whatever log it reads.
@pytest.mark.parametrize("own", ["mock"], indirect=True)
def test_a_killed_worker_leaves_no_process_and_no_file(own: Rig) -> None:
    scratch = own.folder / "scratch"
    scratch.mkdir()
    add_patient(own)
    worker = own.start_worker(TMPDIR=str(scratch))
    send_reports(own, 0, 8)
    own.wait(lambda: ledger_facts(own) == 8, "8 facts")
    processes = below(worker.pid)
    assert len(processes) >= 2  # what forks readers, and a reader
    worker.kill()
    worker.wait()
    own.workers.clear()
    own.wait(lambda: not any(map(alive, processes)), "all processes are gone")
    assert list(scratch.rglob("*")) == []


def alive(process: int) -> bool:
    """Tell whether a process runs; a process that only waits to be reaped does not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
