"""Writes the FIT file of a watch's day: heart rate a minute, as `monitoring` messages. Pure."""

import numpy as np
from numpy.typing import NDArray

from simulate.fit_messages import (
    ENUM,
    UINT8,
    UINT16,
    UINT32,
    UINT32Z,
    WRITTEN_EPOCH,
    FieldShape,
    FitShape,
    definition,
    encoded,
    fit_file,
    rows,
)

_MONITORING_FILE, _GARMIN = 32, 1
_STAMP = FieldShape(number=253, base=UINT32, offset=-float(WRITTEN_EPOCH))
_FILE_ID = FitShape(
    number=0,
    local=0,
    fields={
        "type": FieldShape(number=0, base=ENUM),
        "manufacturer": FieldShape(number=1, base=UINT16),
        "product": FieldShape(number=2, base=UINT16),
        "serial": FieldShape(number=3, base=UINT32Z),
        "created": FieldShape(number=4, base=UINT32, offset=-float(WRITTEN_EPOCH)),
    },
)
_MONITORING_INFO = FitShape(
    number=103,
    local=1,
    fields={"stamp": _STAMP, "local": FieldShape(number=0, base=UINT32, offset=-WRITTEN_EPOCH)},
)
_MONITORING = FitShape(
    number=55, local=2, fields={"stamp": _STAMP, "heart_rate": FieldShape(number=27, base=UINT8)}
)


def monitoring_file(
    t: NDArray[np.int64],
    beats: NDArray[np.float64],
    *,
    offset_min: int,
    product: int,
    serial: int,
) -> bytes:
    """Return the file of a day; `t` in epoch ms and `beats` a minute, both of shape (n,).

    NaN is no reading. `offset_min` is the offset of local time from UTC in minutes.
    """
    start_s = float(t[0] // 1000)
    head = {
        "type": _MONITORING_FILE,
        "manufacturer": _GARMIN,
        "product": product,
        "serial": serial,
        "created": start_s,
    }
    info = {"stamp": start_s, "local": start_s + 60 * offset_min}
    values = {"stamp": t // 1000, "heart_rate": beats}
    readings = rows(_MONITORING, values, len(t)).tobytes()
    return fit_file(
        [
            encoded(_FILE_ID, head),
            encoded(_MONITORING_INFO, info),
            definition(_MONITORING) + readings,
        ]
    )
