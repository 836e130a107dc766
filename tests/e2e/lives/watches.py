"""Users of watches at Garmin, Suunto, COROS and Huawei: what they do, and what is true of them."""

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from simulate.fit_writer import Recording, write_activity
from simulate.vendors.coros import CorosServer, coros_activity, coros_headers, coros_push
from simulate.vendors.garmin.bodies import push
from simulate.vendors.garmin.server import GarminServer
from simulate.vendors.partners.huawei import HuaweiRecord, HuaweiServer
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.playing.played_vendors import PlayedVendor
from simulate.vendors.suunto.server import SuuntoServer
from simulate.vendors.vendor_truth import VendorTruth
from tests.e2e.lives.life import (
    DAY_S,
    LIFE_SECRET,
    RMSSD,
    SEGMENT,
    USUAL,
    Bodies,
    VendorLife,
    add_days,
)

# Garmin


def _garmin_changes(server: PlatformServer) -> Bodies:
    """Let an activity be edited, and a day be read out once more with more steps."""
    assert isinstance(server, GarminServer)
    played = server.users[server.user]
    walk = replace(played.activities[0], edited=("HIKING", "hiking"))
    more = replace(played.days[1], steps=[*played.days[1].steps[:-8], *[20] * 8])
    server.users[server.user] = replace(
        played, days=[played.days[0], more], activities=[walk, *played.activities[1:]]
    )
    return server.users[server.user].pushes()


def _garmin_truth(server: PlatformServer) -> VendorTruth:
    assert isinstance(server, GarminServer)
    stated = server.users[server.user].truth()
    truth = VendorTruth(workouts=set(stated["workouts"]), worn=set(stated["wear"]))
    truth.samples = {"heart_rate": set(stated["heart_rate"]), RMSSD: set(stated["variability"])}
    truth.counts = {"steps": set(stated["steps"])}
    add_days(truth, stated["days"])
    return truth


def _garmin_leaves(_server: PlatformServer, user: str) -> Bodies:
    return [push(deregistrations=[{"userId": user}])]


# Suunto


def _suunto_changes(server: PlatformServer) -> Bodies:
    """Let a night end later than was first said."""
    assert isinstance(server, SuuntoServer)
    played = server.users[server.user]
    (night,) = played.nights
    server.users[server.user] = replace(played, nights=[replace(night, end_s=night.end_s + 3_600)])
    return server.users[server.user].notices(is_settled=True)


def _suunto_news(server: PlatformServer, user: str) -> Bodies:
    assert isinstance(server, SuuntoServer)
    return [replace(server.users[server.user], user=user).notices()[0]]


def _suunto_truth(server: PlatformServer) -> VendorTruth:
    assert isinstance(server, SuuntoServer)
    stated = server.users[server.user].truth()
    truth = VendorTruth(workouts=set(stated["workouts"]), worn=set(stated["wear"]))
    truth.samples = {"heart_rate": set(stated["heart_rate"]), RMSSD: set(stated["variability"])}
    # counts have the instant at which they were read, and no beginning
    for metric, rows in (("steps", stated["steps"]), ("active_energy", stated["energy"])):
        truth.samples[metric] = {(at, value) for at, _, value in rows}
    return truth


# COROS

_COROS_SECONDS = 1_200
_COROS_LABEL = 418_173_315_956_375_553


