"""FIT decoder: bytes to numpy columns. Pure; of `fitdecode` only the profile tables are used.

    fit = decode(data, messages={"record", "session"})  # FitError if there is nothing to keep
    fit["record"]["heart_rate"]                         # float64 (n,), NaN = invalid
    fit["session"].numbers("total_elapsed_time")        # NaN column where the field is absent
    fit.segments, fit.problems, fit.complete            # chained files; what is wrong, and where

Columns have the profile's names, `unknown_<n>` for fields that the profile lacks, and `dev:<name>`
for developer fields:

- numbers: float64 (n,) or (n, items), scaled, in the profile's units, NaN where invalid;
- enums: their numbers, which `enum_values("sport")` names;
- texts: object (n,) of str or None;
- bytes: uint8 (n, size).

`timestamp` and other `date_time` fields are seconds since the FIT epoch (`FIT_EPOCH` in Unix
seconds). Compressed and 16-bit timestamps are resolved. Components are expanded (`enhanced_speed`,
`distance`, `hr.event_timestamp` ...). A developer field that overrides a field of the profile gives
its values. Latitudes and longitudes are left out unless `positions=True`. `read_activities(fit)`
gives sessions, device, local offset and sample columns of each file of a chain.
"""

from parsers.fit.activity.declared import (
    MESSAGES,
    Activity,
    read_activities,
    read_activity,
)
from parsers.fit.activity.device import Device
from parsers.fit.activity.made import FitSession
from parsers.fit.activity.values import FIT_EPOCH
from parsers.fit.errors import Code, FitError, FitProblem, Limits
from parsers.fit.file import FitFile, decode
from parsers.fit.group import Group
from parsers.fit.profile import enum_values
from parsers.fit.samples import Samples
from parsers.fit.segments import Segment
from parsers.fit.timer_events import timer_stops

__all__ = [
    "FIT_EPOCH",
    "MESSAGES",
    "Activity",
    "Code",
    "Device",
    "FitError",
    "FitFile",
    "FitProblem",
    "FitSession",
    "Group",
    "Limits",
    "Samples",
    "Segment",
    "decode",
    "enum_values",
    "read_activities",
    "read_activity",
    "timer_stops",
]
