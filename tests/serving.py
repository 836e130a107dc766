"""A guarded server on loopback in a thread, for tests of both doors and of the server itself."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from tests.until import until
from web.server import Serving, server

SERVING_WITHIN_S = 30.0


@contextmanager
def served(app: ASGIApp, serving: Serving, count: Callable[[str], None]) -> Iterator[int]:
    """Serve on a free port of loopback until the block ends; gives the port."""
    made = server(app, serving, count)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    until(lambda: made.started)
    try:
        yield int(made.servers[0].sockets[0].getsockname()[1])
    finally:
        made.should_exit = True
        thread.join(SERVING_WITHIN_S)
        assert not thread.is_alive()
