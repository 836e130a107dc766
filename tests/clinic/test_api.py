"""The API says what the pages say, and keeps to its own document; errors are problem documents."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.openapi import from_url
from schemathesis.specs.openapi.checks import positive_data_acceptance

from clinic.prescribing.confirming import UNCONFIRMED
from clinic.prescribing.writing import CONTRADICTION
from clinic.ruling.reading import CANNOT_BE_SET
from model.storable import MOST_JSON_INT
from tests.clinic.test_matrix import MATRIX
from tests.clinic_world import ALERTS, CLINIC_NOW, Served
from tests.rows import cells_of

API_ROUTES = [route for route in MATRIX if route[1].startswith("/api/v1/")]
TOGETHER = (
    "`from` must be before `to`",
    "`from` must not be after `to`",
    "at most 3700 days are answered at a time",
    "a line needs at least 2 points",
    # what depends on the time, or on who works at the unit
    "An absence ends after it begins, within a year.",
    "An absence ends in the future.",
    "Nobody covers for themselves.",
    "This care unit has no such colleague.",
)

# names of zones, clock times that follow each other, and countries with their parts
HOURS_SAY = "The working hours: "
LINE = "The line has each person once"
NOT_IN_A_SCHEMA = "is not a date or time that exists"


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_door_keeps_to_its_document(acting: Served, mode: GenerationMode) -> None:
    """Every operation answers as documented, to valid and to invalid requests.

    Among the requests is a patient that exists.
    """
    operations = [
        read.ok()
        for read in from_url(f"{acting.url}/openapi.json").get_all_operations()
        if isinstance(read, Ok)
    ]
    # beside them: healthz, readyz and metrics
    assert len(operations) == 3 + len(API_ROUTES)
    for operation in operations:
        if mode is GenerationMode.NEGATIVE and not (
            operation.body or any(operation.iter_parameters())
        ):
            continue  # nothing can be wrong with it

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        def keeps(case: Case[Any]) -> None:
            answer = case.call()
            excluded: list[Any] = [positive_data_acceptance] if not_to_be_answered(answer) else []
            case.validate_response(answer, excluded_checks=excluded)

        keeps()


def not_to_be_answered(answer: Response) -> bool:
    """Tell whether a 422 has a reason that no schema can express.

    Such reasons are the range of years, leap seconds, and two parameters together.
    """
    result = answer.json() if answer.status_code == 422 else {}
    detail = result.get("detail", "")
    if detail in {CONTRADICTION, CANNOT_BE_SET, UNCONFIRMED, *TOGETHER}:
        return True
    if detail.startswith((HOURS_SAY, LINE)):
        return True
    errors = result.get("errors", [])
    return bool(errors) and all(
        row["name"] in {"from", "to"} and row["detail"].startswith(NOT_IN_A_SCHEMA)
        for row in errors
    )


def test_the_document_names_every_path_and_answer(door: Served) -> None:
    result = door.get("/openapi.json").json()
    assert result["openapi"].startswith("3.1")
    api = [path for path in result["paths"] if path.startswith("/api/v1/")]
    assert len(api) == len(set(cells_of(API_ROUTES, 1)))
    assert {"200", "400", "401", "403", "404", "409", "422"} == set(
        result["paths"]["/api/v1/alerts/{alert}/moves"]["post"]["responses"]
    )
    assert "HTTPValidationError" not in json.dumps(result)
    assert "ProblemDetails" in result["components"]["schemas"]


def test_worklist_and_patient(door: Served) -> None:
    lines = door.get("/api/v1/worklist").json()
    assert {line["pseudonym"] for line in lines if line["need"] == "nodata"} == {
        "p-silent",
    }
    assert {line["pseudonym"] for line in lines if line["need"] == "notstarted"} == {"p-new"}
    result = door.get("/api/v1/patients/p-pain").json()
    assert (result["name"], len(result["sessions"]), result["silent"]) == (
        "Astrid Exempel",
        30,
        False,
    )
    assert result["weeks"][-2]["zones_ms"]["unknown"] == 1_090_000
    assert result["weeks"][-1]["look"] == "running"
    assert (len(result["weeks"]), result["need"]) == (12, "a")
    started = door.get("/api/v1/patients/p-new").json()
    assert (started["need"], started["reason"].partition(":")[0]) == ("notstarted", "No data yet")


def test_curve_is_thinned_to_what_is_asked(door: Served) -> None:
    key = door.get("/api/v1/patients/p-pain/sessions?limit=1").json()["sessions"][0]["id"]
    total = door.get(f"/api/v1/patients/p-pain/sessions/{key}").json()
    thin = door.get(f"/api/v1/patients/p-pain/sessions/{key}?max_points=100").json()["curve"]
    assert (
        total["curve"]["samples"],
        total["curve"]["thinned"],
        total["curve"]["v"].count(None),
    ) == (444, False, 1)
    assert total["curve"]["gaps"] == [[1_045_000, 1_320_000]]
    assert thin["thinned"]
    assert len(thin["t_ms"]) <= 110
    assert max(v for v in thin["v"] if v) == total["heart"]["maximum"]


def test_errors_are_problem_documents(door: Served) -> None:
    for path, status in (
        ("/patients/nobody", 404),
        ("/alerts/none", 422),
        (f"/alerts/{uuid4()}", 404),
        ("/x", 404),
    ):
        result = door.get("/api/v1" + path)
        assert result.headers["content-type"] == "application/problem+json"
        assert (result.status_code, result.json()["status"], result.json()["type"]) == (
            status,
            status,
            "about:blank",
        )


def test_moves_over_the_api(acting: Served) -> None:
    door = acting
    path = f"/api/v1/alerts/{ALERTS['mild']}/moves"
    assert door.post(path, json={"action": "acknowledge"}).status_code == 409
    assert door.post(path, json={"action": "resolve"}).status_code == 422
    assert (
        door.post(
            path, json={"action": "start"}, headers={"sec-fetch-site": "cross-site"}
        ).status_code
        == 403
    )
    result = door.post(
        path, json={"action": "snooze", "days": 2, "reason": "contact is planned"}
    ).json()
    assert (result["state"], result["snoozed_until_ms"]) == ("snoozed", CLINIC_NOW + 2 * 86_400_000)
    seen = door.get(f"/api/v1/alerts/{ALERTS['mild']}").json()
    assert cells_of(seen["page"]["moves"], "to_state") == ["open", "snoozed"]
    assert (
        door.post(
            f"/api/v1/alerts/{ALERTS['south']}/moves", json={"action": "acknowledge"}
        ).status_code
        == 404
    )


def _bounds(schema: Any) -> Iterator[float]:  # noqa: ANN401 - a part of a JSON document
    """Yield each bound of whole numbers in a part of a document."""
    if isinstance(schema, dict):
        for name, part in schema.items():
            # a property of an answer may have such a name too, and is no number then
            if name.lower().endswith("imum") and isinstance(part, int | float):
                yield abs(part)
            yield from _bounds(part)
    elif isinstance(schema, list):
        yield from chain.from_iterable(map(_bounds, schema))


def test_no_bound_is_one_that_a_reader_of_json_reads_as_another(door: Served) -> None:
    bounds = list(_bounds(door.get("/openapi.json").json()))
    assert len(bounds) > 20
    assert max(bounds) <= MOST_JSON_INT
