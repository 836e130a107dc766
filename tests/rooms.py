"""Where the project lies, and its rooms.

The packages at its root, in the order of who may import whom.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED = (
    ROOT.parent / "shared" / "data"
)  # other people's files; tests that need them say why they are skipped
ROOMS = (
    "model",
    "parsers",
    "web",
    "simulate",
    "alerts",
    "storage",
    "stream",
    "ingest",
    "clinic",
    "kadens",
)
