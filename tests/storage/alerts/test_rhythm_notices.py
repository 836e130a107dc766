"""A notice about rhythm on its way from a source to an alert, and what takes the alert back."""

from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alerts.registry import judge
from alerts.rules.heart.h4_weight_gain import WEIGHT_GAIN
from alerts.rules.heart.h5_rhythm_notice import RHYTHM
from kadens.derivation.conclusions import rule_input
from kadens.derivation.held_facts import hold_facts
from kadens.derivation.manifest import Manifest, RecordedPrescription
from model.alert import RuleInput
from model.calendar import DAY_MS
from model.facts import Deletion, Fact, Method, SampleBlock, Source
from model.prescription import Prescription
from model.spans import Span
from storage.alerts import rule_inputs
from storage.facts.retractions import RestrictedInterval
from storage.facts.writer import write_facts
from storage.people import care_team
from storage.pg.pool import Connection
from storage.reads.own_rows import own_rows
from storage.reads.supplied import supplied_samples
from storage.rights import restrictions
from stream.compute.derive import derive
from stream.deriving import patient_inputs
from stream.judge_patient import apply_judgements, verdict
from tests.rows import cells_of, values_of
from tests.storage.alerts.test_heart_inputs import HEART_PLAN
from tests.storage.inline import open_inline
from tests.storage.tellers import T0, WATCH, attributed_batch, block, head

pytestmark = pytest.mark.anyio
_NOW = T0 + DAY_MS
_APPLE = replace(WATCH, vendor="apple_health", method=Method.BACKGROUND)
_PHONE = replace(_APPLE, device="phone")
_BY_HAND = replace(_APPLE, method=Method.MANUAL)
_WRITTEN = "2026-09-21 14:13:20 +0000"
_EXPORT = (
    '<HealthData><Record type="HKCategoryTypeIdentifierIrregularHeartRhythmEvent" '
    f'sourceName="Watch" creationDate="{_WRITTEN}" startDate="{_WRITTEN}" endDate="{_WRITTEN}" '
    'value="HKCategoryValueNotApplicable"/></HealthData>'
).encode()
_ASKS = replace(HEART_PLAN, rules={"H4": {"on": 1}, "H5": {"on": 1}}, hr_ceiling=None)


def _notice(at: int, source: Source = _APPLE, record: str = "n") -> SampleBlock:
    heart = block(head(f"{record}{at}", at, at + 1, source=source), [at], [1.0])
    return replace(heart, metric="rhythm_notice")


def _weight(at: int, kg: float) -> SampleBlock:
    return replace(block(head(f"w{at}", at, at + 1), [at], [kg]), metric="weight")


def _gone(at: int, metric: str, source: Source = _APPLE) -> Deletion:
    deleted = head(f"gone {metric} {at}", at, at + 1, source=source, revision=1)
    return Deletion(head=deleted, metric=metric)


async def _prescribed(conn: Connection, **more: Any) -> None:  # noqa: ANN401 - fields of the plan
    await care_team.add_clinician(
        conn, care_team.Clinician(subject="c", name="C", email="c@example.org", unit="unit")
    )
    await patient_inputs.prescribe(conn, "p1", replace(_ASKS, **more), T0 - 40 * DAY_MS)


async def _tell(conn: Connection, facts: Iterable[Fact], body: str = "body") -> None:
    await write_facts(conn, attributed_batch(facts, body=body))


async def _loaded(conn: Connection) -> RuleInput:
    return (await rule_inputs.load_all(conn, ["p1"], _NOW))["p1"].judgeable


async def _judged(conn: Connection, now_ms: int = _NOW) -> list[tuple[str, str]]:
    """Judge, and return rule and state of each alert."""
    result = verdict((await rule_inputs.load_all(conn, ["p1"], now_ms))["p1"], now_ms)
    await apply_judgements(conn, {"p1": result}, now_ms)
    return await (await conn.execute("select rule, state from alert order by id")).fetchall()


async def test_a_notice_becomes_an_alert_with_its_words(conn: Connection) -> None:
    await _prescribed(conn)
    await _tell(conn, [_notice(T0)])
    assert await _judged(conn) == [("H5", "open")]
    ((sentence, evidence),) = await (
        await conn.execute("select sentence, evidence from alert_finding where rule = 'H5'")
    ).fetchall()
    assert '"HKCategoryTypeIdentifierIrregularHeartRhythmEvent", of 2026-09-21 16:13' in sentence
    assert (evidence["vendor"], evidence["from_ms"]) == ("Apple Health", T0)


async def test_who_is_not_asked_for_has_no_notice_read(conn: Connection) -> None:
    await _prescribed(conn, rules={"H5": {"on": 0}})
    await _tell(conn, [_notice(T0)])
    assert (await _loaded(conn)).rhythm_notices == ()
    assert await _judged(conn) == []


async def test_the_same_notice_by_two_ways_counts_once(conn: Connection) -> None:
    await _prescribed(conn)
    await _tell(conn, [_notice(T0), _notice(T0, record="again"), _notice(T0, _PHONE)])
    await _tell(conn, [_notice(T0)], body="the same export again")
    assert len((await _loaded(conn)).rhythm_notices) == 1
    assert await _judged(conn) == [("H5", "open")]


async def test_what_somebody_typed_in_is_no_notice(conn: Connection) -> None:
    await _prescribed(conn)
    await _tell(conn, [_notice(T0, _BY_HAND)])
    assert (await _loaded(conn)).rhythm_notices == ()


