"""Generated exports give exactly what their writer says that they hold."""

import io
import json
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

import pytest

from model.facts import Fact, SampleBlock, Workout
from model.received import Context
from parsers.apple.apple_health import read_apple_health
from parsers.apple.cut import cut_apple_health
from simulate.exports.apple import AppleExport, ExportTruth, export_of_size, write_document
from tests.rooms import ROOT
from tests.rows import of_type

_CONTEXT = Context(connector="files")
_DAYS = 12


@pytest.fixture(scope="module")
def export() -> tuple[bytes, ExportTruth]:
    out = io.BytesIO()
    truth = write_document(AppleExport(days=_DAYS), out)
    return out.getvalue(), truth


def _facts(documents: list[bytes]) -> tuple[list[Fact], int]:
    facts: list[Fact] = []
    refused = 0
    for document in documents:
        for part in read_apple_health(document, _CONTEXT):
            facts += part.facts
            refused += sum(reject.count for reject in part.rejects)
            assert part.complete
    return facts, refused


def _samples(facts: list[Fact]) -> dict[str, dict[int, float]]:
    """Return the samples by "metric device" and instant, each instant once."""
    samples: defaultdict[str, dict[int, float]] = defaultdict(dict)
    for block in of_type(SampleBlock, facts):
        name = f"{block.metric} {block.head.source.device}"
        samples[name] |= dict(zip(block.t.tolist(), block.v.tolist(), strict=True))
    return samples


@pytest.mark.parametrize("pieces", [False, True], ids=["whole", "pieces"])
def test_facts_equal_the_truth(export: tuple[bytes, ExportTruth], *, pieces: bool) -> None:
    document, truth = export
    documents = list(cut_apple_health(io.BytesIO(document))) if pieces else [document]
    assert len(documents) > 5 or not pieces
    facts, refused = _facts(documents)
    samples = _samples(facts)
    assert {name: len(values) for name, values in samples.items()} == truth.samples
    for name, values in samples.items():
        assert sum(values.values()) == pytest.approx(truth.sums[name], rel=1e-6)
    workouts = of_type(Workout, facts)
    assert len(workouts) == truth.workouts
    assert sum(workout.exertion_cr10 is not None for workout in workouts) == truth.efforts
    assert refused == truth.repaired


def test_an_export_has_the_size_that_is_wanted() -> None:
    out = io.BytesIO()
    write_document(export_of_size(3 << 20), out)
    assert 2.5 <= len(out.getvalue()) / (1 << 20) <= 3.5


def test_the_command_writes_the_archive_of_a_phone(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    done = subprocess.run(
        [sys.executable, "-m", "simulate.exports.apple", str(path), "--mib", "1"],
        cwd=ROOT, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    truth = json.loads(done.stdout)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        document = archive.read("apple_health_export/export.xml")
    assert names == ["apple_health_export/export.xml", "apple_health_export/export_cda.xml"]
    facts, _ = _facts([document])
    assert {name: len(some) for name, some in _samples(facts).items()} == truth["samples"]
