"""What goes out is valid FHIR R4: by the structure of R4B in Python, and by HAPI's validator."""

import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from fhir_r4.elements import bundle, known_patient, transaction
from fhir_r4.observations import (
    PainAnswer,
    device_of,
    pain_observations,
    session_observations,
    week_observations,
)
from model.alert import AlertState
from tests.fhir import hapi, sample
from tests.rows import cells_of

_WITHDRAWN = sample.sample_alert().findings
_EACH: list[tuple[str, dict[str, Any]]] = [
    ("sample", sample.sample_bundle()),
    *(
        (state.value, sample.sample_push(sample.sample_alert(state=state.value, tier="B")))
        for state in AlertState
    ),
    (
        "corrected",
        sample.sample_push(
            sample.sample_alert(
                state="resolved",
                resolution="contacted",
                findings=(),
                withdrawn=_WITHDRAWN,
                snoozed_until_ms=None,
            )
        ),
    ),
    (
        "snoozed until",
        sample.sample_push(
            sample.sample_alert(state="snoozed", snoozed_until_ms=1_793_000_000_000, tier="C")
        ),
    ),
    ("audit log", sample.sample_log()),
    ("nothing", bundle("collection", [], 0)),
    (
        "not counted",
        transaction(
            session_observations(
                sample.sample_session(counts=False), known_patient("p"), device_of("1")
            )
        ),
    ),
    (
        "other scale",
        transaction(
            pain_observations(
                [PainAnswer(record="r", at_ms=0, phase="before", value=0, scale="vas-100")],
                known_patient("p"),
            )
        ),
    ),
    (
        "empty week",
        transaction(week_observations(sample.sample_week(), known_patient("p"), device_of("1"))),
    ),
]


@pytest.mark.parametrize(("name", "content"), _EACH, ids=cells_of(_EACH, 0))
def test_each_bundle_has_the_structure_of_r4b(name: str, content: dict[str, Any]) -> None:
    read = Bundle.model_validate(content)
    # nothing was dropped or read as something else
    assert json.loads(read.model_dump_json(exclude_none=True)).keys() == content.keys(), name


def test_the_structure_is_looked_at() -> None:
    broken = sample.sample_bundle()
    broken["entry"][2]["resource"]["status"] = ["final"]
    with pytest.raises(ValueError, match="status"):
        Bundle.model_validate(broken)


def test_hapi_finds_no_error_in_any_bundle(tmp_path: Path) -> None:
    reason = hapi.why_absent()
    if reason is not None:
        pytest.skip(reason)
    files: list[Path] = []
    for name, content in _EACH:
        if "entry" in content:  # the validator has nothing to say about an empty one
            files.append(tmp_path / f"{name}.json")
            files[-1].write_text(json.dumps(content), encoding="utf-8")
    wrong = sample.sample_bundle()
    wrong["entry"][-1]["resource"]["status"] = "done"
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(wrong), encoding="utf-8")
    errors = hapi.errors_in([*files, broken])
    assert [line for line in errors if str(broken) not in line] == []
    assert errors != []


def test_the_sample_in_the_docs_is_made_from_the_code() -> None:
    assert sample.SAMPLE_FILE.read_text(encoding="utf-8") == sample.sample_page(), (
        "write it again: python -m tests.fhir.sample"
    )
