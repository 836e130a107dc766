"""A form in which one field signs another: what proves itself, and what must not."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.connector import AccountInBody, Connector, always
from ingest.door import Door
from ingest.memory import MemoryLog
from ingest.proving.evidence import Evidence
from ingest.proving.signed import SignedForm
from ingest.proving.verify import FIELDS_LIMIT, Verdict
from ingest.sender import Proven, prove
from kadens.recorded.played import played_request
from kadens.recorded.requests import RecordedRequest
from parsers.forms import form_of
from tests.ingest.conftest import NOW
from tests.ingest.test_conformance import send_body
from tests.vendors.intake import verdict_on

_KEY, _OTHER = "a key of the tests", "another key"
_FORM = SignedForm(signed="payload", signature="sig")
_TEXT = '{"user":"u-1 \u00e5","metres":3400,"note":"a+b&c=d"}'
_ROW = Connector(
    name="pulsar",
    title="Pulsar",
    proof=_FORM,
    owner=AccountInBody(),
    format=always("sniff"),
    max_body=FIELDS_LIMIT,
)


def _mac(text: str, key: str = _KEY) -> str:
    return hmac.digest(key.encode(), text.encode(), "sha256").hex()


def _verdict(
    body: bytes, keys: Sequence[str] = (_OTHER, _KEY), proof: SignedForm = _FORM
) -> Verdict:
    evidence = Evidence(headers={}, segment="", patient="", secrets=keys, now_ms=0, window_ms=0)
    return verdict_on(replace(_ROW, proof=proof), evidence, body)


def _written(*fields: tuple[str, str]) -> bytes:
    return urlencode(fields).encode()


_SIG = _mac(_TEXT)
_ALL_PERCENT = "".join(f"%{byte:02x}" for byte in _TEXT.encode())
_CASES: list[tuple[str, bytes, Verdict]] = [
    ("as sent", _written(("payload", _TEXT), ("sig", _SIG)), Verdict.OK),
    ("the other order", _written(("sig", _SIG), ("payload", _TEXT)), Verdict.OK),
    ("hex in capitals", _written(("payload", _TEXT), ("sig", _SIG.upper())), Verdict.OK),
    ("each byte in percent signs", f"payload={_ALL_PERCENT}&sig={_SIG}".encode(), Verdict.OK),
    ("in capitals", f"payload={_ALL_PERCENT.upper()}&sig={_SIG}".encode(), Verdict.OK),
    ("blanks as %20", f"payload={quote(_TEXT, safe='')}&sig={_SIG}".encode(), Verdict.OK),
    ("names in percent signs", f"%70ayload={_ALL_PERCENT}&s%69g={_SIG}".encode(), Verdict.OK),
    ("another payload", _written(("payload", _TEXT + " "), ("sig", _SIG)), Verdict.FORGED),
    ("a signature cut short", _written(("payload", _TEXT), ("sig", _SIG[:-2])), Verdict.FORGED),
    ("no hex", _written(("payload", _TEXT), ("sig", "zz")), Verdict.FORGED),
    ("no signature", _written(("payload", _TEXT)), Verdict.MISSING),
    ("an empty signature", _written(("payload", _TEXT), ("sig", "")), Verdict.MISSING),
    ("no payload", _written(("sig", _SIG)), Verdict.FORGED),
    ("no field at all", b"", Verdict.MISSING),
    ("JSON", b'{"payload":1}', Verdict.MISSING),
    ("names of another case", _written(("Payload", _TEXT), ("Sig", _SIG)), Verdict.MISSING),
    (
        "the payload twice, the signed one first",
        _written(("payload", _TEXT), ("sig", _SIG), ("payload", "{}")),
        Verdict.FORGED,
    ),
    (
        "the payload twice, the signed one last",
        _written(("payload", "{}"), ("payload", _TEXT), ("sig", _SIG)),
        Verdict.FORGED,
    ),
    (
        "the payload twice, both signed",
        _written(("payload", _TEXT), ("payload", _TEXT), ("sig", _SIG)),
        Verdict.FORGED,
    ),
    (
        "the signature twice",
        _written(("payload", _TEXT), ("sig", _mac(_TEXT, _OTHER)), ("sig", _SIG)),
        Verdict.FORGED,
    ),
    (
        "a field that nobody signed",
        _written(("payload", _TEXT), ("sig", _SIG), ("user", "u-2")),
        Verdict.FORGED,
    ),
    ("an empty piece", _written(("payload", _TEXT), ("sig", _SIG)) + b"&", Verdict.MISSING),
    ("bytes that are no UTF-8", f"payload=%ff&sig={_mac('ÿ')}".encode(), Verdict.MISSING),
    ("raw bytes beyond ASCII", f"payload=å&sig={_mac('å')}".encode(), Verdict.MISSING),
    ("many fields", b"&".join([b"a=1"] * 20) + b"&sig=" + _SIG.encode(), Verdict.MISSING),
]


@pytest.mark.parametrize(
    ("body", "expected"), [case[1:] for case in _CASES], ids=[case[0] for case in _CASES]
)
def test_a_form(body: bytes, expected: Verdict) -> None:
    assert _verdict(body) is expected


def test_a_key_of_nobody_proves_nothing() -> None:
    body = _written(("payload", _TEXT), ("sig", _SIG))
    assert _verdict(body, ()) is Verdict.FORGED
    assert _verdict(body, (_OTHER,)) is Verdict.FORGED
    assert _verdict(_written(("payload", _TEXT), ("sig", _mac(_TEXT, ""))), ()) is Verdict.FORGED
    with pytest.raises(ValueError, match="an empty key"):
        _FORM.check_key("")


def test_a_longer_body_than_may_be_decoded_proves_nothing() -> None:
    room = FIELDS_LIMIT - len(_written(("payload", ""), ("sig", _SIG)))
    fits, beyond = "x" * room, "x" * (room + 1)
    assert _verdict(_written(("payload", fits), ("sig", _mac(fits)))) is Verdict.OK
    assert _verdict(_written(("payload", beyond), ("sig", _mac(beyond)))) is Verdict.MISSING
    with pytest.raises(ValueError, match="max_body is at most 65536 bytes"):
        replace(_ROW, max_body=FIELDS_LIMIT + 1)


@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_what_the_sender_makes_is_proved(encoding: str, algorithm: str) -> None:
    proof = SignedForm(signed="data", signature="mac", encoding=encoding, algorithm=algorithm)
    shown = prove(proof, _KEY, _TEXT.encode(), "msg_1", NOW)
    assert form_of(shown.body)["data"] == _TEXT
    assert _verdict(shown.body, proof=proof) is Verdict.OK
    assert _verdict(shown.body) is not Verdict.OK
    # a form is proved anew, and not wrapped once more
    assert prove(proof, _KEY, shown.body, "msg_1", NOW) == shown
    assert prove(proof, _KEY, _written(("data", _TEXT)), "msg_1", NOW) == shown


@pytest.mark.parametrize(
    "fields",
    [
        {"signed": "", "signature": "sig"},
        {"signed": "a", "signature": "a"},
        {"signed": "a", "signature": "b", "encoding": "rot13"},
    ],
)
def test_a_form_without_two_fields_or_a_known_encoding_does_not_construct(
    fields: dict[str, str],
) -> None:
    with pytest.raises(ValueError, match=r"a signed form has two fields|is written in one of"):
        SignedForm(**fields)


_PIECE = st.sampled_from(
    [
        "payload",
        "sig",
        "=",
        "&",
        ";",
        "+",
        "%26",
        "%3D",
        "%3d",
        "%00",
        "x",
        "{}",
        "\u00e5",
        "%c3%a5",
    ]
)


@given(st.text(max_size=40), st.lists(_PIECE, max_size=4), st.lists(_PIECE, max_size=4))
def test_the_reader_reads_the_text_that_is_signed_and_no_other(
    text: str, before: list[str], behind: list[str]
) -> None:
    body = prove(_FORM, _KEY, text.encode(errors="replace"), "", 0).body
    changed = "".join(before).encode() + body + "".join(behind).encode()
    for form in (body, changed):
        verdict = _verdict(form)
        assert verdict is Verdict.OK or form != body
        if verdict is Verdict.OK:
            fields = form_of(form)
            assert fields.keys() == {"payload", "sig"}
            # blanks between digits of hex say nothing
            assert bytes.fromhex(fields["sig"]).hex() == _mac(fields["payload"])


def _opened(door: Door) -> Door:
    return replace(door, connectors=(_ROW,), secrets={"pulsar": (_KEY,)})


def test_a_form_that_is_sent_again_is_the_same_event(door: Door, log: MemoryLog) -> None:
    shown = prove(_FORM, _KEY, _TEXT.encode(), "msg_1", NOW)
    for _ in range(2):
        assert send_body(_opened(door), _ROW, shown).status_code == 202
    assert log.events[0] == log.events[1]
    assert log.events[0].envelope.sha256 == hashlib.sha256(shown.body).hexdigest()


def test_a_form_without_a_signature_is_missing_its_proof_and_is_not_forged(
    door: Door, log: MemoryLog
) -> None:
    for body, reason in (
        (_written(("payload", _TEXT)), "missing"),
        (_written(("payload", _TEXT), ("sig", _mac(_TEXT, _OTHER))), "forged"),
    ):
        answer = send_body(_opened(door), _ROW, Proven(body=body))
        assert (answer.status_code, json.loads(answer.content)["reason"]) == (401, reason)
    assert log.events == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (_written(("payload", _TEXT), ("sig", _SIG)), Verdict.OK),
        (_written(("payload", _TEXT), ("sig", _SIG), ("payload", "{}")), Verdict.FORGED),
        (_written(("payload", _TEXT), ("sig", _mac("x"))), Verdict.FORGED),
        (_written(("payload", _TEXT)), Verdict.MISSING),
    ],
)
def test_a_recorded_form_is_played_with_the_key_of_another_door(
    body: bytes, expected: Verdict
) -> None:
    recorded = RecordedRequest(connector="pulsar", body=body, keys=(_KEY,), now_ms=NOW)
    played = played_request(recorded, _ROW, _OTHER, NOW)
    assert _verdict(played.body, (_OTHER,)) is expected
