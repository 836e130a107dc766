"""Turns a table of vendors' words by our type into our type by word. Pure."""

from collections.abc import Mapping


def type_by_word(words_by_type: Mapping[str, str]) -> dict[str, str]:
    """Return our type for each word; the words of a type are separated by blanks.

    >>> type_by_word({"walking": "stroll hike", "golf": "golf"})
    {'stroll': 'walking', 'hike': 'walking', 'golf': 'golf'}
    """
    types: dict[str, str] = {}
    for ours, words in words_by_type.items():
        types |= dict.fromkeys(words.split(), ours)
    return types
