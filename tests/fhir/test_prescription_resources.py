"""A prescription as FHIR resources: what goes out comes back, and the rest is refused."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from math import inf, nan
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from fhir_r4.care_plan import bundled_prescriptions, prescription_bundle
from fhir_r4.extensions import FhirInputError
from fhir_r4.service_request import service_request
from model.prescribing.canonical import with_hash
from model.prescription import (
    FollowUpPlan,
    Intensity,
    Pause,
    Prescription,
    ProgressionStep,
)
from model.schemas.prescription_check import prescription_problems

_TODAY = date(2026, 6, 10)
_PLAIN = with_hash(
    Prescription(
        id="rx_1",
        version=1,
        valid_from=date(2026, 6, 1),
        valid_to=date(2026, 8, 30),
        sessions_per_week=3,
        minutes_per_session=30,
        intensity=Intensity(method="rpe_cr10", low=3, high=5),
    )
)
_FULL = with_hash(
    replace(
        _PLAIN,
        id="rx-2",
        version=4,
        sha256="",
        most_minutes_per_session=45,
        types=("walking", "strength"),
        weekdays=("mon", "wed", "fri"),
        dose_min_per_week=112.5,
        hr_ceiling=140,
        rpe_ceiling=6.5,
        cardiac=True,
        progression=(
            ProgressionStep(from_week=3, minutes_per_session=40),
            ProgressionStep(from_week=5, weekdays=(), sessions_per_week=4),
            ProgressionStep(from_week=7, intensity=Intensity(method="bpm", low=90, high=110.5)),
        ),
        progression_from=date(2026, 5, 4),
        pauses=(Pause(first=date(2026, 7, 1), last=date(2026, 7, 2), why="holiday"),),
        rules={"A1": {"ratio": 0.7}, "P1": {"very_high": 7.0}},
        prescriber="Karin Lind",
        reason="Knee & hip",
        diagnoses=("M17.1", "239873007"),
        function="walks",
        balance="steady",
        activity="Nordic walking",
        form="far-1",
        follow_up=FollowUpPlan(who="Karin Lind", on=date(2026, 7, 15)),
        renews="rx-2/3",
    )
)


def _sent(*prescriptions: Prescription) -> dict[str, Any]:
    bundle: dict[str, Any] = json.loads(
        json.dumps(prescription_bundle(prescriptions, "p-1", _TODAY))
    )
    return bundle


@pytest.mark.parametrize(
    "prescription",
    [_PLAIN, _FULL, with_hash(replace(_FULL, sessions_per_week=0, weekdays=(), sha256=""))],
)
def test_what_goes_out_comes_back(prescription: Prescription) -> None:
    assert bundled_prescriptions(_sent(prescription), {"p-1"}) == (prescription,)
    alone = json.loads(json.dumps(service_request(prescription, "p-1", _TODAY)))
    assert bundled_prescriptions(alone, {"p-1"}) == (prescription,)


def test_the_activities_of_a_form_are_one_plan() -> None:
    second = with_hash(replace(_PLAIN, id="rx-3", form="far-1", sha256=""))
    bundle = _sent(_FULL, second, _PLAIN)
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert kinds == ["CarePlan", "ServiceRequest", "ServiceRequest", "CarePlan", "ServiceRequest"]
    plan = bundle["entry"][0]["resource"]
    addresses = [row["reference"]["reference"] for row in plan["activity"]]
    assert addresses == [bundle["entry"][1]["fullUrl"], bundle["entry"][2]["fullUrl"]]
    assert plan["category"][0]["coding"][0]["code"] == "DV200"
    assert bundled_prescriptions(bundle, {"p-1"}) == (_FULL, second, _PLAIN)


def test_the_bundle_has_the_structure_of_fhir() -> None:
    parsed = Bundle.model_validate(_sent(_FULL, _PLAIN))
    assert len(parsed.entry or ()) == 4


def test_the_timing_is_that_of_fhir() -> None:
    resource = service_request(_FULL, "p-1", _TODAY)
    assert resource["occurrenceTiming"]["repeat"] == {
        "boundsPeriod": {"start": "2026-06-01", "end": "2026-08-30"},
        "duration": 30,
        "durationMax": 45,
        "durationUnit": "min",
        "frequency": 3,
        "period": 1,
        "periodUnit": "wk",
        "dayOfWeek": ["mon", "wed", "fri"],
    }
    assert (resource["status"], resource["intent"]) == ("active", "original-order")
    assert service_request(_FULL, "p-1", date(2026, 8, 31))["status"] == "completed"


def _set(*way: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def change(bundle: dict[str, Any]) -> None:
        owner: Any = bundle["entry"][1]["resource"]
        for key in way[:-1]:
            owner = owner[key]
        owner[way[-1]] = to

    return change


_COLLECTION = {"resourceType": "Bundle", "type": "collection"}
_AT = "Bundle.entry[1].resource"
_REPEAT = ("occurrenceTiming", "repeat")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (_set("resourceType", to="Patient"), f"{_AT}.resourceType"),
        (_set("status", to="revoked"), f"{_AT}.status"),
        (_set("status", to=["active"]), f"{_AT}.status"),
        (_set("status", to={}), f"{_AT}.status"),
        (_set(*_REPEAT, "frequency", to=inf), f"{_AT}.occurrenceTiming.repeat.frequency"),
        (_set(*_REPEAT, "duration", to=nan), f"{_AT}.occurrenceTiming.repeat.duration"),
        (_set("identifier", 0, "value", to="rx-2/" + "9" * 5000), f"{_AT}.identifier[0].value"),
        (_set("doNotPerform", to=True), f"{_AT}.doNotPerform"),
        (_set("modifierExtension", to=[]), f"{_AT}.modifierExtension"),
        (_set("occurrenceTiming", to=None), f"{_AT}.occurrenceTiming"),
        (_set(*_REPEAT, "frequencyMax", to=5), f"{_AT}.occurrenceTiming.repeat.frequencyMax"),
        (_set(*_REPEAT, "periodUnit", to="d"), f"{_AT}.occurrenceTiming.repeat.periodUnit"),
        (_set(*_REPEAT, "frequency", to=2.5), f"{_AT}.occurrenceTiming.repeat.frequency"),
        (_set(*_REPEAT, "duration", to="30"), f"{_AT}.occurrenceTiming.repeat.duration"),
        (_set(*_REPEAT, "dayOfWeek", to=["monday"]), f"{_AT}.occurrenceTiming.repeat.dayOfWeek"),
        (
            _set(*_REPEAT, "boundsPeriod", "end", to="2026-08"),
            f"{_AT}.occurrenceTiming.repeat.boundsPeriod.end",
        ),
        (_set("extension", to=[]), f"{_AT}.extension(urn:kadens:prescription:intensity)"),
        (_set("extension", to={}), f"{_AT}.extension"),
        (_set("extension", 0, "url", to="https://example.org/x"), f"{_AT}.extension[0].url"),
        (
            _set("extension", 0, "extension", 1, "valueDecimal", to="low"),
            f"{_AT}.extension[0].exte",
        ),
        (_set("identifier", 0, "value", to="rx-2"), f"{_AT}.identifier[0].value"),
        (_set("requester", to="Karin Lind"), f"{_AT}.requester.display"),
        (_set("code", to=[]), f"{_AT}.code"),
        (_set("code", "coding", 0, "code", to="168537006"), f"{_AT}.code.coding"),
        (_set("orderDetail", 0, to={"text": "brisk walks"}), f"{_AT}.orderDetail[0].coding"),
        (_set("intent", to="option"), f"{_AT}.intent"),
        (_set("subject", to=None), f"{_AT}.subject"),
        (_set("subject", to={}), f"{_AT}.subject"),
        (_set("intent", to=None), f"{_AT}.intent"),
        (_set("implicitRules", to="https://example.org/rules"), f"{_AT}.implicitRules"),
        (_set("subject", "identifier", "value", to="p-2"), f"{_AT}.subject.identifier.value"),
        (
            _set("reasonCode", 0, "coding", 0, "system", to="http://hl7.org/fhir/sid/icd-9-cm"),
            f"{_AT}.reasonCode[0].coding[0].system",
        ),
        (
            _set("reasonCode", 0, "coding", 1, "code", to="M17.1"),
            f"{_AT}.reasonCode[0].coding[1].code",
        ),
        (
            _set(*_REPEAT, "boundsPeriod", "start", to="20260601"),
            f"{_AT}.occurrenceTiming.repeat.boundsPeriod.start",
        ),
        (
            _set("replaces", 0, "identifier", "system", to="https://example.org/orders"),
            f"{_AT}.replaces[0].identifier.system",
        ),
        (
            _set("replaces", to=[{"identifier": {"value": "rx-2/3"}}] * 2),
            f"{_AT}.replaces[1]",
        ),
        (_set("reasonCode", to=["knee"]), f"{_AT}.reasonCode[0]"),
        (_set("orderDetail", 0, "coding", 0, "system", to="x"), f"{_AT}.orderDetail[0].coding"),
        (_set("replaces", to=[{}]), f"{_AT}.replaces[0].identifier"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_path(
    change: Callable[[dict[str, Any]], None], path: str
) -> None:
    bundle = _sent(_FULL)
    change(bundle)
    with pytest.raises(FhirInputError) as caught:
        bundled_prescriptions(bundle, {"p-1"})
    assert caught.value.path.startswith(path)


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ([], "Bundle"),
        ({"resourceType": "Patient"}, "resourceType"),
        ({"resourceType": "Bundle"}, "Bundle.type"),
        ({**_COLLECTION, "type": "history", "entry": [{}]}, "Bundle.type"),
        (_COLLECTION, "Bundle.entry"),
        ({**_COLLECTION, "entry": []}, "Bundle.entry"),
        ({**_COLLECTION, "entry": [None]}, "Bundle.entry[0]"),
        ({**_COLLECTION, "entry": [{}]}, "Bundle.entry[0].resource"),
    ],
)
def test_what_is_no_bundle_is_refused(resource: object, path: str) -> None:
    with pytest.raises(FhirInputError) as caught:
        bundled_prescriptions(resource, {"p-1"})
    assert caught.value.path == path


_OF_ANY_KIND: tuple[object, ...] = (
    None, True, [], {}, "", "\x00", "\ud800", "x" * 3000, 10**400, -1, inf, nan, 0.5,
    [[]], {"a": 1}, [None], ["x"],
)  # fmt: skip


def _places(value: object, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to each value within JSON."""
    inner: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for key, item in inner:
        yield (*way, key)
        yield from _places(item, (*way, key))


