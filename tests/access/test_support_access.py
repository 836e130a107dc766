"""At the clinician door support staff without a case see nobody, on pages, in lists and the API."""

from typing import Any

import httpx2
import pytest

from tests.access.clinic_callers import ClinicCallers, claims_of, let_support_look
from tests.clinic_world import UNIT

_PATIENT = "/api/v1/patients/p-snooze"
_LISTED = "/api/v1/alerts"
_REFUSED = """
select count(*) from audit a join patient p on p.id = a.patient
where a.actor = 'u-lone-support' and a.action = 'data.refused' and p.pseudonym = 'p-snooze'"""


def _browser(callers: ClinicCallers, caller: str, role: str) -> httpx2.Client:
    answer = callers.sign_in(claims_of(caller, UNIT, [role]))
    cookie = f"kadens-session={answer.cookies['kadens-session']}"
    return httpx2.Client(base_url=callers.door.url, headers={"cookie": cookie})


def _patients(listed: httpx2.Response) -> set[str]:
    body: Any = listed.json()
    alerts = body if isinstance(body, list) else next(v for v in body.values() if type(v) is list)
    return {alert["pseudonym"] for alert in alerts}


@pytest.mark.promise(22)
def test_support_sees_a_patient_only_because_of_a_case(callers: ClinicCallers) -> None:
    with (
        _browser(callers, "lone support", "support") as support,
        _browser(callers, "a colleague", "physiotherapist") as colleague,
    ):
        everybody = _patients(colleague.get(_LISTED))
        assert support.get(_PATIENT).status_code == 404
        assert support.get("/patients/p-snooze").status_code == 404
        assert _patients(support.get(_LISTED)) == set()
        let_support_look(callers, "u-lone-support")
        assert support.get(_PATIENT).status_code == 200
        assert support.get("/patients/p-snooze").status_code == 200
        assert 0 < len(_patients(support.get(_LISTED))) <= 2 < len(everybody)
        assert _patients(colleague.get(_LISTED)) == everybody
    # what was refused is in the log too, with whose data it was
    assert callers.door.rows(_REFUSED) == [(2,)]
