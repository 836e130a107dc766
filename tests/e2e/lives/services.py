"""Users of Google Health, Polar and Strava: what they do, and what is true of them."""

import json
import time
from datetime import UTC, datetime

from model.calendar import HOUR_MS
from simulate.vendors.google_server import GoogleServer
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.polar import exercise_notice
from simulate.vendors.polar_server import PolarServer
from simulate.vendors.strava import strava_body, strava_event
from simulate.vendors.strava_server import StravaServer
from simulate.vendors.vendor_truth import VendorTruth
from tests.e2e.lives.life import (
    LIFE_SECRET,
    RMSSD,
    SEGMENT,
    USUAL,
    Bodies,
    VendorLife,
    add_totals,
    spans_of,
)

# Google Health


def _google_changes(server: PlatformServer) -> Bodies:
    """Let a walk get longer; delete another one, a night, and stretches of heart rate and steps."""
    assert isinstance(server, GoogleServer)
    user = server.person(server.user)
    name, (start_ms, end_ms, _) = min(user.workouts.items())
    night = min(user.nights)
    first_ms, walked_ms = min(user.heart), min(start for start, _ in user.steps)
    notices = [
        user.exercised(name, start_ms, end_ms + 600_000, end_ms + 8 * HOUR_MS),
        user.deleted(night, "sleep"),
        user.deleted(max(user.workouts), "exercise", names_it=False),
        user.forgot("heart-rate", first_ms, first_ms + 300_000),
        user.forgot("steps", walked_ms, walked_ms + 300_000),
    ]
    return list(map(_google_body, notices))


def _google_body(notice: object) -> bytes:
    return json.dumps([notice]).encode()


def _google_news(server: PlatformServer, user: str) -> Bodies:
    assert isinstance(server, GoogleServer)
    start_ms = round(server.now_s()) * 1000 - 24 * HOUR_MS
    return [json.dumps([server.person(user).walked(start_ms, [90, 91])]).encode()]


def _google_truth(server: PlatformServer) -> VendorTruth:
    assert isinstance(server, GoogleServer)
    user = server.person(server.user)
    truth = VendorTruth(workouts=set(user.workouts.values()), worn=set(user.nights.values()))
    truth.samples = {"heart_rate": set(user.heart.items())}
    truth.counts = {"steps": spans_of(user.steps)}
    add_totals(truth, "resting_heart_rate", user.resting)
    return truth


# Polar


def _polar_changes(server: PlatformServer) -> Bodies:
    """Let a run be cut and graded, a day grow, a night be longer than was first said."""
    assert isinstance(server, PolarServer)
    user = server.person(int(server.user))
    name, (start_ms, _, _, _) = min(user.workouts.items())
    day, (bed_ms, up_ms) = min(user.nights.items())
    sent = datetime.fromtimestamp(server.now_s(), UTC).isoformat(timespec="seconds")
    beats = [*range(115, 124)] * 26
    return [
        user.exercised(name, start_ms, beats, ("RPE_HARD", 8.0)),
        user.walked(day, {600: 100, 601: 90}, sent.replace("+00:00", "Z")),
        user.slept(day, bed_ms, up_ms + 1_800_000, 44, sent.replace("+00:00", "Z")),
    ]


def _polar_back(server: PlatformServer) -> Bodies:
    """Let the run be again as it was at first, with the bytes of its file and its answer."""
    assert isinstance(server, PolarServer)
    user = server.person(int(server.user))
    name, (start_ms, _, _, _) = min(user.workouts.items())
    beats = [110 + number % 20 for number in range(360)]
    return [user.exercised(name, start_ms, beats, ("RPE_MODERATE", 6.0))]


def _polar_news(server: PlatformServer, user: str) -> Bodies:
    sent = datetime.fromtimestamp(server.now_s(), UTC).isoformat(timespec="seconds")
    return [exercise_notice(int(user), "e-9", sent.replace("+00:00", "Z"))]


def _polar_truth(server: PlatformServer) -> VendorTruth:
    assert isinstance(server, PolarServer)
    user = server.person(int(server.user))
    truth = VendorTruth(worn=set(user.nights.values()))
    truth.workouts = {(start, end, "running") for start, end, _, _ in user.workouts.values()}
    truth.samples = {"heart_rate": set(user.heart.items())}
    truth.counts = {"steps": spans_of(user.steps)}
    add_totals(truth, "steps", user.totals)
    add_totals(truth, RMSSD, user.variability)
    return truth


# Strava


def _strava_changes(server: PlatformServer) -> Bodies:
    """Crop and grade a run; delete another that was there."""
    assert isinstance(server, StravaServer)
    athlete = server.person(int(server.user))
    name, (start_ms, _, _, _, _) = min(athlete.workouts.items())
    beats = [(second, 112 + second % 9) for second in range(0, 1_200, 2)]
    events = [
        athlete.did(name, start_ms, 1_200, beats, effort=7.0),
        athlete.did(name + 7, start_ms + 2 * HOUR_MS, 300, beats[:100]),
        athlete.deleted(name + 7, start_ms + 3 * HOUR_MS),
    ]
    return list(map(strava_body, events))


def _strava_truth(server: PlatformServer) -> VendorTruth:
    assert isinstance(server, StravaServer)
    athlete = server.person(int(server.user))
    workouts = {(row[0], row[1], "running") for row in athlete.workouts.values()}
    return VendorTruth(workouts=workouts, samples={"heart_rate": set(athlete.heart.items())})


def _strava_leaves(_server: PlatformServer, user: str) -> Bodies:
    event = strava_event(int(user), "athlete", "update", int(user), round(time.time() * 1000))
    # Strava writes false as a text
    return [strava_body({**event, "updates": {"authorized": "false"}})]


GOOGLE_LIFE = VendorLife(
    key="Bearer made-up",
    signs_with="Bearer made-up",
    metrics=frozenset(("heart_rate", "steps", "resting_heart_rate")),
    change=_google_changes,
    truth=_google_truth,
    news=_google_news,
)

POLAR_LIFE = VendorLife(
    key=LIFE_SECRET,
    signs_with=LIFE_SECRET,
    metrics=USUAL,
    change=_polar_changes,
    back=_polar_back,
    truth=_polar_truth,
    news=_polar_news,
)

STRAVA_LIFE = VendorLife(
    key=SEGMENT,
    signs_with="",
    path=f"/{SEGMENT}",
    metrics=USUAL,
    change=_strava_changes,
    truth=_strava_truth,
    leaves=_strava_leaves,
)
