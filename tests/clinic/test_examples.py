"""Every JSON response in the document of the clinician door has an example that fits its schema."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from clinic.answers.moments import FIRST_YEAR, LAST_YEAR
from clinic.app import create_app
from clinic.config import ClinicConfig
from model.schemas.from_types import DATE_PATTERN
from tests.rows import cells_of, values_of

_DOCUMENT = create_app(
    ClinicConfig(database="", identify=lambda _: None, clock=lambda: 0)
).openapi()


def responses() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each operation with the JSON content of its response."""
    for path, item in _DOCUMENT["paths"].items():
        for method, operation in item.items():
            content = operation["responses"]["200"]["content"]
            if "application/json" in content:
                yield f"{method} {path}", content["application/json"]


_ROWS = list(responses())


@pytest.mark.parametrize(("operation", "content"), _ROWS, ids=cells_of(_ROWS, 0))
def test_an_example_keeps_to_its_schema(operation: str, content: dict[str, Any]) -> None:
    assert "example" in content, operation
    schema = {**content["schema"], "components": _DOCUMENT["components"]}
    errors = jsonschema_rs.validator_for(schema).iter_errors(content["example"])
    assert values_of(errors, "message") == []


def test_dates_are_bounded_as_in_the_code() -> None:
    days = _DOCUMENT["paths"]["/api/v1/patients/{pseudonym}/days"]["get"]["parameters"]
    (start,) = [row["schema"] for row in days if row["name"] == "from"]
    assert start["pattern"] == DATE_PATTERN
    valid = jsonschema_rs.validator_for(start).is_valid
    years = (FIRST_YEAR - 1, FIRST_YEAR, LAST_YEAR, LAST_YEAR + 1)
    assert [valid(f"{year}-06-11") for year in years] == [False, True, True, False]
