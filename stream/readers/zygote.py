"""A small process that forks readers for the worker.

It has the parsers loaded, but no thread, no key and no connection. Forking from the worker itself
would copy its locks in whatever state its threads left them. It must be started before the worker
starts a thread, and it ends with the worker.
"""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from kadens.embedded.guard import follow
from stream.readers import child

MOST_FILES = 3
_REQUEST = b"r"


class Zygote:
    """The worker's end: requests new readers."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def reader(self, number: int) -> socket.socket:
        """Return a connected socket to a new reader of batches.

        `number` is the descriptor of the file in which the reader notes the position of the body in
        work. Raises OSError when the zygote is gone.
        """
        return self._fork([number])

    def large_reader(self, content: int, facts: int) -> socket.socket:
        """Return a connected socket to a new reader of a single large body.

        `content` and `facts` are descriptors of the files for the body and for its facts.
        """
        return self._fork([content, facts])

    def _fork(self, files: list[int]) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [_REQUEST], [theirs.fileno(), *files])
        return ours


@contextmanager
def open_zygote() -> Iterator[Zygote]:
    """Fork the process that forks readers, and end it after the block."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent = os.getpid()
    process = os.fork()
    if process == 0:
        ours.close()
        _be(parent, theirs)
    theirs.close()
    try:
        yield Zygote(ours)
    finally:
        ours.close()  # which ends the zygote, and with it every reader
        os.waitpid(process, 0)


def _be(parent: int, control: socket.socket) -> None:
    """Fork a reader for each request until the worker is gone; never returns."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # readers leave no zombies
        follow(parent, signal.SIGKILL)
        while True:
            word, files, _, _ = socket.recv_fds(control, 1, MOST_FILES)
            if not word:
                break
            _fork_reader(control, files)
        status = 0
    finally:
        os._exit(status)


def _fork_reader(control: socket.socket, files: list[int]) -> None:
    zygote = os.getpid()
    if os.fork() == 0:
        try:
            control.close()
            follow(zygote, signal.SIGKILL)
            _read(files)
        finally:
            os._exit(0)
    for number in files:
        os.close(number)


def _read(files: list[int]) -> None:
    connection = socket.socket(fileno=files[0])
    # the number of files tells the kinds of readers apart: socket and mark, or socket and two files
    if len(files) < MOST_FILES:
        child.serve_batches(connection, files[1])
        return
    with os.fdopen(files[1], "rb") as content, os.fdopen(files[2], "r+b") as facts:
        child.serve_large(connection, content, facts)
