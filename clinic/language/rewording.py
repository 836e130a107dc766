"""The sentences of alerts in the language of their reader, worded anew from stored evidence.

What is stored is English, so an English reader costs no query.
"""

from collections.abc import Sequence
from dataclasses import replace

from alerts.registry import RULE
from alerts.wording import reworded
from model.words.language import SOURCE_LANGUAGE, reading_language
from storage.pg.pool import Connection
from storage.reads import evidence
from storage.reads.views import AlertBrief, WorkRow


async def reworded_alerts(conn: Connection, alerts: Sequence[AlertBrief]) -> tuple[AlertBrief, ...]:
    """Return alerts with their sentences in the reader's language."""
    if not alerts or reading_language().code == SOURCE_LANGUAGE:
        return tuple(alerts)
    stored = await evidence.stored_sentences(conn, [alert.id for alert in alerts])
    return tuple(
        replace(alert, sentence=reworded(alert.sentence, stored[str(alert.id)], RULE))
        for alert in alerts
    )


async def reworded_rows(conn: Connection, rows: Sequence[WorkRow]) -> tuple[WorkRow, ...]:
    """Return rows of the worklist with the sentences of their alerts in the reader's language."""
    alerts = [alert for row in rows for alert in row.alerts]
    by_id = {alert.id: alert for alert in await reworded_alerts(conn, alerts)}
    return tuple(replace(row, alerts=tuple(by_id[one.id] for one in row.alerts)) for row in rows)
