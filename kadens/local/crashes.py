"""How often something may crash, and how long to wait before it is started again. Pure."""

from dataclasses import dataclass, field

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
STEADY_S = 30.0  # after a run of this length crashes are counted anew
MOST_CRASHES = 8


@dataclass(slots=True)
class Crashes:
    """Counts crashes by name."""

    _counts: dict[str, int] = field(default_factory=dict)

    def pause_s(self, name: str, ran_s: float) -> float | None:
        """Count a crash of what ran for `ran_s` seconds.

        Return the pause in seconds before the next start, None to give it up.
        """
        count = 1 if ran_s > STEADY_S else self._counts.get(name, 0) + 1
        self._counts[name] = count
        if count > MOST_CRASHES:
            return None
        return float(min(FIRST_PAUSE_S * 2 ** (count - 1), LONGEST_PAUSE_S))

    def count(self, name: str) -> int:
        """Return how many crashes were counted since it last ran steadily."""
        return self._counts.get(name, 0)
