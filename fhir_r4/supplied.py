"""What a patient and the patient's devices have supplied, as `Observation`. Pure.

Nothing derived is here: a session has the times and totals of its source. Samples that follow each
other in even steps become one `SampledData`, which holds each of them as it was.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fhir_r4.elements import (
    ACTIVITY_CODES,
    LOINC,
    TERMINOLOGY,
    FhirResource,
    concept,
    identified,
    link_to,
    period,
    quantity,
)
from model.calendar import MINUTE_MS, rfc3339
from model.facts import DaySummary, Head, Instrument, Report, Source, Workout
from model.metrics import METRIC
from model.privacy.supplied import SuppliedSample

# LOINC, of the metrics that have a code there; the others are named in words.
_CODES: Mapping[str, str] = {
    "heart_rate": "8867-4",
    "resting_heart_rate": "40443-4",
    "steps": "55423-8",
    "weight": "29463-7",
    "oxygen_saturation": "59408-5",
    "respiratory_rate": "9279-1",
    "body_temperature": "8310-5",
    "blood_pressure_systolic": "8480-6",
    "blood_pressure_diastolic": "8462-4",
}
_ACTIVITY = [concept(f"{TERMINOLOGY}/observation-category", "activity")]
_SURVEY = [concept(f"{TERMINOLOGY}/observation-category", "survey")]
_FEWEST = 3  # samples in even steps; fewer are not worth a series
_MOST = 5_000  # samples of a series, so that no resource is larger than a server takes


def source_device(source: Source) -> FhirResource:
    """Return what recorded as a device: the vendor, the app and the device, as far as stated."""
    names = [name for name in (source.vendor, source.app, source.device) if name]
    device = identified("Device", "|".join((*names, source.device_type.value)), "source")
    return {**device, "deviceName": [{"name": " ".join(names), "type": "user-friendly-name"}]}


def workout_observation(fact: Workout, subject: FhirResource) -> FhirResource:
    """Return a workout with its type, its length and the totals that its source states."""
    made = _about(fact.head, subject, "workout") | {
        "category": _ACTIVITY,
        "code": concept(ACTIVITY_CODES, "PAPanel", "Session of exercise"),
    }
    # what the source calls it, and never the type that Kadens derives for a session
    # our own word for the type: the vendor's is in the other files, as it came
    parts = [{"code": {"text": "type"}, "valueString": fact.type}]
    if fact.moving_ms is not None:
        minutes = quantity(round(fact.moving_ms / MINUTE_MS, 2), "min")
        parts.append({"code": {"text": "time without pauses"}, "valueQuantity": minutes})
    if fact.exertion_cr10 is not None:
        parts.append(_component("exertion, Borg CR10", fact.exertion_cr10, "{score}"))
    for name, value in sorted(fact.summary.items()):
        known = METRIC.get(name.removesuffix("_mean").removesuffix("_max"))
        parts.append(_component(name, value, known.unit if known else "1"))
    return made | {"component": parts}


def report_observation(fact: Report, subject: FhirResource) -> FhirResource:
    """Return what a patient has answered, on the scale of the answer."""
    made = _about(fact.head, subject, "report") | {
        "category": _SURVEY,
        "code": {"text": fact.instrument.value},
        "performer": [link_to(subject)],
    }
    if fact.instrument is Instrument.SESSION:
        made["valueString"] = fact.type
    elif fact.value is not None:
        made["valueQuantity"] = quantity(fact.value, "{score}")
        # the same number means something else on another scale
        made["method"] = {"text": fact.scale}
    words = {"phase": fact.phase.value, "session": fact.session, "reason": fact.reason}
    words |= {f"equipment {number}": text for number, text in enumerate(fact.equipment, 1)}
    parts = [{"code": {"text": name}, "valueString": text} for name, text in words.items() if text]
    if parts:
        made["component"] = parts
    if fact.site:
        made["bodySite"] = {"text": fact.site}
    return made


def day_observation(fact: DaySummary, subject: FhirResource) -> FhirResource:
    """Return the totals of a date, as a source states them."""
    parts = [
        _component(name, value, METRIC[name].unit if name in METRIC else "1")
        for name, value in sorted(fact.values.items())
    ]
    made = _about(fact.head, subject, "day") | {
        "category": _ACTIVITY,
        "code": {"text": "totals of a date"},
        "effectiveDateTime": fact.local_date.isoformat(),
        "component": parts,
    }
    # `effective[x]` is one of its kinds, and a date has no offset to make a period of
    # a date in the patient's own zone: an interval in UTC would be of two dates
    del made["effectivePeriod"]
    return made


def sample_observations(
    samples: Iterable[SuppliedSample], subject: FhirResource
) -> Iterator[FhirResource]:
    """Yield samples, which come by metric, source, record and time; even steps become a series."""
    # one resource for each second of a year would be a bundle that no receiver takes
    run: list[SuppliedSample] = []
    for sample in samples:
        if run and not _continues(run, sample):
            yield from _of_run(run, subject)
            run = []
        run.append(sample)
    yield from _of_run(run, subject)


def _continues(run: Sequence[SuppliedSample], sample: SuppliedSample) -> bool:
    last = run[-1]
    if _series_of(last) != _series_of(sample) or len(run) >= _MOST:
        return False
    step = sample.at_ms - last.at_ms
    # a count is part of a series only where it holds until the next
    if step <= 0 or any(item.end_ms not in {None, item.at_ms + step} for item in (last, sample)):
        return False
    if (last.end_ms is None) != (sample.end_ms is None):
        return False
    return len(run) == 1 or step == last.at_ms - run[-2].at_ms


def _series_of(sample: SuppliedSample) -> tuple[str, Source, str]:
    return sample.metric, sample.source, sample.record


def _of_run(run: Sequence[SuppliedSample], subject: FhirResource) -> Iterator[FhirResource]:
    if len(run) < _FEWEST:
        for sample in run:
            unit = METRIC[sample.metric].unit
            yield _measured(sample, sample.end_ms, subject) | {
                "valueQuantity": quantity(sample.value, unit)
            }
        return
    first, last = run[0], run[-1]
    step = run[1].at_ms - first.at_ms
    series = {
        "origin": quantity(0, METRIC[first.metric].unit),
        "period": step,
        "dimensions": 1,
        "data": " ".join(repr(sample.value) for sample in run),
    }
    end_ms = last.at_ms if last.end_ms is None else last.end_ms
    yield _measured(first, end_ms, subject) | {"valueSampledData": series}


def _measured(sample: SuppliedSample, end_ms: int | None, subject: FhirResource) -> FhirResource:
    source, metric = sample.source, sample.metric
    of_source = f"{source.vendor}/{source.app}/{source.device}/{source.method.value}"
    key = f"{subject['id']}/{metric}/{of_source}/{sample.record}/{sample.at_ms}"
    made = identified("Observation", key, "sample") | {
        "status": "final",
        "code": _code(metric),
        "subject": link_to(subject),
        "device": link_to(source_device(source)),
    }
    if end_ms is None:
        return made | {"effectiveDateTime": rfc3339(sample.at_ms)}
    return made | {"effectivePeriod": period(sample.at_ms, end_ms)}


def _about(head: Head, subject: FhirResource, name: str) -> FhirResource:
    source = head.source
    key = f"{subject['id']}/{source.vendor}/{source.app}/{source.device}/{head.record}"
    return identified("Observation", key, name) | {
        "status": "final",
        "subject": link_to(subject),
        "effectivePeriod": period(head.start_ms, head.end_ms),
        "device": link_to(source_device(source)),
    }


def _code(metric: str) -> dict[str, Any]:
    if metric not in _CODES:
        return {"text": metric}
    return concept(LOINC, _CODES[metric], metric)


def _component(name: str, value: float, unit: str) -> dict[str, Any]:
    return {"code": _code(name), "valueQuantity": quantity(value, unit)}
