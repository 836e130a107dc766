"""The root folder of the project, and its packages.

The packages are in the order of which may import which.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED = (
    ROOT.parent / "shared" / "data"
)  # other people's files; tests that need them say why they are skipped
ROOMS = (
    "runtime",
    "model",
    "parsers",
    "web",
    "simulate",
    "fhir_r4",
    "alerts",
    "storage",
    "stream",
    "ingest",
    "fetcher",
    "patient",
    "clinic",
    "kadens",
)
