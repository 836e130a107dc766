"""The channels of a process: mail, where there is a server for it, and the configured receivers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from alerts.delivery.channel import Channel
from alerts.delivery.mail import read_smtp, smtp_sender
from alerts.delivery.receivers import WITHIN_S, channel_of
from fetcher.client import VendorClient
from model.messages.outgoing import MAIL, Receiver


@asynccontextmanager
async def open_channels(
    smtp: str, mail_from: str, receivers: Sequence[Receiver]
) -> AsyncIterator[list[Channel]]:
    """Give the channels; with an empty `smtp` there is none for mail.

    Raises ValueError for an `smtp` that is no address of a mail server.
    """
    channels: list[Channel] = []
    if smtp:
        channels.append(Channel(name=MAIL, send=smtp_sender(read_smtp(smtp), mail_from)))
    client = VendorClient(silence_s=WITHIN_S)
    try:
        yield [*channels, *(channel_of(receiver, client) for receiver in receivers)]
    finally:
        await client.close()
