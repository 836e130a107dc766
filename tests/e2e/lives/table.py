"""The users of all vendors that are walked, by connector."""

from collections.abc import Mapping

from simulate.vendors.playing.played_vendors import VENDORS, PlayedVendor
from tests.e2e.lives.hubs import JUNCTION_LIFE, TERRA_LIFE
from tests.e2e.lives.life import VendorLife
from tests.e2e.lives.rings import OURA_LIFE, WHOOP_LIFE, WITHINGS_LIFE
from tests.e2e.lives.services import GOOGLE_LIFE, POLAR_LIFE, STRAVA_LIFE
from tests.e2e.lives.watches import COROS_LIFE, GARMIN_LIFE, HUAWEI_LIFE, SUUNTO_LIFE

VENDOR_LIVES: Mapping[str, VendorLife] = {
    "garmin": GARMIN_LIFE,
    "suunto": SUUNTO_LIFE,
    "google_health": GOOGLE_LIFE,
    "polar": POLAR_LIFE,
    "strava": STRAVA_LIFE,
    "oura": OURA_LIFE,
    "whoop": WHOOP_LIFE,
    "withings": WITHINGS_LIFE,
    "junction": JUNCTION_LIFE,
    "coros": COROS_LIFE,
    "huawei": HUAWEI_LIFE,
    "terra": TERRA_LIFE,
}


def played_life(name: str, now_s: int) -> PlayedVendor:
    """Return a vendor with a user of some days."""
    life = VENDOR_LIVES[name]
    return (life.play or VENDORS[name])(now_s, life.signs_with)
