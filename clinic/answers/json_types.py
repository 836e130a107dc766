"""Types of what a JSON body may hold: a number is a number, and a date is a date. Pure.

Left to itself the validator takes `true` and `"3"` for numbers, 0 for no, and a number for a date.
What a clinician prescribes must never be read out of such a mistake.
"""

import re
from datetime import date
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _integer(value: object) -> object:
    # 3.0 is a whole number of JSON
    if isinstance(value, bool | str):
        raise PydanticCustomError("int_type", "must be a whole number")
    return value


def _number(value: object) -> object:
    if isinstance(value, bool | str):
        raise PydanticCustomError("float_type", "must be a number")
    return value


def _date(value: object) -> object:
    is_text = isinstance(value, str) and _DATE.fullmatch(value)
    # a date that a program passes has been read already
    if not is_text and type(value) is not date:
        raise PydanticCustomError("date_type", "must be a date")
    return value


# behind the bounds of a field, or they are missing from its schema
IS_INTEGER = BeforeValidator(_integer)
JsonInteger: TypeAlias = Annotated[int, IS_INTEGER]
JsonNumber: TypeAlias = Annotated[float, BeforeValidator(_number)]
JsonBool: TypeAlias = Annotated[bool, Field(strict=True)]
JsonDate: TypeAlias = Annotated[date, BeforeValidator(_date)]