async def test_a_notice_that_is_deleted_takes_its_alert_back(conn: Connection) -> None:
    await _prescribed(conn)
    await _tell(conn, [_notice(T0), _notice(T0 + 1000)])
    await _judged(conn)
    await _tell(conn, [_gone(T0, "rhythm_notice")])
    assert values_of((await _loaded(conn)).rhythm_notices, "at_ms") == [T0 + 1000]
    assert await _judged(conn) == [("H5", "open")]
    # by the name of its record, too
    gone = Deletion(head=head("g", T0, T0, source=_APPLE, revision=1), target=f"n{T0 + 1000}")
    await _tell(conn, [gone])
    assert await _judged(conn) == [("H5", "retracted")]


async def test_a_notice_that_is_restricted_takes_its_alert_back(conn: Connection) -> None:
    await _prescribed(conn)
    await _tell(conn, [_notice(T0)])
    await _judged(conn)
    number = await restrictions.add_restriction(
        conn, "p1", interval=(T0, T0 + 1), by="c", why="disputed", now_ms=_NOW
    )
    assert await _judged(conn, _NOW + 1) == [("H5", "retracted")]
    await restrictions.note_notice(conn, number, how="by phone", now_ms=_NOW)
    await restrictions.lift_restriction(conn, number, by="c", now_ms=_NOW + 40 * DAY_MS)
    assert await _judged(conn, _NOW + 40 * DAY_MS) == [("H5", "open")]


async def test_a_late_notice_is_not_lost(conn: Connection) -> None:
    await _prescribed(conn)
    await _tell(conn, [_notice(_NOW - 27 * DAY_MS)])
    assert await _judged(conn) == [("H5", "open")]
    assert await _judged(conn, _NOW + 27 * DAY_MS) == [("H5", "open")]


async def test_the_person_gets_the_notice_in_the_access_file_and_the_portable_one(
    conn: Connection,
) -> None:
    await _tell(conn, [_notice(T0)])
    accessed = [row async for row in own_rows(conn, "p1", "sample")]
    assert cells_of(accessed, "metric", "vendor") == [("rhythm_notice", "apple_health")]
    supplied = [sample async for sample in supplied_samples(conn, "p1")]
    assert values_of(supplied, "metric", "at_ms") == [("rhythm_notice", T0)]


async def test_an_export_alone_makes_the_worker_judge_and_tell(
    dsn: str, conn: Connection, tmp_path: Path
) -> None:
    await _prescribed(conn)
    async with open_inline(dsn, conn, tmp_path) as inline:
        await inline.receive("files", _EXPORT)
        await inline.judge()
        alerts = await inline.rows("select id, rule, state, sentence from alert")
        assert cells_of(alerts, 1, 2) == [("H5", "open")]
        moves = await inline.rows("select count(*) from alert_move")
        await inline.receive("files", _EXPORT.replace(b"</HealthData>", b"\n</HealthData>"))
        await inline.judge()
        assert await inline.rows("select id, rule, state, sentence from alert") == alerts
        assert await inline.rows("select count(*) from alert_move") == moves


_LIVES: dict[str, list[Fact]] = {
    "a notice and a weight": [
        _notice(T0),
        _weight(T0 - 2 * DAY_MS, 80.0),
        _weight(T0 - DAY_MS, 82.5),
    ],
    "ways": [_notice(T0), _notice(T0, _PHONE), _notice(T0 + 5, _BY_HAND)],
    "deleted": [
        *(_notice(T0), _gone(T0, "rhythm_notice"), _notice(T0 + 1)),
        *(_weight(T0 - 2 * DAY_MS, 80.0), _weight(T0 - DAY_MS, 82.5)),
        _gone(T0 - DAY_MS, "weight", WATCH),
    ],
    "deleted, and of another vendor": [_notice(T0), _gone(T0, "rhythm_notice", WATCH)],
    "edges": [
        *(_notice(_NOW - 70 * DAY_MS), _notice(_NOW - 70 * DAY_MS - 1)),
        *(_notice(_NOW + DAY_MS), _notice(_NOW + DAY_MS - 1)),
        *(_weight(_NOW - 28 * DAY_MS - 1, 80.0), _weight(_NOW - 28 * DAY_MS, 80.0)),
        *(_weight(_NOW, 81.0), _weight(_NOW + 1, 99.0)),
    ],
    "two in one record": [
        replace(_notice(T0), t=np.array([T0, T0 + 9]), v=np.array([1.0, 0.0])),
    ],
}


@pytest.mark.parametrize("restricted", [False, True])
@pytest.mark.parametrize("life", _LIVES)
async def test_derive_reads_and_judges_as_the_worker_does(
    conn: Connection, life: str, *, restricted: bool
) -> None:
    facts = _LIVES[life]
    await _prescribed(conn)
    await _tell(conn, facts)
    hidden: list[RestrictedInterval] = []
    if restricted:
        start, end = T0 - DAY_MS, T0 + 1
        hidden.append(RestrictedInterval(vendor="", span=Span(start_ms=start, end_ms=end)))
        await restrictions.add_restriction(
            conn, "p1", interval=(start, end), by="c", why="disputed", now_ms=_NOW
        )
    on = await _loaded(conn)
    held = hold_facts(attributed_batch(facts), "p1", on.zone, hidden)
    written = RecordedPrescription(**_values(_ASKS), recorded=T0 - 40 * DAY_MS)
    manifest = Manifest(zone=on.zone, now=_NOW, prescriptions=(written,))
    derived = rule_input(manifest, held, derive(held.window((), ())), {}, {})
    assert derived.rhythm_notices == on.rhythm_notices
    assert derived.weighings == on.weighings
    rules = (WEIGHT_GAIN, RHYTHM)
    # a restriction holds no finding back here, only its facts: a manifest has none of it
    assert judge(derived, rules) == judge(replace(on, restricted=()), rules)


def _values(plan: Prescription) -> dict[str, Any]:
    return {field.name: getattr(plan, field.name) for field in fields(Prescription)}
