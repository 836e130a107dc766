"""The fetch of a next page, whose key is of the token that leads to it, and its number. Pure.

A vendor whose tokens lead in a circle would be asked without end, so pages are counted.
"""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from model.facts import RejectKind
from model.received import Fetch
from parsers.fields import Unreadable, text

MOST_HUB_PAGES = 1_000  # of one list; a year of heart rates has fewer
_PAGE, _NUMBER = "#", "."
_DIGITS = 16
_LONGEST_TOKEN = 2_048


def page_after(
    requested: Fetch,
    token: object,
    member: str,
    *,
    parameter: str = "",
    query: Iterable[tuple[str, str]] | None = None,
    longest: int = _LONGEST_TOKEN,
) -> Fetch:
    """Return the fetch of the page to which the token of an answer leads.

    `member` is the token's name in the answer, and `parameter` its name in the query where that is
    another. `query` is what else is asked for, by default the same as before. Raises Unreadable
    for a token that is no text of at most `longest` characters or leads to the same page, and
    behind the last page that is asked for.
    """
    name = parameter or member
    written = text(token, member, longest)
    # a page that leads to itself would be asked for without end
    if (name, written) in requested.query:
        raise Unreadable(member, "the same page once more", RejectKind.DAMAGED)
    # each page replaces the token of the page before
    others = (pair for pair in requested.query if pair[0] != name) if query is None else query
    return replace(
        requested,
        key=next_page_key(requested.key, written, member),
        query=(*others, (name, written)),
        not_before_ms=0,
    )


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
