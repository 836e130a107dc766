"""Says what reading one body may cost, by its size. It must never depend on a body's content.

Measured: a FIT file takes 0.03 CPU-s per MB, JSON 0.05 CPU-s. The budget of CPU time is at least
five times that. Memory has a large base and a cap; see `MEMORY_PER_BYTE`.
"""

from dataclasses import dataclass

_MIB = 1024 * 1024
BASE_CPU_S, CPU_S_PER_MIB = 0.5, 0.25
# Interpreter, numpy and the pages of malloc's arenas, which a body of any size may need.
BASE_MEMORY = 256 * _MIB
# Measured as the growth of the address space, which is what the kernel limits, in bytes for each
# byte of payload, with nothing subtracted:
#   Open Wearables, heart rate with all its words   10 at 4 MiB, 4 at 14 MiB
#   Open Wearables, time and value only             12 to 19
#   Garmin, activity samples with every field       15 at 6 MiB, 8 at 24 MiB, 6 at 100 MiB
#   Garmin, time and heart rate only                17 to 19
#   Garmin, all-day heart rates                      1 to  4
#   FIT                                             15
#   JSON of short keys and numbers, built to hurt   24
# The bound is twice what any watch needs, and half as much again as the worst that was built.
MEMORY_PER_BYTE = 40
# A machine with two readers at work on large bodies must not swap. The largest payload that was
# measured, 100 MiB of Garmin's, takes 570 MiB.
MOST_MEMORY = 1024 * _MIB
# Code outside of Python does not see the alarm of the CPU time. The kernel ends such a process this
# much later; it counts whole seconds.
HARD_S = 1
# A reader that waits for something uses no CPU time, so the time in which it neither works nor
# waits for a processor is bounded as well. Where the system does not tell that time, it is all wall
# time, which a busy machine may stretch: so a body is tried a second time.
IDLE_BASE_S, IDLE_FACTOR = 1.0, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBudget:
    """The limits for one body: CPU seconds, bytes of memory and seconds without work.

    A reader that is idle for longer is ended.
    """

    cpu_s: float
    memory: int
    idle_s: float


def budget(size: int) -> ReadBudget:
    """Return what reading a body of `size` bytes may cost."""
    cpu_s = BASE_CPU_S + CPU_S_PER_MIB * size / _MIB
    memory = min(BASE_MEMORY + MEMORY_PER_BYTE * size, MOST_MEMORY)
    return ReadBudget(cpu_s=cpu_s, memory=memory, idle_s=IDLE_BASE_S + IDLE_FACTOR * cpu_s)
