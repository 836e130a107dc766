"""The sentences of alerts in the language of their reader, worded anew from stored evidence.

What is stored is English, so an English reader costs no query.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from alerts.registry import RULE
from alerts.wording import reworded, sentence_of
from model.alert import StoredSentence
from model.alerting.steps import Step
from model.words.language import SOURCE_LANGUAGE, reading_language
from storage.pg.pool import Connection
from storage.reads import evidence
from storage.reads.shown_values import AlertBrief, FindingRow, WorkRow


async def reworded_alerts(conn: Connection, alerts: Sequence[AlertBrief]) -> tuple[AlertBrief, ...]:
    """Return alerts with their sentences in the reader's language."""
    if not alerts or reading_language().code == SOURCE_LANGUAGE:
        return tuple(alerts)
    stored = await evidence.stored_sentences(conn, [alert.id for alert in alerts])
    return tuple(
        replace(alert, sentence=reworded(alert.sentence, stored[str(alert.id)], RULE))
        for alert in alerts
    )


async def reworded_steps(conn: Connection, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return steps of alerts that there are with their sentences in the reader's language."""
    named = [step.alert for step in steps if step.alert is not None]
    if not named or reading_language().code == SOURCE_LANGUAGE:
        return tuple(steps)
    stored = await evidence.stored_sentences(conn, named)
    return tuple(
        replace(step, sentence=reworded(step.sentence, stored.get(step.alert or "", ()), RULE))
        for step in steps
    )


def reworded_findings(findings: Iterable[FindingRow]) -> tuple[FindingRow, ...]:
    """Return findings with their sentences in the reader's language."""
    return tuple(replace(row, sentence=sentence_of(_stored(row), RULE)) for row in findings)


def _stored(row: FindingRow) -> StoredSentence:
    return StoredSentence(
        alert="",
        rule=row.rule,
        rule_version=row.rule_version,
        sentence=row.sentence,
        evidence=row.evidence,
    )


async def reworded_rows(conn: Connection, rows: Sequence[WorkRow]) -> tuple[WorkRow, ...]:
    """Return rows of the worklist with the sentences of their alerts in the reader's language."""
    alerts = list(chain.from_iterable(row.alerts for row in rows))
    by_id = {alert.id: alert for alert in await reworded_alerts(conn, alerts)}
    return tuple(_with_alerts(row, by_id) for row in rows)


def _with_alerts(row: WorkRow, by_id: Mapping[str, AlertBrief]) -> WorkRow:
    return replace(row, alerts=tuple(by_id[alert.id] for alert in row.alerts))
