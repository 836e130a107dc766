"""Who measures in a life of the tests, where, when, and what is prescribed: few of each."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from model.calendar import DAY_MS, HOUR_MS
from model.facts import DeviceType, Method, Source
from model.intensity import HeartProfile
from model.marks import CLINIC_VENDOR
from model.prescription import Intensity, Prescription

LIFE_STRAP = Source(
    vendor="files", device="strap", device_type=DeviceType.STRAP, method=Method.WORKOUT
)
LIFE_WATCH = Source(
    vendor="files", device="watch", device_type=DeviceType.WATCH, method=Method.WORKOUT
)
HUB = Source(
    vendor="open_wearables", device="watch", device_type=DeviceType.WATCH, method=Method.WORKOUT
)
BACK = Source(
    vendor="open_wearables", device="watch", device_type=DeviceType.WATCH, method=Method.BACKGROUND
)
LIFE_PHONE = Source(
    vendor="open_wearables", app="phone", device_type=DeviceType.PHONE, method=Method.BACKGROUND
)
LIFE_CLINICIAN = Source(vendor=CLINIC_VENDOR, device_type=DeviceType.PERSON, method=Method.MANUAL)
LIFE_PERSON = Source(
    vendor="reports", app="app", device_type=DeviceType.PERSON, method=Method.MANUAL
)

PLACES: tuple[tuple[str, date], ...] = (
    ("Europe/Stockholm", date(2026, 9, 22)),  # a Tuesday
    ("Europe/Stockholm", date(2026, 3, 30)),  # a Monday; the day before has 23 hours
    ("Europe/Stockholm", date(2026, 10, 25)),  # a Sunday of 25 hours
    ("Asia/Kolkata", date(2026, 6, 10)),  # midnight is within a UTC hour
    ("Australia/Adelaide", date(2026, 4, 5)),  # so it is here, on a day of 25 hours
)
CENTRES_MS = (
    0,
    0,
    0,
    0,
    24 * HOUR_MS,
    10 * HOUR_MS,
    -90 * DAY_MS,
)  # from the midnight at which the date begins
OFFSETS_MIN = (
    0,
    0,
    0,
    -600,
    -361,
    -130,
    -45,
    -31,
    -30,
    -21,
    -15,
    -6,
    -5,
    -2,
    -1,
    1,
    2,
    4,
    5,
    14,
    20,
    25,
    30,
    61,
    361,
)
OFFSETS_MS = (0, 0, 0, 0, -1, 1, 30_000, 59_999)
# Pauses in minutes from the start: short ones, and just inside and just outside of what ends a
# session. Those behind the end of a workout are left out.
PAUSES_MIN: tuple[tuple[tuple[int, int], ...], ...] = (
    (),
    (),
    (),
    ((5, 7),),
    ((0, 1), (8, 9), (9, 11)),
    ((3, 62),),
    ((3, 63),),
    ((0, 61), (70, 90)),
    ((30, 1_300),),
)
TIMERS_MIN = (None, None, None, 0, 5, 18, 110)
LENGTHS_MIN = (20, 20, 15, 30, 45, 10, 9, 4, 120, 1_500, 4 * 1_440)
EVERY_MS = (60_000, 5_000, 10_000, 10_001, 15_000)
COUNTED = (25, 12, 4, 1, 60)
WINDOWS_MIN = (10, 1, 15, 60, 240, 1_440, 1_500)  # that a count may hold for
AFTER_MIN = (-5, 0, 3, 10, 25)  # of a watch's counts after those of a phone
LEVELS: Mapping[str, tuple[float, ...]] = {
    "heart_rate": (130.0, 150.0, 62.0, 111.0),
    "cadence": (110.0, 40.0),
    "steps": (120.0, 30.0, 400.0),
    "speed": (2.0, 0.1),
    "power": (150.0, 90.0),
}
SHAPES = ("flat", "flat", "rise", "saw", "spike", "bad", "twice")

RECORDS = ("r1", "r2", "r3")
TYPES = ("walking", "walking", "running", "cycling", "unheard of")
PROFILE = HeartProfile(
    valid_from=date(2025, 1, 1), birth_year=1966, hr_rest=60.0, hr_max=190.0, sex="female"
)
SLOWER = HeartProfile(
    valid_from=date(2026, 3, 30), birth_year=1966, hr_rest=55.0, hr_max=150.0, threshold_hr=128.0
)
FORBIDDING = HeartProfile(valid_from=date(2026, 6, 10), birth_year=1966, beta_blocker=True)
SHORT = Prescription(
    id="walk",
    version=1,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    sessions_per_week=3,
    minutes_per_session=16,  # half of it is less than ten minutes
    intensity=Intensity(method="bpm", low=110.0, high=130.0),
)
SHORTER = replace(SHORT, version=2, valid_from=date(2026, 6, 10), minutes_per_session=8)
ON_A_BIKE = replace(SHORT, id="bike", valid_from=date(2026, 9, 22), minutes_per_session=30)

# A body has one first receipt, which is neither the order of names nor that of digests. All of
# them lie behind everything that is measured.
RECEIVED_MS = {
    "a": 1_800_000_060_000,
    "b": 1_800_000_000_000,
    "c": 1_800_000_120_000,
    "e": 1_800_000_180_000,
}
# A signed message id may date a body before its receipt: this one between `b` and `a`.
STATED_LATER_MS = {"e": 1_800_000_030_000}
# The body `d` is received while the life goes on: minutes from one of its centres.
EARLY = "d"
EARLY_MIN = (-600, -5, 0, 10, 45, 400)
LIFE_BODIES = st.sampled_from("aabbccde")
