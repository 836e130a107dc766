"""Delivers a message of a channel, and counts and logs what became of it.

A line about a message names the channel only: neither whom it was for nor what it was about.
"""

from alerts.delivery.channel import Channel, DeliveryOutcome, deliver_next
from model.messages.outgoing import MUTED
from runtime.log_lines import get_logger
from stream.collaborators import Collaborators

_log = get_logger(__name__)


async def deliver_message(parts: Collaborators, channel: Channel) -> bool:
    """Send the next message of a channel; return whether there was one to send."""
    outcome = await deliver_next(parts.pool, channel, parts.now)
    if outcome is DeliveryOutcome.NOTHING:
        return False
    if outcome is DeliveryOutcome.MUTED:
        # a warning, because lines below it are not written
        _log.warning("a message to a patient is not sent", channel=channel.name, reason=MUTED)
    parts.metrics.messages.labels(channel.name, outcome.value).inc()
    return True
