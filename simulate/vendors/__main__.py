"""Plays a vendor on loopback to try the product with, as if it were the vendor's own system.

    python -m simulate.vendors garmin --hook http://127.0.0.1:8801/v1/hooks/garmin/SEGMENT

It has one invented user. It sends the user's last days to the hook, again after a failure, and
answers sign-ins, fetches and questions about the past. It must never be reachable from elsewhere.
"""

import argparse
import errno
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus

from simulate.vendors.garmin.bodies import PlayedActivity, PlayedDay, PlayedGarmin
from simulate.vendors.garmin.server import GarminServer
from simulate.vendors.google_server import GoogleServer
from simulate.vendors.oura import OuraServer, oura_objects
from simulate.vendors.platform import PlatformServer
from simulate.vendors.played_pages import ACCOUNT_PATH
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
from simulate.vendors.vendor_http import serving_vendor
from simulate.vendors.webhooks import Sign, WebhookSender, unsigned
from simulate.vendors.whoop import WhoopServer, whoop_night, whoop_workout

_USER = "invented-user"
_MEMBER = "10129"  # WHOOP's users are numbers
_DAY_S = 86_400
_EAST_S = 3_600  # where the user's clock is
_EACH_S = 1.0
_PORT = 9301
_HOOK_HELP = "our address, as registered at the vendor; polar without --key needs none"
_KEY_HELP = """\
what proves a body, the same as in `keys` of the secrets file: needed for google_health, oura,
suunto and whoop; for garmin it is the client id, %(usual)s unless said; strava signs nothing. polar
has a webhook at --hook with a key; without one it has none until it is created by a POST of
/v3/webhooks, and signs with the key that the answer shows"""
# What to look at, by the status of a refusal.
_CHECKS = {
    0: " (is the address of --hook right, and is `kadens up` running?)",
    HTTPStatus.UNAUTHORIZED: " (are the key and the segment of --hook those in `keys` of the"
    " secrets file, and was `kadens up` started again since?)",
    HTTPStatus.NOT_FOUND: " (does the secrets file have this vendor, and is the segment of --hook"
    " the one in `keys`?)",
    HTTPStatus.TOO_MANY_REQUESTS: " (too many at once: they come again by themselves)",
}
_NO_WEBHOOK = "no webhook yet: create it by POST at /v3/webhooks"


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


def send_round(vendor: PlayedVendor, sender: WebhookSender) -> int:
    """Send what is due, with what the server has to push since; return how many were received."""
    address = vendor.calls(sender.callback)
    if not address:
        return 0
    for call in sender.waiting:
        # it may have been put into the queue before there was an address
        call.callback = address
    # not every vendor has something to push by itself
    outbox: list[bytes] = getattr(vendor.server, "outbox", [])
    while outbox:
        sender.push(outbox.pop(0))
    return sender.send_due()


def refusals(sender: WebhookSender) -> str:
    """Return how many calls were refused and wait for their next attempt, by status and reason."""
    waiting = [call for call in sender.waiting if call.failures]
    counts = Counter((call.status, call.reason) for call in waiting)
    some = []
    for (status, reason), count in counts.items():
        word = f" {reason}" if reason else ""
        check = _CHECKS.get(status, "")
        some.append(f", {count} refused with {status or 'no answer'}{word}{check}")
    return "".join(some)


def play_vendor(arguments: Sequence[str] | None = None) -> None:
    """Play what the arguments say until it is interrupted; a port that is taken ends it."""
    parser = argparse.ArgumentParser(prog="python -m simulate.vendors", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("vendor", choices=sorted(VENDORS))
    parser.add_argument("--hook", default="", help=_HOOK_HELP)
    parser.add_argument("--key", help=_KEY_HELP % {"usual": USUAL_KEY})
    parser.add_argument(
        "--port", type=int, default=_PORT, help="where it answers on loopback, %(default)s if unset"
    )
    words = parser.parse_args(arguments)
    usual = USUAL_KEYS.get(words.vendor, USUAL_KEY)
    vendor = VENDORS[words.vendor](int(time.time()), usual if words.key is None else words.key)
    # a webhook that is created brings its own address
    if not words.hook and (vendor.calls is as_given or words.key):
        parser.error("--hook is needed")
    # another account would be linked, and nothing would ever come of it
    vendor.server.accounts = frozenset({vendor.server.user})
    sender = WebhookSender(now_s=time.time, callback=words.hook, sign=vendor.sign)
    for body in vendor.bodies:
        sender.push(body)
    try:
        with serving_vendor(vendor.server, words.port) as address:
            _say(f"{words.vendor} is played at {address}, user {vendor.server.user}")
            _say(f"{address}{ACCOUNT_PATH} lets the user give Kadens up")
            _play(vendor, sender)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        taken = f"port {words.port} is taken: choose --port, and write the same port into `api`"
        sys.exit(taken)


def _play(vendor: PlayedVendor, sender: WebhookSender) -> None:
    _say(f"client_id {vendor.server.client_id}, client_secret {vendor.server.client_secret}")
    if vendor.api_key:
        _say(f"api_key {vendor.api_key}")
    shown = ""
    while True:
        received = send_round(vendor, sender)
        given_up = len(vendor.server.withdrawn)
        line = f"bodies received{refusals(sender)}; users given up: {given_up}"
        if not vendor.calls(sender.callback):
            line = f"{line}; {_NO_WEBHOOK}"
        # what waits for its next attempt is told once
        if received or line != shown:
            _say(f"{received} {line}")
        shown = line
        time.sleep(_EACH_S)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        play_vendor()
