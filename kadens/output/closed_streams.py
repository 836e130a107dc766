"""Standard streams that were closed before the program began, as a shell does with `<&-`.

Python has None in their place, and the system gives their number to the next file: a database's
socket would be what a library takes for the output.
"""

import os
import sys

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))  # in the order of their numbers


def fill_closed_streams() -> None:
    """Read nothing from, and write nowhere to, a standard stream that was closed."""
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:
            # kept for as long as the process lives
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
