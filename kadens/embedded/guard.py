"""Becomes another program, which dies with the process that started it.

`process.launch` starts it as `python -I guard.py PARENT SIGNAL UID GID PROGRAM ARG…`. The kernel
sends SIGNAL when the parent is gone, whatever killed it. This is a program and no `preexec_fn`,
because that is unsafe beside threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def _become(uid: int, gid: int) -> None:
    """Exchange the rights of root for those of an account; nothing to do unless we are root."""
    if os.geteuid() == 0 and uid != 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def follow(parent: int, death_signal: int) -> None:
    """Request `death_signal` for the death of `parent`, on Linux; elsewhere orphans may stay."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)  # after setuid, which clears it
    # The parent may have died before the request above, and then no signal comes.
    if os.getppid() != parent:
        sys.exit(f"process {parent} was gone before its program could start")


def _main() -> None:
    """Read the arguments and become the program."""
    parent, death_signal, uid, gid = (int(word) for word in sys.argv[1:5])
    _become(uid, gid)
    follow(parent, death_signal)
    os.execv(sys.argv[5], sys.argv[5:])  # noqa: S606 - the program our own caller named, no shell


if __name__ == "__main__":
    _main()
