"""The state of a demo in its data folder, so that an interrupted demo is completed later.

Every body of a demo follows from seed, weeks and starting time. Sent again, it is the same body and
changes nothing. So the state is these three values and whether the history is complete. It must
never repeat what the database holds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kadens.secrets.writing import replace_file
from model.codec import dumps, loads
from simulate.cohort import Cohort, demo_cohort

STATE = "demo.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoState:
    """How a demo began (`now_ms` in epoch ms), and whether its history was worked on completely."""

    now_ms: int
    seed: int
    weeks: int
    complete: bool = False

    def cohort(self, now_ms: int | None = None) -> Cohort:
        """Return the patients as they were when the demo began, or as they are at `now_ms`."""
        at = self.now_ms if now_ms is None else now_ms
        return demo_cohort(now_ms=at, seed=self.seed, weeks=self.weeks)


def read_state(data: Path) -> DemoState | None:
    """Return the state in a data folder; None when there is none, or when the file is damaged."""
    try:
        values: dict[str, Any] = loads((data / STATE).read_bytes())
        return DemoState(
            now_ms=int(values["now_ms"]),
            seed=int(values["seed"]),
            weeks=int(values["weeks"]),
            complete=values["complete"] is True,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_state(data: Path, state: DemoState) -> None:
    """Write the state of a demo; a crash leaves the old state or the new."""
    values = {
        "now_ms": state.now_ms,
        "seed": state.seed,
        "weeks": state.weeks,
        "complete": state.complete,
    }
    replace_file(data / STATE, dumps(values).decode())


def begin(data: Path, wanted: DemoState, enrol: Callable[[Cohort], bool]) -> DemoState:
    """Return the state to go on from, with the patients of the demo enrolled.

    `enrol` writes the patients of a cohort and returns False when they exist already. The state is
    written before them. So patients without a state belong to a demo that this folder does not
    know, and its history counts as complete.
    """
    remembered = read_state(data)
    if remembered is None:
        write_state(data, wanted)
    state = remembered or wanted
    if not enrol(state.cohort()) and remembered is None:
        state = replace(state, complete=True)
        write_state(data, state)
    return state
