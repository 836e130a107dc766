"""Turns a table of vendors' words by our type into our type by word, and looks words up. Pure."""

from collections.abc import Mapping
from functools import lru_cache

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


def letters_of(word: str) -> str:
    """Return a word in small letters without what joins its parts; a number stays as it is.

    >>> letters_of("Strength-Training"), letters_of("strengthTraining"), letters_of("-1")
    ('strengthtraining', 'strengthtraining', '-1')
    """
    # a number has no parts: the minus of one is no hyphen
    return "".join(filter(str.isalnum, word.lower())) if word[:1].isalpha() else word


@lru_cache(maxsize=64)
def _by_letters(types: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {letters_of(word): ours for word, ours in types}


def type_of_word(types: Mapping[str, str], word: str, where: str, errors: list[Unreadable]) -> str:
    """Return our type for a sender's word in any spelling, "other" for one that is not known.

    One sender writes `strength_training` today and `strengthTraining` tomorrow. Senders' words are
    open: an unknown one is told in `errors`, and the workout stays. No word is none.
    """
    for written in (word, word.lower(), word.upper()):
        if written in types:
            return types[written]
    ours = _by_letters(tuple(types.items())).get(letters_of(word))
    if ours is not None:
        return ours
    if word:
        errors.append(Unreadable(where, "an unknown type of workout", RejectKind.UNKNOWN))
    return _OTHER
