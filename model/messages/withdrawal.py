"""Why an alert is retracted: by what was changed since it was judged last. Values only.

A clinician who changes a threshold has corrected no data, and is not told so.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum


class WithdrawalReason(StrEnum):
    """What was changed before an alert was withdrawn; stored as the reason of that move."""

    CORRECTED = "corrected"
    RESTRICTED = "restricted"
    SETTINGS = "settings changed"
    SEVERAL = "data or settings changed"


# By why a look at the patient was requested. Other causes, such as time, change no evidence.
_BY_CAUSE: Mapping[str, WithdrawalReason] = {
    "facts": WithdrawalReason.CORRECTED,
    "replay": WithdrawalReason.CORRECTED,
    "correction": WithdrawalReason.CORRECTED,
    "restriction": WithdrawalReason.RESTRICTED,
    "prescription": WithdrawalReason.SETTINGS,
    "profile": WithdrawalReason.SETTINGS,
    "zone": WithdrawalReason.SETTINGS,
    "rule setting": WithdrawalReason.SETTINGS,
    "annotation": WithdrawalReason.SETTINGS,
}


def withdrawal_reason(causes: Collection[str]) -> WithdrawalReason:
    """Return why an alert is withdrawn, by what has made its patient due.

    >>> withdrawal_reason(["rule setting", "alert resolved"]).value
    'settings changed'
    >>> withdrawal_reason(["facts", "profile"]).value
    'data or settings changed'
    """
    reasons = {_BY_CAUSE[cause] for cause in causes if cause in _BY_CAUSE}
    if len(reasons) > 1:
        return WithdrawalReason.SEVERAL
    return reasons.pop() if reasons else WithdrawalReason.CORRECTED
