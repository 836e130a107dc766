"""An answer to a request for access has every table about the patient, and of nobody else."""

from pathlib import Path
from zipfile import ZipFile

import orjson
import pytest

from kadens.privacy.answer_file import write_access
from model.keyring import KeyRing
from storage.bodies.body_store import Directory
from storage.erase import ERASED
from storage.people.consents import give_consent
from storage.pg.pool import Connection
from storage.reads.own_rows import LEFT_OUT, answered_tables
from storage.rights.consent_texts import ConsentText, keep_text
from tests.storage.derived.traces import settle

pytestmark = pytest.mark.anyio
_KEY = KeyRing.single(bytes(32))


@pytest.mark.promise(12)
def test_each_table_of_a_patient_is_answered_or_left_out_with_a_reason() -> None:
    assert {*answered_tables(), *LEFT_OUT} == {*ERASED, "audit"}
    assert not set(answered_tables()) & LEFT_OUT.keys()
    assert all(LEFT_OUT.values())


async def test_the_file_has_rows_of_every_table_and_of_nobody_else(
    conn: Connection, tmp_path: Path
) -> None:
    store = Directory(tmp_path / "bodies")
    await settle(conn, store, "asking-patient")
    await settle(conn, store, "another-patient")
    out = tmp_path / "answer.zip"
    counts = await write_access(
        conn, _KEY, "asking-patient", out, ("Hosting AB <EU>",), "Region <X>"
    )
    assert {table for table, count in counts.items() if not count} == set()
    with ZipFile(out) as file:
        content = {name: file.read(name) for name in file.namelist()}
    assert set(content) == {
        "index.html",
        "overview.html",
        "register.json",
        "data/identity.json",
        *(f"data/{table}.jsonl" for table in answered_tables()),
    }
    assert not [name for name, text in content.items() if b"another-patient" in text]
    assert orjson.loads(content["data/identity.json"]) == {"name": "Somebody"}
    samples = list(map(orjson.loads, content["data/sample.jsonl"].splitlines()))
    assert counts["sample"] == len(samples)
    assert {"metric", "unit", "time", "value"} <= samples[0].keys()
    page = content["index.html"].decode()
    assert "Hosting AB &lt;EU&gt;" in page
    assert "Region &lt;X&gt;" in page
    assert all(f'<a href="data/{table}.jsonl">{table}</a>' in page for table in answered_tables())
    overview = content["overview.html"].decode()
    assert overview.count("<section>") == 7
    assert "Inget" not in overview


@pytest.mark.promise(12)
async def test_the_file_has_the_words_that_the_patient_agreed_to(
    conn: Connection, tmp_path: Path
) -> None:
    text = ConsentText(
        name="reports.sv",
        version="v1",
        language="sv",
        kind="source_fetch",
        purpose="care",
        legal_basis="consent",
        data_types=("pain",),
        content="Dina svar sparas.\nJag samtycker",
        from_ms=0,
        recorded_ms=0,
        recorded_by="c",
    )
    await keep_text(conn, text)
    both: tuple[dict[str, str], ...] = ({"text_version": "v1", "text_name": text.name}, {})
    for vendor, named in zip(("reports", "polar"), both, strict=True):
        await give_consent(conn, "p1", vendor, from_ms=0, now_ms=0, **named)
    out = tmp_path / "answer.zip"
    assert (await write_access(conn, _KEY, "p1", out))["consent"] == 2
    with ZipFile(out) as file:
        rows = list(map(orjson.loads, file.read("data/consent.jsonl").splitlines()))
    assert {row["vendor"]: row["agreed_to"] for row in rows} == {
        "reports": {
            "language": "sv",
            "words": text.content,
            "purpose": "care",
            "legal_basis": "consent",
            "data_types": ["pain"],
        },
        "polar": None,
    }
