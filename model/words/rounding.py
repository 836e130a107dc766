"""Rounds numbers for people, one way on all pages. Pure.

Half is rounded up, as people are taught: Python's own rounding shows 136.5 and 135.5 both as 136.
"""

from decimal import ROUND_HALF_UP, Context, Decimal

_EXACT = Context(prec=400)  # no number of ours has more digits, so only the last one is rounded


def half_up(value: float, decimals: int = 0) -> str:
    """Return a number with so many decimal places, half rounded up."""
    # the shortest text of a number is what a person reads in it: 0.15 is a half, and no less
    written = Decimal(repr(float(value)))
    return f"{written.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _EXACT):f}"


def in_full(value: float, shift: int = 0) -> str:
    """Return a number with all of its digits, times ten to the power of `shift`."""
    written = Decimal(repr(float(value))).scaleb(shift, _EXACT)
    text = f"{written:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent_down(share: float) -> int:
    """Return a share in whole percent, rounded down so that 80 % is never claimed early."""
    # 0.29 * 100 is 28.999...: without the small addition, exact shares would lose a percent.
    return int(share * 100 + 1e-9)
