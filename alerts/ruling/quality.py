"""How well each rule does, from what clinicians did with its alerts, and their load. Pure.

A share of nothing is not known, and never 0.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFigures:
    """Counts of a rule at a care unit over a time.

    `useful` and `useless` are the answers to "useful?". `overridden` are the alerts that were
    resolved as not relevant or as a data error, of the `resolved`. `acknowledge_ms` is the median
    time to a person's first move. `held` are findings that raised no alert.
    """

    rule: str
    raised: int = 0
    useful: int = 0
    useless: int = 0
    resolved: int = 0
    overridden: int = 0
    retracted: int = 0
    acknowledge_ms: int | None = None
    held: int = 0

    @property
    def predictive_value(self) -> float | None:
        """Return the share of the answered alerts that were useful, None without an answer."""
        return _share(self.useful, self.useful + self.useless)

    @property
    def override_rate(self) -> float | None:
        """Return the share of the resolved alerts that were overridden, None without any."""
        return _share(self.overridden, self.resolved)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicianLoad:
    """New alerts of tier A and B of a clinician over a time; "" are patients without one."""

    clinician: str
    alerts: int
    patients: int

    def per_day(self, days: float) -> float:
        """Return the alerts for each of `days` days."""
        return self.alerts / days if days else 0.0


def _share(part: int, total: int) -> float | None:
    return part / total if total else None
