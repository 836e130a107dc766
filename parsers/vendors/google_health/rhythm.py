"""Google's own notices about rhythm: that there is one, and when it began. Pure.

    {"name": ..., "irregularRhythmNotification": {"interval": {...}, "alertWindows": [...]}}

The windows and beats that a notice rests on are never read.
"""

import numpy as np

from model.facts import Joining, Method, SampleBlock, Source
from model.vendors.rhythm_notices import RHYTHM_NOTICE
from parsers.fields import JsonObject, Unreadable, head
from parsers.vendors.google_health.exercises import point_record
from parsers.vendors.google_health.times import interval_start

RHYTHM_KIND = "rhythm"
_INTERVAL = "irregularRhythmNotification.interval"


def google_notice(
    source: Source, point: JsonObject, content: JsonObject, errors: list[Unreadable]
) -> SampleBlock | None:
    """Return a notice at its beginning, None for what somebody typed in."""
    if source.method is Method.MANUAL:
        return None
    # whatever its end is, and however long: a notice must not be lost by it
    start, offset = interval_start(content.get("interval"), _INTERVAL, errors)
    return SampleBlock(
        head=head(source, point_record(RHYTHM_KIND, point, start), 0, (start, start + 1), offset),
        metric=RHYTHM_NOTICE,
        t=np.array([start], np.int64),
        v=np.array([1.0]),
        joining=Joining.RECORD,
    )
