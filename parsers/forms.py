"""Form-encoded bodies (`application/x-www-form-urlencoded`), and numbers in texts. Pure."""

import re
from collections.abc import Container, Mapping
from math import isfinite
from urllib.parse import parse_qsl

from model.errors import BodyError
from model.facts import RejectKind
from parsers.fields import JsonObject, Unreadable, check_width, document
from parsers.stated_once import TWICE_STATED

MOST_FORM_FIELDS = 1_000
# as JSON writes a number; Python also takes "1_0", "nan" and other scripts' digits
_DECIMAL = re.compile(r"-?[0-9]{1,300}(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)

_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_NAME = re.compile(r"[A-Za-z0-9_]{1,32}", re.ASCII)


def form_of(body: bytes) -> dict[str, str]:
    """Return the fields of a form-encoded body.

    Raises BodyError for a body that is not UTF-8, for more than `MOST_FORM_FIELDS` fields, and for
    a name with two different values.
    """
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FORM_FIELDS,
        )
    except UnicodeDecodeError as error:
        raise BodyError("body", "a form that is not UTF-8") from error
    except ValueError as error:
        raise BodyError(
            "body", f"a form of more than {MOST_FORM_FIELDS} fields", RejectKind.TOO_MUCH
        ) from error
    fields = dict(pairs)
    for name, value in pairs:
        if fields[name] != value:
            raise BodyError(_shown(name), TWICE_STATED)
    return fields


def document_in(form: Mapping[str, str], name: str) -> JsonObject:
    """Return the JSON object that a field of a form holds.

    Raises BodyError, whose path begins with the field's name, for a field that is absent, holds
    anything else, or more values than a body may hold: the brackets of a field are percent signs in
    the body, so that nobody has counted them yet.
    """
    if name not in form:
        raise BodyError(name, "absent")
    stated = form[name].encode()
    try:
        check_width(stated)
        return document(stated)
    except BodyError as error:
        # an offset counts from the start of the field
        where = f"{name}{error.where.removeprefix('body')}"
        raise BodyError(where, error.why, error.kind) from error


def _shown(name: str) -> str:
    # a name that a sender made up may hold anything
    return name if _NAME.fullmatch(name) else "body"


def number_in(written: str, where: str) -> float:
    """Return the finite number that a text holds; raises Unreadable for any other text."""
    number = float(written) if _DECIMAL.fullmatch(written) else float("nan")
    if not isfinite(number):
        raise Unreadable(where, "not a number")
    return number + 0.0  # -0.0 becomes 0.0, so that equal values have equal bytes


def numbers_of(
    form: Mapping[str, str], names: Container[str], errors: list[Unreadable]
) -> JsonObject:
    """Return the numbers of the fields with these names, as JSON would hold them.

    An empty field states none. What is no number is in `errors`, by the name of its field. They are
    in the form's order, so `names` may be a set, or the table of `summary_figures`.
    """
    numbers: JsonObject = {}
    for name, written in form.items():
        if name not in names or not written:
            continue
        try:
            numbers[name] = number_in(written, name)
        except Unreadable as error:
            errors.append(error)
    return numbers


def plain_number(written: str, *, in_english: bool) -> str:
    """Return a number of a table as computers write it.

    The last of two kinds of marks divides the fraction, and a mark that comes twice thousands. A
    single comma divides thousands only in English, and only before three digits.

    >>> plain_number("12.345,6", in_english=False), plain_number("2,400", in_english=True)
    ('12345.6', '2400')
    """
    plain = written.replace("\u00a0", "").replace("\u202f", "")
    if "." in plain and "," in plain:
        first = min(".,", key=plain.rfind)
        return plain.replace(first, "").replace(",", ".")
    if _THOUSANDS.fullmatch(plain) and (in_english or plain.count(",") > 1):
        return plain.replace(",", "")
    return plain.replace(",", ".")
