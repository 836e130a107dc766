"""Huawei played without processes: what its events make us ask for, and what answers take back."""

from dataclasses import dataclass, field
from random import Random

import pytest

from ingest.vendors.huawei import HUAWEI_HEALTH
from model.facts import AttributedFact
from simulate.vendors.partners.huawei import HuaweiRecord, HuaweiServer
from tests.vendors.reading import (
    ArrivedBody,
    account_facts,
    answer_to,
    facts_that_hold,
    fetches_of,
)
from tests.vendors.views import workouts_held

_USER, _SECRET = "MDFAMTAw", "bWFkZS11cC1odWF3ZWktc2VjcmV0"
_START_MS = 1_792_917_000_000  # 2026-10-25T08:30:00Z
_HOUR_MS = 3_600_000


def _run(name: str, hour: int, minutes: int = 30, word: str = "running") -> HuaweiRecord:
    start_ms = _START_MS + hour * _HOUR_MS
    return HuaweiRecord(id=name, start_ms=start_ms, end_ms=start_ms + minutes * 60_000, type=word)


@dataclass(slots=True)
class _Followed:
    """A user at Huawei, and what is asked for after each event, a minute later each time."""

    now_ms: int = _START_MS + 24 * _HOUR_MS
    server: HuaweiServer = field(init=False)
    answers: list[ArrivedBody] = field(default_factory=list)
    access: str = ""

    def __post_init__(self) -> None:
        self.server = HuaweiServer(now_s=lambda: self.now_ms / 1000, user=_USER, secret=_SECRET)
        self.access = str(self.server.grant(_USER)["access_token"])

    def ask(self, notice: bytes) -> None:
        self.now_ms += 60_000
        pushed = ArrivedBody(body=notice, received_ms=self.now_ms)
        for fetch in fetches_of(HUAWEI_HEALTH, [pushed]):
            reply = answer_to(HUAWEI_HEALTH, self.server, fetch, self.access, self.server.client_id)
            assert reply.status == 200
            self.answers.append(
                ArrivedBody(body=reply.body, received_ms=self.now_ms, requested=fetch)
            )

    def facts(self) -> list[AttributedFact]:
        facts: list[AttributedFact] = []
        for answer in self.answers:
            facts += account_facts(HUAWEI_HEALTH, answer, _USER)
        return facts

    def held(self, seed: int) -> list[tuple[object, ...]]:
        facts = self.facts() + self.facts()[::2]
        Random(seed).shuffle(facts)  # noqa: S311 - no secret
        return list(workouts_held(facts_that_hold(facts)))

    def truth(self) -> list[tuple[object, ...]]:
        return sorted(self.server.truth(_USER).workouts)


@pytest.mark.parametrize("seed", range(5))
def test_two_workouts_that_are_deleted_are_taken_back_in_any_order(seed: int) -> None:
    user = _Followed()
    for number in range(4):
        user.ask(user.server.did(_USER, _run(f"r-{number}", number)))
    user.ask(user.server.did(_USER, _run("r-3", 3, 20, "walking")))
    user.ask(user.server.deleted(_USER, "r-0"))
    user.ask(user.server.deleted(_USER, "r-2"))
    # Huawei answers both alike: there is nothing any more
    assert user.answers[-1].body == user.answers[-2].body
    assert user.held(seed) == user.truth()
    assert len(user.truth()) == 2


@pytest.mark.parametrize("seed", range(5))
def test_a_workout_that_is_again_what_it_was_is_held_as_it_is(seed: int) -> None:
    user = _Followed()
    run = _run("r-0", 0)
    user.ask(user.server.did(_USER, run))
    user.ask(user.server.did(_USER, _run("r-0", 0, 20, "walking")))
    user.ask(user.server.did(_USER, run))
    assert user.held(seed) == user.truth()
    user.ask(user.server.deleted(_USER, "r-0"))
    assert user.held(seed) == []
    user.ask(user.server.did(_USER, run))
    # the last answer has the bytes of the first, and is a later statement
    assert user.answers[-1].body == user.answers[0].body
    assert user.held(seed) == user.truth() == [(run.start_ms, run.end_ms, "running")]
