"""Users of rings and scales at Oura, WHOOP and Withings: what they do, and what is true of them."""

import json
import time
from datetime import UTC, datetime, timedelta

from simulate.vendors.oura import OuraServer
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.playing.played_vendors import PlayedVendor
from simulate.vendors.vendor_truth import VendorTruth
from simulate.vendors.whoop import WhoopServer, whoop_workout
from simulate.vendors.withings import WithingsServer
from tests.e2e.lives.life import (
    LIFE_SECRET,
    USUAL,
    Bodies,
    VendorLife,
)

# Oura and WHOOP


def _oura_changes(server: PlatformServer) -> Bodies:
    """Let a run become a walk and a day grow; delete a night and the other run."""
    assert isinstance(server, OuraServer)
    own = server.objects[server.user]
    run, gone, *_ = own["workout"].values()
    day, *_ = own["daily_activity"].values()
    night = min(own["sleep"])
    server.put(server.user, "workout", {**run, "activity": "walking"})
    server.put(server.user, "daily_activity", {**day, "steps": 5_200})
    server.remove(server.user, "sleep", night)
    server.remove(server.user, "workout", gone["id"])
    return [
        server.cue(server.user, "update", "workout", run["id"]),
        server.cue(server.user, "update", "daily_activity", day["id"]),
        server.cue(server.user, "delete", "sleep", night),
        server.cue(server.user, "delete", "workout", gone["id"]),
    ]


def _oura_news(server: PlatformServer, user: str) -> Bodies:
    assert isinstance(server, OuraServer)
    return [server.cue(user, "create", "workout", "w-9")]


def _oura_truth(server: PlatformServer) -> VendorTruth:
    assert isinstance(server, OuraServer)
    return server.truth(server.user)


def _whoop_changes(server: PlatformServer) -> Bodies:
    """Let a run be longer than was first said; delete a night and another run."""
    assert isinstance(server, WhoopServer)
    server.sender.waiting.clear()
    (run,) = server.workouts[server.user].values()
    (night,) = server.sleeps[server.user]
    later = datetime.fromisoformat(run["end"]) + timedelta(minutes=5)
    server.put_workout(server.user, {**run, "end": f"{later:%Y-%m-%dT%H:%M:%S}.000Z"})
    server.remove_sleep(server.user, night)
    before = datetime.fromisoformat(run["start"]) - timedelta(hours=5)
    server.put_workout(server.user, whoop_workout("run-of-nobody", before))
    server.remove_workout(server.user, "run-of-nobody")
    return [call.body for call in server.sender.waiting]


def _whoop_news(_server: PlatformServer, user: str) -> Bodies:
    cue = {"user_id": int(user), "id": "w-9", "type": "workout.updated", "trace_id": "t-9"}
    return [json.dumps(cue).encode()]


def _whoop_truth(server: PlatformServer) -> VendorTruth:
    assert isinstance(server, WhoopServer)
    return server.truth(server.user)


# Withings


def _played_withings(_now_s: int, _key: str) -> PlayedVendor:
    server = WithingsServer(now_s=time.time, user="12345")
    _withings_lives(server, 2)
    return PlayedVendor(server=server, sign=server.sender.sign, bodies=[])


def _withings_lives(server: WithingsServer, back: int) -> None:
    """Let a day of the past be walked, slept and weighed; the cues go to who subscribed."""
    midnight = datetime.fromtimestamp(server.now_s(), UTC).replace(
        hour=0, minute=0, second=0, microsecond=0
    ) - timedelta(days=back)
    server.walk(server.user, midnight + timedelta(hours=7), 20)
    server.sleep(server.user, midnight, midnight + timedelta(hours=6))
    server.weigh(server.user, midnight + timedelta(hours=6, minutes=30), 71_503)


def _withings_changes(server: PlatformServer) -> Bodies:
    """Let the day of before grow by a walk, and add another day."""
    assert isinstance(server, WithingsServer)
    (first,) = server.workouts[server.user]
    before = datetime.fromtimestamp(first, UTC)
    server.walk(server.user, before + timedelta(hours=10), 12, category=2)
    _withings_lives(server, 1)
    return []  # the server calls the addresses that were subscribed


def _withings_truth(server: PlatformServer) -> VendorTruth:
    assert isinstance(server, WithingsServer)
    return server.truth(server.user)


def _withings_leaves(server: PlatformServer, user: str) -> Bodies:
    assert isinstance(server, WithingsServer)
    server.cue(user, "46", {"action": "unlink"})
    return []  # as above


OURA_LIFE = VendorLife(
    key=LIFE_SECRET,
    signs_with=LIFE_SECRET,
    metrics=USUAL | {"active_energy"},
    change=_oura_changes,
    truth=_oura_truth,
    news=_oura_news,
)

WHOOP_LIFE = VendorLife(
    key=LIFE_SECRET,
    signs_with=LIFE_SECRET,
    metrics=USUAL | {"resting_heart_rate"},
    change=_whoop_changes,
    truth=_whoop_truth,
    news=_whoop_news,
)

WITHINGS_LIFE = VendorLife(
    key=LIFE_SECRET,
    signs_with="",
    metrics=USUAL | {"weight"},
    change=_withings_changes,
    truth=_withings_truth,
    leaves=_withings_leaves,
    registers=True,
    play=_played_withings,
)
