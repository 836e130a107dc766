"""The served clinician door, for the commands that show what it shows."""

from tests.clinic_fixtures import door, world

__all__ = ["door", "world"]
