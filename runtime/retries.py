"""Tries again after a pause that does not grow, by stamina.

Here are retries of one operation that will succeed or fail. A loop that follows something for ever,
or whose attempts are rows of a table, is none.
"""

from collections.abc import Callable, Iterator

import stamina
from stamina.instrumentation import set_on_retry_hooks

# By itself stamina logs each retry, with the arguments of the call and the text of the error.
set_on_retry_hooks(())


def attempts(
    on: type[Exception] | tuple[type[Exception], ...] | Callable[[Exception], bool | float],
    *,
    pause_s: float,
    tries: int | None = None,
    within_s: float | None = None,
) -> Iterator[stamina.Attempt]:
    """Yield attempts, each a context for `with`, until one does not raise.

    `on` is what is worth another attempt: classes of errors, or a function that returns whether an
    error is, or the seconds to wait for it. The last error is raised after `tries` attempts, or
    when one fails later than `within_s` seconds after the first began.
    """
    # No jitter: here a single client waits for its own server.
    return iter(
        stamina.retry_context(
            on,
            attempts=tries,
            timeout=within_s,
            wait_initial=pause_s,
            wait_max=pause_s,
            wait_jitter=0.0,
            wait_exp_base=1.0,
        )
    )
