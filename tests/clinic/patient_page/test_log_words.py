"""The log on a patient's page is in words of the clinic: no path, no key, and nobody's 'your'."""

from dataclasses import replace
from datetime import date

import pytest

from clinic.language.vocabulary import ACTIONS
from clinic.pages import audit_lines
from clinic.pages.templating import clinic_languages
from model.audit_log.exported import ExportedRow
from model.audit_log.kinds_read import KINDS_READ
from model.audit_log.plain_words import DEEDS
from model.calendar import MINUTE_MS
from model.words.language import read_in
from storage.reads.shown_values import AuditReads, AuditRow
from tests.clinic_world import CLINIC_NOW, CLINIC_ZONE

# Lists, whose rows name a patient and are not read as the patient's own.
_LISTS = {"worklist", "alerts", "rules", "sample", "accounts", "warnings"}


def _act(actor: str, action: str) -> AuditRow:
    return AuditRow(
        at_ms=CLINIC_NOW,
        actor=actor,
        role="operator",
        care_unit="",
        action=action,
        object="link",
        detail={},
    )


def test_what_patients_read_at_their_door_has_a_name() -> None:
    read = AuditReads(
        local_date=date(2026, 11, 23),
        actor="patient",
        role="patient",
        care_unit="",
        reads=2,
        first_ms=CLINIC_NOW - 5 * MINUTE_MS,
        last_ms=CLINIC_NOW,
        objects=("/data", "/"),
        origins=({"door": "patient", "address": "internet"},),
    )
    assert audit_lines.reading(read, CLINIC_ZONE) == (
        "Mon 23 Nov 2026: the patient, 2 times, 13:35\u201313:40 "
        "(their data, their page of today). From the patient's own pages, over the internet"
    )


def test_who_ran_a_command_is_a_technician() -> None:
    assert audit_lines.deed(_act("os:eva", "patient.door"), CLINIC_ZONE) == (
        "Mon 23 Nov 2026, 13:40: a technician (eva), link for signing in made"
    )


@pytest.mark.parametrize(
    ("request_line", "text", "swedish"),
    [
        ("GET /patients/{pseudonym}", "asked for, not shown", "efterfrågad, visades inte"),
        ("HEAD /patients/{pseudonym}", "asked for, not shown", "efterfrågad, visades inte"),
        (
            "POST /patients/{pseudonym}/annotations",
            "tried to write, refused",
            "försökte skriva, nekades",
        ),
        (
            "DELETE /api/v1/absences/{who}",
            "tried to write, refused",
            "försökte skriva, nekades",
        ),
        ("PUT /api/v1/duty", "tried to write, refused", "försökte skriva, nekades"),
    ],
)
def test_a_refused_write_is_no_refused_look(request_line: str, text: str, swedish: str) -> None:
    row = replace(_act("Karin Lind", "data.refused"), object=request_line)
    assert audit_lines.deed(row, CLINIC_ZONE) == f"Mon 23 Nov 2026, 13:40: Karin Lind, {text}"
    with read_in(clinic_languages()["sv"]):
        assert audit_lines.deed(row, CLINIC_ZONE).endswith(f"13:40: Karin Lind, {swedish}")
    exported = ExportedRow(
        number=1,
        at_ms=CLINIC_NOW,
        actor="c-lind",
        name="Karin Lind",
        role="clinician",
        care_unit="",
        patient="p",
        action="data.refused",
        object=request_line,
        reason="",
        door="",
        address="",
        categories=(),
    )
    assert audit_lines.access_line(exported, CLINIC_ZONE).endswith(f"(clinician), {text}")


@pytest.mark.parametrize("action", sorted(DEEDS))
def test_each_deed_that_names_a_patient_has_words_for_the_clinic(action: str) -> None:
    assert action in ACTIONS


@pytest.mark.parametrize("kind", sorted(set(KINDS_READ) - _LISTS))
def test_each_kind_that_is_read_has_words_for_the_clinic(kind: str) -> None:
    assert audit_lines.reading(
        AuditReads(
            local_date=date(2026, 11, 23),
            actor="Karin Lind",
            role="clinician",
            care_unit="",
            reads=1,
            first_ms=CLINIC_NOW,
            last_ms=CLINIC_NOW,
            objects=(kind,),
        ),
        CLINIC_ZONE,
    ).split("(")[1] not in {f"{kind})", f"{kind.replace('-', '_')})"}
