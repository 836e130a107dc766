"""Turns a table of vendors' words by our type into our type by word, and looks words up. Pure."""

from collections.abc import Mapping

from model.facts import RejectKind
from parsers.fields import Unreadable

_OTHER = "other"


def type_by_word(words_by_type: Mapping[str, str]) -> dict[str, str]:
    """Return our type for each word; the words of a type are separated by blanks.

    >>> type_by_word({"walking": "stroll hike", "golf": "golf"})
    {'stroll': 'walking', 'hike': 'walking', 'golf': 'golf'}
    """
    types: dict[str, str] = {}
    for ours, words in words_by_type.items():
        types |= dict.fromkeys(words.split(), ours)
    return types


def type_of_word(types: Mapping[str, str], word: str, where: str, errors: list[Unreadable]) -> str:
    """Return our type for a sender's word in any case, "other" for one that is not known.

    Senders' words are open: an unknown one is told in `errors`, and the workout stays. No word is
    none.
    """
    for written in (word, word.lower(), word.upper()):
        if written in types:
            return types[written]
    if word:
        errors.append(Unreadable(where, "an unknown type of workout", RejectKind.UNKNOWN))
    return _OTHER
