"""Names and ids that people type: their greatest length and allowed characters. Pure.

All are shown on terminals, pages and in log lines, and some become parts of addresses. So none has
a slash, a control character or a space at an end. No error text repeats the name itself.
"""

import re
from dataclasses import dataclass

from model.schemas import prescription_bounds


class BadNameError(ValueError):
    """A name or id that is too long or has wrong characters; the text states what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRule:
    """What a kind of name may be: 1 to `most` characters that `pattern` matches completely."""

    pattern: re.Pattern[str]
    most: int
    allowed: str


_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ID_WORDS = "letters a-z, digits, '.', '_' and '-', the first a letter or digit"
# Letters of any script, because people and hospitals have names in all scripts.
_NAME = re.compile(r"[^\W_](?:[\w .,'()&-]*[\w.)])?")
_NAME_WORDS = "letters, digits, spaces and . , ' ( ) & -, the first a letter or digit"

PSEUDONYM = NameRule(pattern=_ID, most=64, allowed=_ID_WORDS)
PRESCRIPTION_ID = NameRule(
    pattern=prescription_bounds.PRESCRIPTION_ID_PATTERN, most=64, allowed=_ID_WORDS
)
KEY_ID = NameRule(pattern=_ID, most=16, allowed=_ID_WORDS)
CONNECTOR = NameRule(pattern=_ID, most=64, allowed=_ID_WORDS)
CARE_UNIT = NameRule(pattern=_NAME, most=100, allowed=_NAME_WORDS)
PERSON = NameRule(pattern=_NAME, most=200, allowed=_NAME_WORDS)
# Vendors name users by numbers, UUIDs, mail addresses, "auth0|…".
ACCOUNT = NameRule(
    pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9._:|@+=~-]*"),
    most=256,
    allowed="letters a-z, digits and . _ : | @ + = ~ -, the first a letter or digit",
)


def check_name(rule: NameRule, text: str) -> str:
    """Return `text` when the rule allows it, and raise `BadNameError` otherwise."""
    if not 1 <= len(text) <= rule.most or not rule.pattern.fullmatch(text):
        raise BadNameError(f"must be 1 to {rule.most} characters: {rule.allowed}")
    return text
