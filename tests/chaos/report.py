"""The texts of a run: a paragraph for each schedule, and a line in the end. Pure."""

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from tests.chaos.schedule import UNITS
from tests.chaos.walk import Met, Result
from tests.rows import values_of


def paragraph(result: Result) -> Iterator[str]:
    """Yield the lines of a schedule: its seed and shape, its faults with times, its end."""
    plan = result.schedule
    brokers = _many(plan.brokers, "broker")
    yield f"seed {plan.seed}: {brokers}, {plan.workers} workers, {plan.copies} messages"
    yield from (f"  {_fault(item)}" for item in result.met)
    ended = f"  {'DIFFERENT' if result.wrong else 'same'} after {result.seconds:.1f} s"
    reported = {
        "restarts": result.restarts,
        "holes fetched again": result.holes,
        "stops given up": result.unclean,
    }
    yield ", ".join([ended, *(f"{number} {what}" for what, number in reported.items() if number)])
    yield from (f"  ! {line}" for line in result.wrong)


def summary(results: Sequence[Result], first: int, seconds: float) -> str:
    """Return the last line of a run.

    It has schedules, passed, failed, faults by kind, time to progress and total time.
    """
    failed = [str(result.schedule.seed) for result in results if result.wrong]
    faults = list(chain.from_iterable(values_of(results, "met")))
    kinds = Counter(values_of(faults, "fault.kind.value"))
    waits = [met.progress_s for met in faults if met.progress_s is not None]
    times = (
        f"p50 {statistics.median(waits):.2f} s, max {max(waits):.2f} s" if waits else "none seen"
    )
    return (
        f"chaos: {len(results)} schedules from seed {first}, "
        f"{len(results) - len(failed)} passed, {len(failed)} failed"
        f"{' (seeds ' + ' '.join(failed) + ')' if failed else ''}; {kinds.total()} faults: "
        f"{', '.join(f'{kind} {number}' for kind, number in kinds.most_common())}; "
        f"{sum(result.schedule.copies for result in results)} messages; "
        f"progress after a fault {times}; {seconds:.0f} s"
    )


def _fault(met: Met) -> str:
    fault = met.fault
    strength = f" by {fault.strength:.3g} {UNITS[fault.kind]}" if fault.strength else ""
    lasts = f" for {fault.lasts_s:.1f} s" if fault.lasts_s else ""
    progress = "no progress" if met.progress_s is None else f"progress after {met.progress_s:.2f} s"
    return (
        f"+{met.at_s:.1f} s "
        f"{fault.kind.value}{' ' + met.target if met.target else ''}{strength}{lasts}: "
        f"{progress}"
    )


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