def _played_coros(now_s: int, _key: str) -> PlayedVendor:
    start_ms = (now_s // DAY_S * DAY_S - DAY_S + 8 * 3_600) * 1000
    t = start_ms + np.arange(_COROS_SECONDS, dtype=np.int64) * 1000
    recording = Recording(
        start_ms=start_ms,
        end_ms=start_ms + _COROS_SECONDS * 1000,
        t=t,
        columns={"heart_rate": np.full(len(t), 131.0), "cadence": np.full(len(t), 80.0)},
    )
    server = CorosServer(now_s=time.time, user="open-1")
    server.files["/fit/a.fit"] = write_activity(recording)

    def sign(_body: bytes, _now: float) -> Mapping[str, str]:
        return coros_headers("partner", LIFE_SECRET)

    # the link comes later: first the activity without a file, then with it
    activities = [coros_activity(server.user, _COROS_LABEL, file) for file in ("", "/fit/a.fit")]
    bodies = [coros_push([activity]) for activity in activities]
    return PlayedVendor(server=server, sign=sign, bodies=bodies)


def _coros_changes(server: PlatformServer) -> Bodies:
    """Push another activity with the same file, which is the same minutes."""
    return [coros_push([coros_activity(server.user, _COROS_LABEL + 1, "/fit/a.fit")])]


def _coros_truth(server: PlatformServer) -> VendorTruth:
    start_ms = (int(server.now_s()) // DAY_S * DAY_S - DAY_S + 8 * 3_600) * 1000
    end_ms = start_ms + _COROS_SECONDS * 1000
    beats = {(start_ms + second * 1000, 131.0) for second in range(_COROS_SECONDS)}
    workouts = {(start_ms, end_ms, "walking")}
    return VendorTruth(workouts=workouts, samples={"heart_rate": beats})


# Huawei

_HUAWEI_SECRET = "bWFkZS11cC1odWF3ZWktc2VjcmV0"  # noqa: S105 - of nobody


def _huawei_run(name: str, start_ms: int, minutes: int, word: str = "running") -> HuaweiRecord:
    end_ms = start_ms + minutes * 60_000
    totals = {"distance": minutes * 150.0, "heart_rate": 131.0}
    return HuaweiRecord(id=name, start_ms=start_ms, end_ms=end_ms, type=word, totals=totals)


def _played_huawei(now_s: int, key: str) -> PlayedVendor:
    server = HuaweiServer(now_s=time.time, user="MDFAMTAw", secret=key)
    midnight_ms = (now_s // DAY_S - 2) * DAY_S * 1000
    bodies = []
    for number in range(4):
        run = _huawei_run(f"r-{number}", midnight_ms + number * 6 * 3_600_000, 20)
        bodies.append(server.did(server.user, run))
    return PlayedVendor(server=server, sign=server.signed, bodies=bodies, api_key=server.client_id)


def _huawei_changes(server: PlatformServer) -> Bodies:
    """Let a run be a shorter walk, delete two others, and do one of them once more as it was."""
    assert isinstance(server, HuaweiServer)
    first, again, gone, _ = server.records[server.user].values()
    walk = _huawei_run(first.id, first.start_ms, 15, "walking")
    bodies = [
        server.did(server.user, walk),
        server.deleted(server.user, again.id),
        server.deleted(server.user, gone.id),
    ]
    return [*bodies, server.did(server.user, again)]


def _huawei_truth(server: PlatformServer) -> VendorTruth:
    assert isinstance(server, HuaweiServer)
    return server.truth(server.user)


def _huawei_leaves(server: PlatformServer, user: str) -> Bodies:
    assert isinstance(server, HuaweiServer)
    return [server.leave(user)]


GARMIN_LIFE = VendorLife(
    key=f"{SEGMENT}:client-of-tests",
    signs_with="client-of-tests",
    path=f"/{SEGMENT}",
    metrics=USUAL,
    change=_garmin_changes,
    truth=_garmin_truth,
    leaves=_garmin_leaves,
)

SUUNTO_LIFE = VendorLife(
    key=LIFE_SECRET,
    signs_with=LIFE_SECRET,
    metrics=USUAL | {"active_energy"},
    change=_suunto_changes,
    orders_by_arrival=True,
    truth=_suunto_truth,
    news=_suunto_news,
)

COROS_LIFE = VendorLife(
    key=f"partner:{LIFE_SECRET}",
    signs_with="",
    metrics=USUAL,
    change=_coros_changes,
    truth=_coros_truth,
    signs_in=False,
    play=_played_coros,
)

HUAWEI_LIFE = VendorLife(
    key=_HUAWEI_SECRET,
    signs_with=_HUAWEI_SECRET,
    metrics=USUAL,
    change=_huawei_changes,
    truth=_huawei_truth,
    leaves=_huawei_leaves,
    signs_in=False,
    brings_tokens=True,
    play=_played_huawei,
)
