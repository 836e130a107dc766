"""Form-encoded bodies (`application/x-www-form-urlencoded`) as a mapping of texts. Pure."""

import re
from math import isfinite
from urllib.parse import parse_qsl

from model.errors import BodyError
from model.facts import RejectKind
from parsers.fields import TWICE_STATED, Unreadable

MOST_FORM_FIELDS = 1_000
# as JSON writes a number; Python also takes "1_0", "nan" and other scripts' digits
_DECIMAL = re.compile(r"-?[0-9]{1,300}(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)

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


def _shown(name: str) -> str:
    # a name that a sender made up may hold anything
    return name if _NAME.fullmatch(name) else "body"


def number_in(written: str, where: str) -> float:
    """Return the finite number that a text holds; raises Unreadable for any other text."""
    number = float(written) if _DECIMAL.fullmatch(written) else float("nan")
    if not isfinite(number):
        raise Unreadable(where, "not a number")
    return number + 0.0  # -0.0 becomes 0.0, so that equal values have equal bytes
