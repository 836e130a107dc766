"""Users at Junction and Terra, which collect from other vendors: what happens, what is true."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from simulate.vendors.junction import HubWorkout, PlayedJunction, junction_headers
from simulate.vendors.junction_server import JunctionServer
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.playing.played_vendors import PlayedVendor
from simulate.vendors.terra import PlayedTerra, TerraJson, TerraWorkout, terra_headers
from simulate.vendors.vendor_truth import VendorTruth
from tests.e2e.lives.life import DAY_S, USUAL, Bodies, VendorLife, add_days

_HUB_KEY = "whsec_bWFkZS11cC1zZWNyZXQtb2YtYS10ZXN0"
_HUB_USER = "4a29dbc7-6db3-4c83-bfac-70a20a4be1b2"


# Junction


def _played_junction(now_s: int, key: str) -> PlayedVendor:
    midnight_s = now_s // DAY_S * DAY_S - 2 * DAY_S
    day = datetime.fromtimestamp(midnight_s, UTC).date().isoformat()
    run = HubWorkout(
        id="w-1",
        start_s=midnight_s + 36_000,
        length_s=1_800,
        sport="running",
        beats=[*range(110, 140)] * 30,
    )
    played = PlayedJunction(
        user_id=_HUB_USER,
        client_user_id="patient-1",
        workouts=[run],
        beats=[(midnight_s + 50_000 + 15 * n, 60 + n % 20) for n in range(250)],
        walked=[(midnight_s + 900 * n, midnight_s + 900 * (n + 1), 40 + n) for n in range(80)],
        nights=[("n-1", midnight_s - 8 * 3_600, midnight_s - 1_800)],
        days=[(day, 7_400, 55)],
    )
    server = JunctionServer(now_s=time.time, user="patient-1", users={_HUB_USER: played})

    def sign(body: bytes, now: float) -> Mapping[str, str]:
        return junction_headers(key, f"msg_{sha256(body).hexdigest()[:20]}", body, int(now))

    return PlayedVendor(
        server=server,
        sign=sign,
        bodies=[*played.pushes(), *played.history(day, day)],
        api_key=server.api_key,
    )


def _junction_changes(server: PlatformServer) -> Bodies:
    """Cut the run, and give the day more steps."""
    assert isinstance(server, JunctionServer)
    played = server.users[_HUB_USER]
    (run,), ((day, _, resting),) = played.workouts, played.days
    played.workouts = [replace(run, length_s=1_500, changed_s=7_200)]
    played.days = [(day, 9_100, resting)]
    return [
        played.event("daily.data.workouts.updated", played.workout(played.workouts[0])),
        played.event("daily.data.activity.updated", played.day(played.days[0])),
    ]


def _junction_truth(server: PlatformServer) -> VendorTruth:
    assert isinstance(server, JunctionServer)
    stated = cast("Mapping[str, Sequence[Any]]", server.users[_HUB_USER].truth())
    truth = VendorTruth(workouts=set(stated["workouts"]))
    truth.worn = {(start, end) for start, end, _ in stated["wear"]}
    truth.samples = {"heart_rate": set(stated["heart_rate"])}
    truth.counts = {"steps": set(stated["steps"])}
    add_days(truth, stated["days"])
    return truth


# Terra

_TERRA_SECRET = "made-up-secret-of-a-hub-0123456789"  # noqa: S105 - as it says
_DELETED = 4  # Terra's `upload_type` of a workout that is no more


@dataclass(slots=True, kw_only=True)
class _TerraHub(PlatformServer):
    """Terra with one user; nothing is asked of it. `made_ms` is when it made each body."""

    played: PlayedTerra
    made_ms: dict[bytes, int] = field(default_factory=dict)

    def made(self, kind: str, *data: TerraJson) -> bytes:
        body = self.played.event(kind, *data)
        # two events are never made in one millisecond, and a later one is a later version
        self.made_ms[body] = max([round(self.now_s() * 1000), *self.made_ms.values()]) + 1
        return body


def _played_terra(now_s: int, key: str) -> PlayedVendor:
    midnight_s = now_s // DAY_S * DAY_S - 2 * DAY_S
    runs = []
    for number, word in enumerate(("running", "running", "walking")):
        run = TerraWorkout(
            id=f"a-{number}",
            start_s=midnight_s + number * 4 * 3_600,
            length_s=1_200,
            number={"running": 8, "walking": 7}[word],
            type=word,
            beats=[120 + second % 30 for second in range(600)],
        )
        runs.append(run)
    played = PlayedTerra(
        user_id=_HUB_USER,
        workouts=runs,
        nights=[("n-1", midnight_s - 9 * 3_600, midnight_s - 3_600)],
        days=[(datetime.fromtimestamp(midnight_s, UTC).date().isoformat(), 6_000, 52)],
    )
    server = _TerraHub(now_s=time.time, user=_HUB_USER, played=played)
    bodies = [
        server.made("activity", *map(played.workout, runs)),
        server.made("sleep", *map(played.night, played.nights)),
        server.made("daily", *map(played.day, played.days)),
    ]

    def sign(body: bytes, now: float) -> Mapping[str, str]:
        return terra_headers(key, body, int(now), server.made_ms[body])

    return PlayedVendor(server=server, sign=sign, bodies=bodies)


def _terra_changes(server: PlatformServer) -> Bodies:
    """Cut a run, delete another, and give the day more steps."""
    assert isinstance(server, _TerraHub)
    played = server.played
    first, gone, last = played.workouts
    taken_back = played.workout(gone)
    taken_back["metadata"]["upload_type"] = _DELETED
    cut = replace(first, length_s=900)
    played.workouts = [cut, last]
    played.days = [(day, 9_000, resting) for day, _, resting in played.days]
    return [
        server.made("activity", played.workout(cut)),
        server.made("activity", taken_back),
        server.made("daily", *map(played.day, played.days)),
    ]


def _terra_truth(server: PlatformServer) -> VendorTruth:
    assert isinstance(server, _TerraHub)
    stated = cast("Mapping[str, Sequence[Any]]", server.played.truth())
    truth = VendorTruth(workouts=set(stated["workouts"]))
    truth.worn = {(start, end) for start, end, _ in stated["wear"]}
    truth.samples = {"heart_rate": set(stated["heart_rate"])}
    add_days(truth, stated["days"])
    return truth


JUNCTION_LIFE = VendorLife(
    key=_HUB_KEY,
    signs_with=_HUB_KEY,
    metrics=USUAL | {"resting_heart_rate"},
    change=_junction_changes,
    truth=_junction_truth,
    signs_in=False,
    play=_played_junction,
)

TERRA_LIFE = VendorLife(
    key=_TERRA_SECRET,
    signs_with=_TERRA_SECRET,
    metrics=USUAL | {"resting_heart_rate"},
    change=_terra_changes,
    truth=_terra_truth,
    signs_in=False,
    play=_played_terra,
)
