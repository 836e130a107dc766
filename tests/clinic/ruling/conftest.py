"""The served clinician door, for the tests in this folder."""

from tests.clinic_fixtures import door, world

__all__ = ["door", "world"]
