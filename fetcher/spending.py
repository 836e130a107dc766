"""Counts the requests of this process against vendors' budgets, several in one transaction.

Each transaction that counts waits for the one before it. Whoever comes meanwhile is therefore
counted with the next, so that many requests at once cost few transactions.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from storage.fetching.budgets import BudgetWindow, spend_requests
from storage.pg.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetOf:
    """Whose budget a request is counted against; what is of the past has a share of its own."""

    connector: str
    windows: tuple[BudgetWindow, ...]
    is_past: bool = False


_Waiting = list["asyncio.Future[int]"]


@dataclass(slots=True)
class GroupedSpending:
    """The requests that wait to be counted, by budget."""

    waiting: dict[BudgetOf, _Waiting] = field(default_factory=dict)
    counting: dict[BudgetOf, "asyncio.Task[None]"] = field(default_factory=dict)

    async def spend(self, pool: Pool, budget: BudgetOf, now: Callable[[], int]) -> int:
        """Count a request and return 0, or return for how many ms nothing may be asked."""
        result: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(budget, []).append(result)
        if budget not in self.counting:
            self.counting[budget] = asyncio.create_task(self._count(pool, budget, now))
        return await result

    async def _count(self, pool: Pool, budget: BudgetOf, now: Callable[[], int]) -> None:
        try:
            while group := self.waiting.pop(budget, []):
                await _count_group(pool, budget, now, group)
        finally:
            del self.counting[budget]


async def _count_group(
    pool: Pool, budget: BudgetOf, now: Callable[[], int], group: Sequence["asyncio.Future[int]"]
) -> None:
    try:
        async with pool.connection() as conn:
            granted, wait_ms = await spend_requests(
                conn,
                budget.connector,
                budget.windows,
                now(),
                wanted=len(group),
                is_past=budget.is_past,
            )
    except Exception as error:  # noqa: BLE001 - it is the error of each that waits
        for result in group:
            if not result.done():
                result.set_exception(error)
        return
    # a grant of somebody who is gone meanwhile is lost, which asks for less than the budget
    for number, result in enumerate(group):
        if not result.done():
            result.set_result(0 if number < granted else wait_ms)
