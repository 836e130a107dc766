"""The receivers of a secrets file: read, or refused by a sentence without any secret."""

from typing import Any

import pytest

from kadens.delivering.receivers_file import ReceiverError, receivers_of
from kadens.secrets.reading import secrets_of
from kadens.secrets.values import SettingsError
from model.calendar import HOUR_MS
from model.messages.outgoing import Receiver, ReceiverKind

_KEY = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
_URL = "https://ehr.example/in"
_EHR = {"kind": "webhook", "url": _URL, "keys": [_KEY]}


def test_a_receiver_has_what_its_table_says() -> None:
    table = {
        "ehr": {**_EHR, "form": "fhir", "units": ["North"], "internal": True, "give_up_hours": 1},
        "sms": {"url": _URL, "keys": [_KEY]},
        "journal": {"kind": "fhir", "url": _URL, "token": "t0"},
    }
    assert receivers_of(table) == (
        Receiver(
            name="ehr",
            kind=ReceiverKind.WEBHOOK,
            url=_URL,
            keys=(_KEY,),
            form="fhir",
            units=("North",),
            is_internal=True,
            give_up_ms=HOUR_MS,
        ),
        Receiver(name="sms", kind=ReceiverKind.SMS, url=_URL, keys=(_KEY,)),
        Receiver(
            name="journal",
            kind=ReceiverKind.FHIR,
            url=_URL,
            token="t0",  # noqa: S106 - invented
        ),
    )


_WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("Ehr", {}, "the name must be small letters"),
    ("email", {}, "the name must be small letters"),
    ("facts", {}, "the name must be small letters"),
    ("ehr", {"kind": "fax"}, "kind must be one of sms, nudge, webhook, fhir"),
    ("text", {"kind": "sms"}, "named as its kind"),
    ("sms", {"kind": "webhook"}, "named as its kind"),
    ("ehr", {"url": "http://ehr.example/in"}, "url is https"),
    ("ehr", {"url": "http://10.0.0.1/in"}, "url is https"),
    ("ehr", {"url": "https://u:p@ehr.example/in"}, "url is https"),
    ("ehr", {"url": "https://ehr.example:x/in"}, "url is https"),
    ("ehr", {"url": "https://ehr.example/i n"}, "url is https"),
    ("ehr", {"url": "https://ehr.example/in#x"}, "url is https"),
    ("ehr", {"url": "https:///in"}, "url is https"),
    ("ehr", {"keys": []}, "base64 of 24 bytes"),
    ("ehr", {"keys": ["whsec_AAAA"]}, "base64 of 24 bytes"),
    ("ehr", {"keys": ["no base64 at all, but a long text"]}, "base64 of 24 bytes"),
    ("ehr", {"token": "a b"}, "token is a text"),
    ("ehr", {"form": "xml"}, "form is json or fhir"),
    ("sms", {"kind": "sms", "units": ["North"]}, "units are names"),
    ("ehr", {"units": [""]}, "units are names"),
    ("ehr", {"give_up_hours": 0}, "give_up_hours is from 1 to 720"),
    ("ehr", {"give_up_hours": True}, "give_up_hours has the wrong type"),
    ("ehr", {"ulr": _URL}, "ulr is not known"),
]


@pytest.mark.parametrize(("name", "change", "why"), _WRONG)
def test_what_cannot_work_is_refused_in_words(name: str, change: dict[str, Any], why: str) -> None:
    with pytest.raises(ReceiverError) as caught:
        receivers_of({name: {**_EHR, **change}})
    text = str(caught.value)
    assert text.startswith(f"[delivery.{name}]: ")
    assert why in text
    assert "whsec" not in text
    assert "ehr.example" not in text


def test_a_secrets_file_with_a_wrong_receiver_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"tables \[delivery.NAME\]"):
        secrets_of({"delivery": []})
    assert secrets_of({"delivery": {"ehr": _EHR}}).receivers[0].name == "ehr"
