"""The key of the fetch of a next page: by the token that leads to it, and its number. Pure.

A vendor whose tokens lead in a circle would be asked without end, so pages are counted.
"""

from hashlib import sha256

from model.facts import RejectKind
from parsers.fields import Unreadable

MOST_HUB_PAGES = 1_000  # of one list; a year of heart rates has fewer
_PAGE, _NUMBER = "#", "."
_DIGITS = 16


def next_page_key(key: str, token: str, where: str) -> str:
    """Return the key of the page that a token leads to, from that of the page before it.

    Each page is asked for once. Raises Unreadable behind the last page that is asked for.

    >>> next_page_key("past 2026-10-01", "b", "next_token")
    'past 2026-10-01#3e23e8160039594a'
    >>> next_page_key("past 2026-10-01#3e23e8160039594a", "c", "next_token")
    'past 2026-10-01#2e7d2c03a9507ae2.3'
    """
    first, _, page = key.partition(_PAGE)
    number = 1 + _page_number(page)
    if number > MOST_HUB_PAGES:
        raise Unreadable(where, "more pages than are asked for", RejectKind.TOO_MUCH)
    named = f"{first}{_PAGE}{sha256(token.encode()).hexdigest()[:_DIGITS]}"
    # the second page has none, as in keys that were written before pages were counted
    return f"{named}{_NUMBER}{number}" if number > 2 else named  # noqa: PLR2004 - see above


def _page_number(page: str) -> int:
    digits = page.partition(_NUMBER)[2]
    if digits.isascii() and digits.isdigit():
        return int(digits[:6])
    return 2 if page else 1
