"""Starts, watches and ends a program with a log file. Nothing is restarted here."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

GUARD = Path(__file__).with_name("guard.py")
POLL = 0.05  # seconds between two looks at a starting program
LOG_TAIL = 4096  # bytes of a log quoted in an error


class StartFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """A part did not come up; the text names the part and the reason, and quotes its log."""

    def __init__(self, part: str, reason: str, log: Path | None = None) -> None:
        self.part, self.reason, self.log = part, reason, log
        quoted = f"\n--- end of {log}\n{tail(log)}" if log else ""
        super().__init__(f"{part}: {reason}{quoted}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemAccount:
    """The account of the operating system under which a program runs."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A program that was started; `part` names it in errors."""

    part: str
    process: subprocess.Popen[bytes]
    log: Path

    def alive(self) -> bool:
        """Return whether the program still runs."""
        return self.process.poll() is None


def launch(
    part: str,
    argv: Iterable[str | Path],
    *,
    log: Path,
    on_death: signal.Signals,
    account: SystemAccount | None = None,
    environment: Mapping[str, str] | None = None,
) -> Child:
    """Start a program that appends to `log` and gets `on_death` when this process dies.

    It gets its own session, so Ctrl-C reaches us and not the program. Of the environment it gets
    only `environment`. Pass secrets there: everybody can read a command line. The kernel ties the
    program to the *thread* that starts it, so any thread but the main thread gets a RuntimeError.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            f"{part} must be started from the main thread: it would die with any other"
        )
    # The guard becomes the account, and then asks the kernel for the signal on our death.
    who = (account.uid, account.gid) if account else (os.geteuid(), os.getegid())
    words = [str(word) for word in (os.getpid(), int(on_death), *who, *argv)]
    with log.open("ab") as out:
        # Given to an older file as well, which may have had another mode.
        os.fchmod(out.fileno(), 0o600)
        process = subprocess.Popen(  # noqa: S603 - argv is ours, no shell
            [sys.executable, "-I", GUARD, *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**plain_environment(), **(environment or {})},
            start_new_session=True,
        )
    return Child(part=part, process=process, log=log)


def private_files() -> None:
    """Make new files of this process and of its programs readable by their owner alone."""
    os.umask(0o077)


def fill_closed_streams() -> None:
    """Read nothing from, and write nowhere to, a standard stream that was closed, as by `<&-`.

    Python has None in its place, and the system gives its number to the next file: a database's
    socket would be what a library takes for the output.
    """
    # in the order of their numbers, which the system gives from the lowest on
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # kept for as long as the process lives
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123


def no_threads_for_algebra() -> None:
    """Keep numpy from starting threads for linear algebra, unless the environment asks for them.

    Call it before numpy is imported.
    """
    # The few products here are of short vectors or of narrow columns. The threads would only wait,
    # and they do so by spinning; and the sum of one thread has the same order on each machine.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def plain_environment() -> dict[str, str]:
    """Return the environment of our programs; the caller's own cannot change what they do."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def wait_ready(child: Child, ready: Callable[[], bool], *, seconds: float) -> None:
    """Return once `ready()` holds; StartFailed when the program ended, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not child.alive():
            raise StartFailed(
                child.part, f"ended with status {child.process.returncode}", child.log
            )
        if time.monotonic() > deadline:
            raise StartFailed(child.part, f"did not answer within {seconds:g} s", child.log)
        time.sleep(POLL)


def end_child(child: Child, *, first: signal.Signals, seconds: float) -> None:
    """Send the signal `first`, and kill the program if it has not ended within `seconds`."""
    if child.alive():
        child.process.send_signal(first)
    try:
        child.process.wait(seconds)
    except subprocess.TimeoutExpired:
        kill(child)


def kill(child: Child) -> None:
    """End the program with SIGKILL and reap it."""
    # Reaped at once, so that no zombie keeps the process number.
    child.process.kill()
    child.process.wait()


def claim(part: str, folder: Path) -> BinaryIO:
    """Lock a data folder until the file is closed or we end; StartFailed when it is locked."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "in-use").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise StartFailed(part, f"another process uses {folder}") from None
    return file


def tail(log: Path) -> str:
    """Return the last 4 KiB of a log, or a note that there is none."""
    if not log.exists():
        return "(no log was written)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LOG_TAIL))
        return file.read().decode(errors="replace").strip()
