"""Says how long a process has been busy: at work, or ready to work on a machine that is busy too.

The wall time without it is the time in which a process waited for something else. It must never
raise: a process may end at any moment.
"""

from pathlib import Path

_NS = 1_000_000_000


def busy_s(process: int) -> float:
    """Return the seconds in which a process ran or waited for a processor.

    It is 0.0 where the system does not say, as everywhere but on Linux, and for a process that has
    ended. Threads beside the main one do not count.
    """
    try:
        # the scheduler's own account: time on a processor, and time in the queue for one
        ran_ns, queued_ns, *_ = Path(f"/proc/{process}/schedstat").read_text().split()
        return (int(ran_ns) + int(queued_ns)) / _NS
    except (OSError, ValueError):
        return 0.0
