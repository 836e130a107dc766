"""Reads a Swedish personal number, and makes the keyed digest by which it is stored. Pure.

A number never appears in an error text, a log line or the `repr` of a value.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from personnummer.personnummer import Personnummer, PersonnummerException

from model.keyring import KeyRing

_PURPOSE = b"kadens personal number v1\0"
_OLDEST = 130  # years: an earlier date of birth is a slip
# The digits of the century are required. Without them the number means two people, a hundred years
# apart, and which of them depends on the date.
_SWEDISH = re.compile(r"[0-9]{8}[-+]?[0-9]{4}")
# Health care gives numbers of its own for the time being. A letter stands among the last four, or
# the year begins with 99.
_LETTERED = r"(?:[0-9]{2})?[0-9]{6}[-+]?(?:[A-Z][0-9]{3}|[A-Z]{2}[0-9]{2})"
_INTERIM = re.compile(rf"{_LETTERED}|99[0-9]{{6}}[-+]?[0-9]{{4}}")


class NumberKind(StrEnum):
    """What a text is that should be a personal number."""

    PERSONAL = "personal"
    COORDINATION = "coordination"  # for people who are not registered as residents: the day plus 60
    INTERIM = "interim"
    FOREIGN = "foreign"  # of another country, or no number at all
    WRONG = "wrong"  # of the right form, but no such number can exist


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalNumber:
    """A number that was read; `digits` are the twelve digits, "" where it names nobody."""

    kind: NumberKind
    digits: str = field(default="", repr=False)


def read_personal_number(text: str, today: date) -> PersonalNumber:
    """Return what a text is. Only numbers of the two Swedish kinds have digits."""
    plain = text.strip().upper()
    if _INTERIM.fullmatch(plain):
        return PersonalNumber(kind=NumberKind.INTERIM)
    if not _SWEDISH.fullmatch(plain):
        return PersonalNumber(kind=NumberKind.FOREIGN)
    digits = plain.replace("-", "").replace("+", "")
    try:
        number = Personnummer(digits)
        born = number.get_date()
    except (PersonnummerException, ValueError):
        return PersonalNumber(kind=NumberKind.WRONG)
    if not today.year - _OLDEST <= born.year or born > today:
        return PersonalNumber(kind=NumberKind.WRONG)
    is_coordination = number.is_coordination_number()
    kind = NumberKind.COORDINATION if is_coordination else NumberKind.PERSONAL
    return PersonalNumber(kind=kind, digits=digits)


def number_digests(keys: KeyRing, number: PersonalNumber) -> dict[str, str]:
    """Return the digest of a number as hex by the id of each key, the active key's first.

    There are so few numbers that a digest without a key would be undone by trying all of them.
    Raises ValueError for a number that names nobody.
    """
    if not number.digits:
        raise ValueError("only a number that names somebody has a digest")
    message = _PURPOSE + number.digits.encode()
    return {key.id: hmac.digest(key.secret, message, hashlib.sha256).hex() for key in keys.keys}
