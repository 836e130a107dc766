"""Plays a vendor on loopback to try the product with, as if it were the vendor's own system.

    python -m simulate.vendors garmin --hook http://127.0.0.1:8801/v1/hooks/garmin/SEGMENT

It has one invented user. It sends the user's last days to the hook, again after a failure, and
answers sign-ins, fetches and questions about the past. It must never be reachable from elsewhere.
"""

import argparse
import errno
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from simulate.vendors.platform.played_pages import ACCOUNT_PATH
from simulate.vendors.platform.vendor_http import serving_vendor
from simulate.vendors.playing.played_vendors import (
    USUAL_KEY,
    USUAL_KEYS,
    VENDORS,
    PlayedVendor,
    as_given,
)
from simulate.vendors.playing.rounds import refusals, send_round
from simulate.vendors.webhooks import WebhookSender

_EACH_S = 1.0
_PORT = 9301
_HOOK_HELP = "our address, as registered at the vendor; polar without --key needs none"
_KEY_HELP = """\
what proves a body, the same as in `keys` of the secrets file: needed for google_health, oura,
suunto and whoop; for garmin it is the client id, %(usual)s unless said; strava signs nothing. polar
has a webhook at --hook with a key; without one it has none until it is created by a POST of
/v3/webhooks, and signs with the key that the answer shows"""
_NO_WEBHOOK = "no webhook yet: create it by POST at /v3/webhooks"


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
