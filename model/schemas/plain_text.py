"""Whether a text that a person typed may be stored: bounded, and of characters that are shown.

Nothing is changed or escaped here: a text is stored as it was given, and a page escapes it. Pure.
"""

import unicodedata

from model.words.language import _

# Control characters, and signs that turn the order of reading round: with these a text reads
# otherwise than it is stored.
_CONTROL = "Cc"
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def typed_text(text: str) -> str:
    """Return a text as it is kept; a form sends each of its line breaks as two characters."""
    return text.replace("\r\n", "\n").strip()


def text_problem(text: str, longest: int, *, allowed: str = "") -> str:
    r"""Return what is wrong with a text, to be read after its name; "" when nothing is.

    `allowed` are control characters that may be in it, such as a line break.

    >>> text_problem("a cold", 10), text_problem("a cold", 5)
    ('', 'has more than 5 characters')
    >>> text_problem("a\tb", 5), text_problem("a\tb", 5, allowed="\t")
    ('has a control character', '')
    """
    if len(text) > longest:
        return _("has more than %(longest)s characters", longest=longest)
    if any(unicodedata.category(sign) == "Cs" for sign in text):
        return _("has bytes that are no UTF-8 text")
    for sign in text:
        is_refused = unicodedata.category(sign) == _CONTROL or sign in _TURNING
        if is_refused and sign not in allowed:
            return _("has a control character")
    return ""
