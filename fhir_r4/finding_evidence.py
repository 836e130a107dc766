"""What a finding rests on, as components of its observation and as links to answers. Pure.

Answers, nights, weighings and weeks are there each with its date. Lists of mere names are left to
the page of the alert, and what only the judge needs is left out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fhir_r4.elements import FhirResource, quantity
from fhir_r4.observations import answer_observation, pain_value
from model.calendar import MINUTE_MS, rfc3339
from model.words.red_flags import RED_FLAGS

_Component = dict[str, Any]
_SIGNS = "urn:kadens:warning-sign"
_FROM = "from_ms"
# The rule and its version are the code of the observation, its thresholds are in the sentence, a
# prescription has a link, and a date stands beside each figure of its row.
_LEFT_OUT = frozenset({
    "rule", "version", _FROM, "fresh_until_ms", "thresholds", "prescription", "prescriptions",
    "monday", "local_date",
})  # fmt: skip
# The words and the unit in UCUM; a figure without a row is a plain number.
_FIGURES: Mapping[str, tuple[str, str]] = {
    "at_start": ("usual pain at the start", "{score}"),
    "bpm": ("resting heart rate", "/min"),
    "days": ("days", "d"),
    "days_left": ("days left", "d"),
    "dose_min": ("dose", "min"),
    "kg": ("body weight", "kg"),
    "level": ("resting heart rate before", "/min"),
    "mean_dose_min": ("mean dose before", "min"),
    "median": ("median of pain", "{score}"),
    "minutes": ("minutes", "min"),
    "minutes_due": ("minutes due", "min"),
    "minutes_prescribed": ("minutes prescribed", "min"),
    "spread": ("spread of the resting heart rate before", "/min"),
    "usual": ("usual pain", "{score}"),
}
_PLAIN = "1"
_LENGTH = "_ms"  # the end of the name of a length of time
# The date of a row of evidence, and how it is put.
_DATES: Mapping[str, str] = {"monday": "week of {}", "local_date": "{}"}


def evidence_components(evidence: Mapping[str, Any]) -> Iterator[_Component]:
    """Yield the evidence of a finding, each figure with its unit."""
    if _FROM in evidence:
        yield {"code": {"text": "data from"}, "valueDateTime": rfc3339(evidence[_FROM])}
    yield from _figures(evidence, "")
    for name, value in sorted(evidence.items()):
        if isinstance(value, list) and name not in _LEFT_OUT:
            as_components = _ROWS.get(name, _dated_figures)
            for row in value:
                yield from as_components(row)
        elif isinstance(value, dict) and name not in _LEFT_OUT:
            yield from _figures(value, f"{_words(name)}: ")


def answers_behind(evidence: Mapping[str, Any], subject: FhirResource) -> list[FhirResource]:
    """Return the patient's answers on which a finding rests, each by its identifier alone."""
    answers: dict[str, FhirResource] = {}
    for name in _ROWS:
        rows = evidence.get(name)
        for row in filter(_names_answer, rows if isinstance(rows, list) else ()):
            answer = answer_observation(subject, row["record"])
            answers[answer["id"]] = answer
    return list(answers.values())


def _rating(row: Mapping[str, Any]) -> Iterator[_Component]:
    made = pain_value(row["value"], row.get("scale", ""))
    # evidence is frozen, and that of earlier versions of a rule may say less
    when = (row.get("phase", ""), row.get("at", row.get("local_date", "")))
    words = (made["code"]["text"], *filter(_says_when, when))
    code = {**made["code"], "text": ", ".join(map(_words, words))}
    yield {"code": code, "valueQuantity": made["valueQuantity"]}


def _says_when(word: str) -> bool:
    return word not in {"", "none"}


def _sign(row: Any) -> Iterator[_Component]:  # noqa: ANN401 - JSON
    """Yield a warning sign: a name alone, or an answer with its time."""
    answer = row if isinstance(row, dict) else {"sign": row}
    sign = answer["sign"]
    text = ", ".join(filter(None, ("warning sign", answer.get("at", ""))))
    value: dict[str, Any] = {"text": RED_FLAGS.get(sign, "a warning sign")}
    if sign in RED_FLAGS:
        value["coding"] = [{"system": _SIGNS, "code": sign}]
    yield {"code": {"text": text}, "valueCodeableConcept": value}


_ROWS: Mapping[str, Callable[[Any], Iterable[_Component]]] = {"ratings": _rating, "signs": _sign}


def _dated_figures(row: Any) -> Iterator[_Component]:  # noqa: ANN401 - JSON
    """Yield the figures of a row of evidence; a name without figures is left out."""
    if _is_object(row):
        dates = [put.format(row[name]) for name, put in _DATES.items() if name in row]
        yield from _figures(row, "", "".join(f", {date}" for date in dates))


def _figures(row: Mapping[str, Any], before: str, after: str = "") -> Iterator[_Component]:
    """Yield what of a row is one value, with words before and after its name."""
    for name, value in sorted(row.items()):
        made = None if name in _LEFT_OUT else _value(name, value)
        if made is not None:
            text, _unit = _FIGURES.get(name, (_words(name.removesuffix(_LENGTH)), _PLAIN))
            yield {"code": {"text": f"{before}{text}{after}"}, **made}


def _value(name: str, value: object) -> dict[str, Any] | None:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int | float):
        if name.endswith(_LENGTH):
            return {"valueQuantity": quantity(round(value / MINUTE_MS, 2), "min")}
        return {"valueQuantity": quantity(value, _FIGURES.get(name, ("", _PLAIN))[1])}
    return {"valueString": value} if isinstance(value, str) and value.strip() else None


def _words(name: str) -> str:
    return name.replace("_", " ")


def _names_answer(row: object) -> bool:
    return isinstance(row, dict) and bool(row.get("record"))


def _is_object(value: object) -> bool:
    return isinstance(value, dict)
