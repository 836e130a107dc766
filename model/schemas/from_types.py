"""Makes the JSON Schema (2020-12) of a dataclass from its fields and its docstring.

It supports the types that facts, derived rows and prescriptions are made of and refuses all others,
so that no field is published with a schema that allows anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from enum import StrEnum
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

import numpy as np

JsonSchema: TypeAlias = dict[str, Any]
FieldBounds: TypeAlias = Mapping[tuple[str, str], JsonSchema]  # by class and field name

# the years of `model.calendar.FIRST_DATE` to `LAST_DATE`
DATE_PATTERN = r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
DATE: JsonSchema = {"type": "string", "format": "date", "pattern": DATE_PATTERN}
PLAIN: dict[Any, JsonSchema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    date: DATE,
    NoneType: {"type": "null"},
}


def schema_of(cls: type, bounds: FieldBounds, *, complete: bool = False) -> JsonSchema:
    """Return the schema of a dataclass, with the dataclasses that it refers to under `$defs`.

    `bounds` adds keywords to fields. With `complete` every field is required, as in documents that
    Kadens writes itself; otherwise a field with a default may be left out. Raises TypeError for a
    field of a type that is not supported.
    """
    definitions: dict[str, JsonSchema] = {}
    _Walk(bounds, definitions, complete=complete).define(cls)
    schema = definitions.pop(cls.__name__)
    return {**schema, "$defs": definitions} if definitions else schema


class _Walk:
    """Walks over a type and all types that it refers to, and fills `definitions` by class name."""

    def __init__(
        self, bounds: FieldBounds, definitions: dict[str, JsonSchema], *, complete: bool
    ) -> None:
        self._bounds, self._definitions, self._complete = bounds, definitions, complete

    def define(self, cls: type) -> None:
        """Add the schema of a dataclass and of the dataclasses that it refers to."""
        hints = get_type_hints(cls)
        properties = {}
        # Registered before its fields are walked: a class that refers to itself must not recurse.
        self._definitions[cls.__name__] = {}
        for field in fields(cls):
            bound = self._bounds.get((cls.__name__, field.name), {})
            properties[field.name] = _bounded(self.shape(hints[field.name]), bound)
        required = [f.name for f in fields(cls) if self._complete or _has_no_default(f)]
        self._definitions[cls.__name__] = {
            "title": cls.__name__,
            "description": cleandoc(cls.__doc__ or ""),
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }

    def shape(self, hint: Any) -> JsonSchema:  # noqa: ANN401 - a type hint has no narrower type
        """Return the schema of a type hint."""
        if hint in PLAIN:
            return PLAIN[hint]
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return {"type": "string", "enum": [word.value for word in hint]}
        if isinstance(hint, type) and is_dataclass(hint):
            if hint.__name__ not in self._definitions:
                self.define(hint)
            return {"$ref": f"#/$defs/{hint.__name__}"}
        return self._generic(get_origin(hint), get_args(hint), hint)

    def _generic(
        self,
        origin: Any,  # noqa: ANN401 - as in `shape`
        args: Sequence[Any],
        hint: object,
    ) -> JsonSchema:
        if origin in {Union, UnionType}:
            return {"anyOf": [self.shape(arg) for arg in args]}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.shape(args[1])}
        if origin is tuple and args[-1] is Ellipsis:
            return {"type": "array", "items": self.shape(args[0])}
        if origin is tuple:
            items = [self.shape(arg) for arg in args]
            return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}
        if origin is np.ndarray:
            # an array type is ndarray[shape, dtype[kind]]
            kind = get_args(args[1])[0]
            return {"type": "array", "items": PLAIN[int if kind is np.int64 else float]}
        raise TypeError(f"no JSON Schema is known for {hint}")


def _bounded(shape: JsonSchema, bound: JsonSchema) -> JsonSchema:
    """Return a field's schema with its bounds, which apply to every value but null."""
    if "anyOf" not in shape or not bound:
        return {**shape, **bound}
    branches = [row if row == PLAIN[NoneType] else {**row, **bound} for row in shape["anyOf"]]
    return {"anyOf": branches}


def _has_no_default(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING
