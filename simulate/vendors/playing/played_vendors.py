"""The vendors that can be played on loopback, each with one invented user and the user's last days.

A day is over before it is sent: nothing may be measured after its receipt.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from simulate.vendors.garmin.bodies import PlayedActivity, PlayedDay, PlayedGarmin
from simulate.vendors.garmin.server import GarminServer
from simulate.vendors.google_server import GoogleServer
from simulate.vendors.oura import OuraServer, oura_objects
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.polar_server import WEBHOOK_EVENTS, PolarServer, PolarWebhook
from simulate.vendors.strava import strava_body
from simulate.vendors.strava_server import StravaServer
from simulate.vendors.suunto.bodies import (
    PlayedNight,
    PlayedSample,
    PlayedSuunto,
    PlayedWorkout,
    suunto_headers,
)
from simulate.vendors.suunto.server import SuuntoServer
from simulate.vendors.webhooks import Sign, unsigned
from simulate.vendors.whoop import WhoopServer, whoop_night, whoop_workout

_USER = "invented-user"
_MEMBER = "10129"  # WHOOP's users are numbers
_DAY_S = 86_400
_EAST_S = 3_600  # where the user's clock is


def as_given(hook: str) -> str:
    """Return the address itself: most vendors call the one that is registered by hand."""
    return hook


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedVendor:
    """A vendor that is played: its server, how it proves a body, and what it sends first.

    `calls` makes of `--hook` the address that is called now, "" while there is none. `api_key` is
    what it wants beside a token, "" for nothing.
    """

    server: PlatformServer
    sign: Sign
    bodies: list[bytes]
    calls: Callable[[str], str] = as_given
    api_key: str = ""


def played_garmin(now_s: int, key: str) -> PlayedVendor:
    """Return Garmin with a user of two days and a walk; `key` is the client id of its header."""
    # whole days that are over: nothing may be measured after its receipt
    midnight_s = (now_s + _EAST_S) // _DAY_S * _DAY_S - _EAST_S
    days = []
    for back in (2, 1):
        day = PlayedDay(
            start_s=midnight_s - back * _DAY_S,
            offset_s=_EAST_S,
            steps=[0] * 32 + [60] * 56 + [0] * 8,
            beats=[58 + slot % 30 for slot in range(5_760)],
            night_s=25_200,
            rmssd=[38 + number % 9 for number in range(80)],
        )
        days.append(day)
    walk = PlayedActivity(
        id=now_s,
        start_s=midnight_s - 7 * 3_600,
        offset_s=_EAST_S,
        type=("WALKING", "walking"),
        beats=[104 + number % 20 for number in range(361)],
    )
    played = PlayedGarmin(user=_USER, days=days, activities=[walk])
    server = GarminServer(now_s=time.time, user=_USER, users={_USER: played})

    def sign(_body: bytes, _now_s: float) -> Mapping[str, str]:
        return {"garmin-client-id": key}

    return PlayedVendor(server=server, sign=sign, bodies=played.pushes())


def played_suunto(now_s: int, key: str) -> PlayedVendor:
    """Return Suunto with a user of a day and a walk; `key` is the notification secret."""
    # as above, so that both vendors play the same walk and it counts once
    midnight_s = (now_s + _EAST_S) // _DAY_S * _DAY_S - _EAST_S
    offset_min = _EAST_S // 60
    walk = PlayedWorkout(
        key=f"{now_s:024x}",
        start_s=midnight_s - 7 * 3_600,
        offset_min=offset_min,
        type=(0, "walking"),
        beats=[104 + second % 20 for second in range(1_801)],
    )
    night = PlayedNight(
        id=midnight_s,
        start_s=midnight_s - _DAY_S,
        end_s=midnight_s - _DAY_S + 25_200,
        offset_min=offset_min,
    )
    samples = _suunto_day(midnight_s - _DAY_S, offset_min)
    played = PlayedSuunto(user=_USER, workouts=[walk], samples=samples, nights=[night])
    server = SuuntoServer(now_s=time.time, user=_USER, users={_USER: played})

    def sign(body: bytes, _now_s: float) -> Mapping[str, str]:
        return suunto_headers(key, body)

    return PlayedVendor(
        server=server,
        sign=sign,
        bodies=played.notices(is_settled=True),
        api_key=server.subscription,
    )


def _suunto_day(start_s: int, offset_min: int) -> list[PlayedSample]:
    """Return a sample for every ten minutes of a day."""
    samples = []
    for number in range(144):
        sample = PlayedSample(
            at_s=start_s + number * 600,
            offset_min=offset_min,
            beats=58 + number % 30,
            steps=40,
            kcal=8,
            rmssd=41,
        )
        samples.append(sample)
    return samples


def played_google(now_s: int, key: str) -> PlayedVendor:
    """Return Google Health with a user of two days; `key` is the value that it echoes."""
    midnight_ms = ((now_s + _EAST_S) // _DAY_S * _DAY_S - _EAST_S) * 1000
    server = GoogleServer(now_s=time.time, user=_USER, authorization=key)
    user = server.person(_USER)
    notices = []
    for back in (2, 1):
        start_ms = midnight_ms - back * _DAY_S * 1000
        noon_ms = start_ms + 12 * 3_600_000
        notices += [
            user.slept(f"night-{start_ms}", start_ms, start_ms + 7 * 3_600_000),
            user.beats(noon_ms, [104 + number % 20 for number in range(361)]),
            user.walked(noon_ms, [100] * 30),
            user.exercised(f"walk-{start_ms}", noon_ms, noon_ms + 1_800_000, noon_ms + 3_600_000),
            user.rested(start_ms, 58),
        ]
    # a notice announces what is then asked for, so its body holds no values
    bodies = [json.dumps([notice]).encode() for notice in notices]
    return PlayedVendor(server=server, sign=server.signed, bodies=bodies)


def played_oura(now_s: int, key: str) -> PlayedVendor:
    """Return Oura with a user of two days and a run in each; `key` is the client secret."""
    server = OuraServer(now_s=time.time, user=_USER, client_secret=key)
    midnight = _midnight(now_s)
    cues = []
    for back in (2, 1):
        day = midnight - timedelta(days=back)
        for minute in range(30):
            at = day + timedelta(hours=8, minutes=minute)
            server.beat(_USER, at, 110 + minute, "workout")
        for kind, value in oura_objects(day):
            server.put(_USER, kind, value)
            cues.append(server.cue(_USER, "create", kind, value["id"]))
    return PlayedVendor(server=server, sign=server.signed, bodies=cues)


def played_whoop(now_s: int, key: str) -> PlayedVendor:
    """Return WHOOP with a member of a night and a run; `key` is the client secret."""
    server = WhoopServer(now_s=time.time, user=_MEMBER, client_secret=key)
    day = _midnight(now_s) - timedelta(days=1)
    server.put_workout(_MEMBER, whoop_workout(f"run-{now_s}", day + timedelta(hours=8)))
    night = whoop_night(f"night-{now_s}", day + timedelta(hours=7), now_s)
    server.put_sleep(_MEMBER, *night)
    bodies = [call.body for call in server.sender.waiting]
    return PlayedVendor(server=server, sign=server.signed, bodies=bodies)


def played_polar(now_s: int, key: str) -> PlayedVendor:
    """Return Polar with a user of two days and a run in each; `key` is that of the webhook.

    With "" there is no webhook until our application creates one.
    """
    server = PolarServer(now_s=time.time, registers=True)
    if key:
        server.webhook = PolarWebhook(id="w-1", events=WEBHOOK_EVENTS, url="", key=key)
    user = server.person(int(server.user))
    midnight, bodies = _midnight(now_s), []
    for back in (2, 1):
        start = midnight - timedelta(days=back)
        day, sent = start.date().isoformat(), f"{midnight.date().isoformat()}T00:00:00Z"
        start_ms = int(start.timestamp()) * 1000
        beats = [110 + number % 20 for number in range(360)]
        bodies += [
            user.exercised(f"run-{day}", start_ms + 8 * 3_600_000, beats, ("RPE_MODERATE", 6.0)),
            user.walked(day, dict.fromkeys(range(480, 510), 110), sent),
            user.felt(day, [(minute * 300, 60) for minute in range(90)], sent),
            user.slept(day, start_ms, start_ms + 6 * 3_600_000, 42, sent),
        ]
    return PlayedVendor(server=server, sign=server.signed, bodies=bodies, calls=server.calls)


def played_strava(now_s: int, _key: str) -> PlayedVendor:
    """Return Strava with an athlete of two runs, one of them deleted; its events are unsigned."""
    server = StravaServer(now_s=time.time)
    athlete = server.person(int(server.user))
    start_ms = int((_midnight(now_s) - timedelta(hours=16)).timestamp()) * 1000
    beats = [(second, 110 + second % 20) for second in range(0, 1_800, 2)]
    events = [
        athlete.did(now_s, start_ms, 1_800, beats, effort=6.0),
        athlete.did(now_s + 1, start_ms + 7_200_000, 600, beats[:300]),
        athlete.deleted(now_s + 1, start_ms + 10_800_000),
    ]
    return PlayedVendor(server=server, sign=unsigned, bodies=list(map(strava_body, events)))


def _midnight(now_s: int) -> datetime:
    """Return the beginning of the user's date."""
    local = datetime.fromtimestamp(now_s, UTC).astimezone(timezone(timedelta(seconds=_EAST_S)))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


VENDORS: Mapping[str, Callable[[int, str], PlayedVendor]] = {
    "garmin": played_garmin,
    "google_health": played_google,
    "oura": played_oura,
    "polar": played_polar,
    "strava": played_strava,
    "suunto": played_suunto,
    "whoop": played_whoop,
}
# The key where none is said; a webhook of Polar has one that its answer shows.
USUAL_KEY = "client-of-tests"
USUAL_KEYS: Mapping[str, str] = {"polar": ""}
