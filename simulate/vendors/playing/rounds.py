"""Sends what a played vendor has to send, again after a failure, and says what was refused."""

from collections import Counter
from http import HTTPStatus

from simulate.vendors.playing.played_vendors import PlayedVendor
from simulate.vendors.webhooks import WebhookSender

# What to look at, by the status of a refusal.
_CHECKS = {
    0: " (is the address of --hook right, and is `kadens up` running?)",
    HTTPStatus.UNAUTHORIZED: " (are the key and the segment of --hook those in `keys` of the"
    " secrets file, and was `kadens up` started again since?)",
    HTTPStatus.NOT_FOUND: " (does the secrets file have this vendor, and is the segment of --hook"
    " the one in `keys`?)",
    HTTPStatus.TOO_MANY_REQUESTS: " (too many at once: they come again by themselves)",
}


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
