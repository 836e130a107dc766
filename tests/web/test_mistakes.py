"""The errors of pydantic are told in plain English, without the value that was given."""

from typing import Annotated, Literal
from uuid import UUID

import pytest
from annotated_types import Ge, Gt, Le, Len, Lt
from pydantic import AfterValidator, BaseModel, Discriminator, TypeAdapter, ValidationError

from web.mistakes import NOT_AS_DESCRIBED, mistake_text, mistakes_in

GIVEN = "98765-secret"


class _Claim(BaseModel):
    action: Literal["claim"]


class _Snooze(BaseModel):
    action: Literal["snooze"]


_Act = Annotated[_Claim | _Snooze, Discriminator("action")]


def _refuse(_value: str) -> str:
    raise ValueError("must be known here")


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (int, GIVEN, "must be a whole number"),
        (float, GIVEN, "must be a number"),
        (bool, GIVEN, "must be true or false"),
        (str, 98765, "must be text"),
        (UUID, GIVEN, "must be a UUID"),
        (dict[str, int], GIVEN, "must be an object"),
        (tuple[int, ...], GIVEN, "must be a list"),
        (set[int], GIVEN, "must be a list"),
        (Literal["a", "b"], GIVEN, "must be 'a' or 'b'"),
        (Annotated[int, Ge(3)], 2, "must be at least 3"),
        (Annotated[int, Gt(3)], 2, "must be more than 3"),
        (Annotated[int, Le(3)], 4, "must be at most 3"),
        (Annotated[int, Lt(3)], 4, "must be less than 3"),
        (Annotated[str, Len(0, 3)], GIVEN, "must have at most 3 characters"),
        (Annotated[str, Len(30)], GIVEN, "must have at least 30 characters"),
        (Annotated[list[int], Len(0, 1)], [1, 2], "must be a list of at most 1"),
        (Annotated[list[int], Len(3)], [1, 2], "must be a list of at least 3"),
        (Annotated[str, AfterValidator(_refuse)], GIVEN, "must be known here"),
        (_Act, {"action": GIVEN}, "'action' must be one of 'claim', 'snooze'"),
        (_Act, {}, "must have 'action'"),
        (bytes, 98765, NOT_AS_DESCRIBED),
    ],
)
def test_the_mistake_is_told_and_not_the_value(
    kind: type[object], value: object, text: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    assert mistakes_in(refused.value) == [("", text)]


def test_the_path_leads_to_the_field() -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(dict[str, list[int]]).validate_python({"counts": [1, GIVEN]})
    assert mistakes_in(refused.value) == [("counts.1", "must be a whole number")]


def test_a_missing_bound_is_told_vaguely() -> None:
    assert mistake_text({"type": "greater_than", "msg": GIVEN, "ctx": {}}) == NOT_AS_DESCRIBED
