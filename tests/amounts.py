"""Amounts on the command lines of the test programs: what cannot be is refused before the start."""

import argparse
from math import isfinite


def positive_count(text: str) -> int:
    """Return a number of things from 1 on; an error of the command line for any other text.

    >>> positive_count("5")
    5
    """
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError("must be a whole number from 1 on")
    return int(text)


def some_seconds(text: str) -> float:
    """Return a time in seconds above 0; an error of the command line for any other text.

    >>> some_seconds("0.5")
    0.5
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not (isfinite(seconds) and seconds > 0):
        raise argparse.ArgumentTypeError("must be a number of seconds above 0")
    return seconds
