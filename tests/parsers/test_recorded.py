"""Recorded bodies beside what they hold: tests/data/PARSER/CASE/{payload,expected}.json. A new vendor adds files."""

import json
from pathlib import Path

import pytest

from model.codec import encode_fact, loads
from parsers.formats import parse
from tests.rooms import ROOT

DATA = ROOT / "tests" / "data"
CASES = sorted(path.parent for path in DATA.glob("*/*/payload.json"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_recorded_case(case: Path) -> None:
    parsed = parse(case.parent.name, (case / "payload.json").read_bytes())
    matches = {
        "account": parsed.account,
        "facts": [loads(encode_fact(fact)) for fact in parsed.facts],
        "rejects": [[reject.where, reject.why] for reject in parsed.rejects],
    }
    assert matches == json.loads((case / "expected.json").read_text(encoding="utf-8"))