@pytest.mark.parametrize("way", list(_places(_sent(_FULL))), ids=str)
def test_whatever_stands_anywhere_is_taken_or_refused_with_its_path(
    way: tuple[str | int, ...],
) -> None:
    for content in _OF_ANY_KIND:
        bundle: Any = _sent(_FULL)
        owner = bundle
        for key in way[:-1]:
            owner = owner[key]
        owner[way[-1]] = content
        try:
            taken = bundled_prescriptions(bundle, {"p-1"})
        except FhirInputError:
            continue
        # what is read is checked before it is kept, and a problem is a sentence
        for row in taken:
            for problem in prescription_problems(row):
                assert problem.isprintable()


@pytest.mark.parametrize(
    ("way", "content"),
    [(("subject", "identifier", "value"), "p-2"), (("status",), "revoked")],
)
def test_a_plan_holds_and_is_about_the_patient_too(way: tuple[str, ...], content: str) -> None:
    bundle = _sent(_FULL)
    owner = bundle["entry"][0]["resource"]
    for name in way[:-1]:
        owner = owner[name]
    owner[way[-1]] = content
    with pytest.raises(FhirInputError) as caught:
        bundled_prescriptions(bundle, {"p-1"})
    assert caught.value.path == f"Bundle.entry[0].resource.{'.'.join(way)}"


