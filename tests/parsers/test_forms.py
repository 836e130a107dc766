"""Form-encoded bodies: what they hold, and what is no form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import BodyError
from parsers.bounds import MOST_OBJECTS
from parsers.fields import Unreadable
from parsers.forms import MOST_FORM_FIELDS, document_in, form_of, number_in, numbers_of
from parsers.vendors.figures import Figure, summary_figures


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", {}),
        (b"user=17&kind=run", {"user": "17", "kind": "run"}),
        (b"name=a+b%20c&empty=", {"name": "a b c", "empty": ""}),
        (b"name=%C3%A5&name=%c3%a5", {"name": "å"}),
    ],
)
def test_the_fields_of_a_form(body: bytes, fields: dict[str, str]) -> None:
    assert form_of(body) == fields


@pytest.mark.parametrize("body", [b"\xff=1", b"name=%FF"])
def test_a_form_is_utf_8(body: bytes) -> None:
    with pytest.raises(BodyError, match="not UTF-8"):
        form_of(body)


@pytest.mark.parametrize(
    ("body", "where"), [(b"userid=1&appli=1&userid=2", "userid"), (b"%3Cb=1&%3Cb=2", "body")]
)
def test_a_name_with_two_values_is_refused_by_its_path(body: bytes, where: str) -> None:
    with pytest.raises(BodyError, match="stated twice") as raised:
        form_of(body)
    assert raised.value.reject.where == where


def test_the_json_of_a_field() -> None:
    assert document_in({"payload": '{"a":[1,"\u00e5"]}'}, "payload") == {"a": [1, "\u00e5"]}


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        (None, "payload", "absent"),
        ("", "payload@0", "not JSON"),
        ('{"a":}', "payload@5", "not JSON"),
        ("[1]", "payload@0", "not a JSON object"),
        ('{"a":[' + "{}," * MOST_OBJECTS + "1]}", "payload", "more values"),
    ],
)
def test_a_field_that_holds_no_json_object_is_refused_by_its_name(
    text: str | None, where: str, why: str
) -> None:
    form = {"sig": "x"} | ({} if text is None else {"payload": text})
    with pytest.raises(BodyError, match=why) as raised:
        document_in(form, "payload")
    assert raised.value.where == where


def test_a_form_has_a_bound() -> None:
    assert form_of(b"&".join([b"a=1"] * MOST_FORM_FIELDS)) == {"a": "1"}
    with pytest.raises(BodyError, match="more than"):
        form_of(b"&".join([b"a=1"] * (MOST_FORM_FIELDS + 1)))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_refused(body: bytes) -> None:
    try:
        form_of(body)
    except BodyError:
        return


@pytest.mark.parametrize(
    ("written", "number"), [("0", 0.0), ("-0", 0.0), ("121", 121.0), ("1.5", 1.5), ("2e3", 2000.0)]
)
def test_a_number_in_a_text(written: str, number: float) -> None:
    assert repr(number_in(written, "field")) == repr(number)


@pytest.mark.parametrize("written", ["", "1_0", "nan", "inf", "1e999", "٣", " 1", "0x1", "1."])
def test_other_texts_are_no_number(written: str) -> None:
    with pytest.raises(Unreadable):
        number_in(written, "field")


def test_the_numbers_of_a_form_are_read_by_name_and_in_its_order() -> None:
    errors: list[Unreadable] = []
    form = {"b": "2e1", "x": "no", "d": "", "c": "many", "a": "-0", "e": "nan"}
    numbers = numbers_of(form, {"a", "b", "c", "d", "e", "f"}, errors)
    assert repr(list(numbers.items())) == "[('b', 20.0), ('a', 0.0)]"
    assert [(error.where, error.why) for error in errors] == [
        ("c", "not a number"),
        ("e", "not a number"),
    ]


def test_the_figures_of_a_form_are_read_as_those_of_json() -> None:
    table = {"dist_km": Figure("distance", 1000.0), "avg_hr": Figure("heart_rate_mean", most=300)}
    errors: list[Unreadable] = []
    form = form_of(b"dist_km=5.25&avg_hr=900&note=run")
    assert summary_figures(numbers_of(form, table, errors), table, "", errors) == {
        "distance": 5250.0
    }
    assert [(error.where, error.why) for error in errors] == [("avg_hr", "outside of 0 to 300")]
