"""Asks a person to agree. Only stderr and stdin are used, so a result on stdout stays clean."""

import sys


def answered_yes(question: str) -> bool | None:
    """Ask, and return whether the answer is yes; None at the end of input, where nobody answers."""
    sys.stderr.write(f"{question} [y/N]: ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")  # what follows begins a line
        return None
    return line.strip().lower() in {"y", "yes"}
