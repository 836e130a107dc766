"""The served clinician door, for the tests in this folder."""

from tests.clinic_fixtures import acting, door, world

__all__ = ["acting", "door", "world"]
