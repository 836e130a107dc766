"""The parts of a link in a payload that a request may use: its path and its query. Pure.

The host always comes from the connector: a payload must never choose where a request goes.
"""

import re

from model.facts import RejectKind
from parsers.fields import Unreadable, text

LONGEST_LINK = 2_048
MOST_PARAMETERS = 32
# The host may be anything: it is compared with the connector's own, and never asked otherwise.
_LINK = re.compile(r"https://([^/?#\s\\]+)(/[A-Za-z0-9._~/%-]*)(?:\?([^#\s\\]*))?")
# A server may resolve these steps after the prefix was checked, and so leave the interface.
_STEPS = re.compile(r"//|/\.{1,2}(?:/|$)|%(?![0-9A-Fa-f]{2})|%2[eEfF]|%5[cC]|%00")
_CODED = re.compile(rb"%([0-9A-Fa-f]{2})")

PathAndQuery = tuple[str, tuple[tuple[str, str], ...]]


def path_and_query(value: object, prefix: str, where: str) -> PathAndQuery:
    """Return the path and the decoded query of an https link whose path begins with `prefix`.

    Raises Unreadable for any other link, and for a path with `..`, `//` or encoded separators.
    """
    link = _LINK.fullmatch(text(value, where, LONGEST_LINK))
    if link is None:
        raise Unreadable(where, "not an https link")
    path = link[2]
    if not path.startswith(prefix) or _STEPS.search(path):
        raise Unreadable(where, "not a link into the vendor's interface", RejectKind.UNKNOWN)
    return path, _query(link[3] or "", where)


def host_of_link(value: object, where: str) -> str:
    """Return the host that an https link names, with its port and user if it has any.

    It is in lower case, and without the usual port. Raises Unreadable for what is no such link.
    """
    link = _LINK.fullmatch(text(value, where, LONGEST_LINK))
    if link is None:
        raise Unreadable(where, "not an https link")
    return link[1].lower().removesuffix(":443")


def _query(written: str, where: str) -> tuple[tuple[str, str], ...]:
    pairs = written.split("&") if written else []
    if len(pairs) > MOST_PARAMETERS:
        raise Unreadable(where, f"more than {MOST_PARAMETERS} parameters", RejectKind.TOO_MUCH)
    query = []
    for pair in pairs:
        name, _, value = pair.partition("=")
        query.append((_decoded(name, where), _decoded(value, where)))
    return tuple(query)


def _decoded(written: str, where: str) -> str:
    # A plus sign stays a plus sign: tokens are often base64 and must arrive unchanged.
    raw = _CODED.sub(lambda match: bytes([int(match[1], 16)]), written.encode())
    try:
        decoded = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(where, "a link that is not UTF-8") from error
    if not decoded.isprintable():
        raise Unreadable(where, "a link with control characters")
    return decoded