@pytest.mark.parametrize(("number", "resource"), [(0, "CarePlan"), (1, "ServiceRequest")])
@pytest.mark.parametrize("element", ["status", "intent", "subject"])
def test_what_fhir_demands_of_a_request_and_its_plan_must_be_there(
    number: int, resource: str, element: str
) -> None:
    bundle = _sent(_FULL)
    owner = bundle["entry"][number]["resource"]
    assert owner["resourceType"] == resource
    del owner[element]
    with pytest.raises(FhirInputError) as caught:
        bundled_prescriptions(bundle, {"p-1"})
    assert caught.value.path == f"Bundle.entry[{number}].resource.{element}"


def test_what_others_say_beside_it_is_taken() -> None:
    bundle = _sent(_FULL)
    request = bundle["entry"][1]["resource"]
    request["code"]["coding"].insert(0, {"system": "https://example.org/orders", "code": "gym"})
    request["subject"] = {"reference": "Patient/17"}
    request["intent"] = "order"
    assert bundled_prescriptions(bundle, {"p-1"}) == (_FULL,)


def test_a_request_of_a_plan_must_be_there() -> None:
    bundle = _sent(_FULL)
    del bundle["entry"][1]
    with pytest.raises(FhirInputError, match="is not in this bundle"):
        bundled_prescriptions(bundle, {"p-1"})
