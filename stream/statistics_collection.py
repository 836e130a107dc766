"""Collects the statistics of months that are over, once each. `model.privacy.statistics` decides.

Whichever worker comes first collects; after a crash in between the month is collected anew.
"""

from model.calendar import utc
from model.privacy.statistics import months_to_collect
from storage.rights import statistic_rows
from stream.collaborators import Collaborators


async def collect_statistics(parts: Collaborators) -> int:
    """Collect what is due; return how many months."""
    now_ms = parts.now()
    async with parts.pool.connection() as conn:
        newest = await statistic_rows.newest_month(conn)
    # months that were missed while no worker ran are collected too
    months = months_to_collect(newest, utc(now_ms).date())
    done = 0
    for month in months:
        # a transaction for each: patients are held as long as it lasts
        async with parts.pool.connection() as conn:
            done += await statistic_rows.collect_month(conn, parts.wrapping_key, month, now_ms)
    return done
