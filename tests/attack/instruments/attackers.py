"""Starts and ends attackers: `flooder` processes, described by plans."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.attack.instruments.flooder import Plan
from tests.rooms import ROOT

_END_S = 30.0  # past its own time


@dataclass(slots=True)
class AttackReport:
    """What an attacker reports about its work, once it has ended."""

    done: dict[str, Any] = field(default_factory=dict)

    def words(self) -> str:
        """Return the account in a phrase."""
        if not self.done:
            return "the attacker said nothing"
        answers = (
            ", ".join(
                f"{status} x {count:,}" for status, count in sorted(self.done["answers"].items())
            )
            or "none"
        )
        opened, held, megabytes = (
            self.done["opened"],
            self.done["most_held"],
            self.done["sent"] / 1e6,
        )
        return f"{opened:,} opened, {held:,} at once, {megabytes:,.1f} MB, answers {answers}"


@contextmanager
def attacked(plan: Plan, *, cut: bool = False) -> Iterator[AttackReport]:
    """Let an attacker work.

    Leaving the block waits for its end and its report, or ends it at once with `cut`.
    """
    words = (sys.executable, "-m", "tests.attack.instruments.flooder")
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    reported = AttackReport()
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(plan)).encode())
        process.stdin.close()
        process.stdin = None
        yield reported
        if cut:
            return
        out, _ = process.communicate(timeout=plan.seconds + _END_S)
        reported.done = json.loads(out)
    finally:
        process.kill()
        process.communicate()  # closes what it has open, and waits
