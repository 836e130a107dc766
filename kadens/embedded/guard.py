"""Becomes another program, which dies with the process that started it; does nothing else.

Started by `process.launch` as `python -I guard.py PARENT SIGNAL UID GID PROGRAM ARG…`; the kernel
sends SIGNAL when the parent is gone, whatever killed it. Done here and not in `preexec_fn`, which
is unsafe beside threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def _become(uid: int, gid: int) -> None:
    """Give up the rights of root for those of one account; nothing to do for everybody else."""
    if os.geteuid() == 0 and uid != 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def follow(parent: int, death_signal: int) -> None:
    """Ask for `death_signal` at the death of `parent`. Linux only; elsewhere an orphan may stay."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)  # after setuid, which clears it
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
