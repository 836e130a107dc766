"""The consumer that Faust makes for this transport is corrected.

The figure is set where aiokafka reads it.
"""

import subprocess
import sys

from stream.log.transport import FETCH_WAIT_MS

# A process of its own: an app that never starts leaves Faust's event loops open.
MAKE = """
import asyncio
from stream.app import make_app

async def main():
    app = make_app(brokers="127.0.0.1:1", worker_id="", mock=False, commit_interval_s=1, \
session_s=6)
    thread = app.consumer._thread
    for maker in (thread, super(type(thread), thread)):
        print(maker._create_worker_consumer(app.transport)._fetch_max_wait_ms)

asyncio.run(main())
"""


def test_a_fetch_waits_shorter_than_faust_sets() -> None:
    """Faust's own figure is checked too.

    A name that nobody reads any more would be set without effect.
    """
    made = subprocess.run([sys.executable, "-c", MAKE], check=True, capture_output=True, text=True)
    assert made.stdout.split() == [str(FETCH_WAIT_MS), "1500"]
    assert FETCH_WAIT_MS == 50
