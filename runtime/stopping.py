"""Waiting of a process that may be asked to stop meanwhile. It knows nothing of what waits."""

import asyncio


async def wait_or_stop(stop: asyncio.Event, seconds: float) -> None:
    """Wait for some time, or until the process stops."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
