"""Says what reading one body may cost, by its size. It must never depend on a body's content.

Measured: a FIT file takes 0.03 CPU-s and 15 MB of memory per MB, JSON 0.05 CPU-s and 30 MB. The
budget of CPU time is at least five times that. Memory has a large base and a cap.
"""

from dataclasses import dataclass

_MIB = 1024 * 1024
BASE_CPU_S, CPU_S_PER_MIB = 0.5, 0.25
BASE_MEMORY, MEMORY_PER_BYTE = 256 * _MIB, 24
MOST_MEMORY = 1024 * _MIB
# Code outside of Python does not see the alarm of the CPU time. The kernel ends such a process this
# much later; it counts whole seconds.
HARD_S = 1
# A reader that waits for something uses no CPU time, so its wall time is bounded as well. A busy
# machine may stretch wall time, so a body is tried a second time.
WALL_S, WALL_FACTOR = 1.0, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBudget:
    """The limits for one body: CPU seconds, bytes of memory and wall seconds.

    A reader that takes more wall time is ended.
    """

    cpu_s: float
    memory: int
    wall_s: float


def budget(size: int) -> ReadBudget:
    """Return what reading a body of `size` bytes may cost."""
    cpu_s = BASE_CPU_S + CPU_S_PER_MIB * size / _MIB
    memory = min(BASE_MEMORY + MEMORY_PER_BYTE * size, MOST_MEMORY)
    return ReadBudget(cpu_s=cpu_s, memory=memory, wall_s=WALL_S + WALL_FACTOR * cpu_s)
