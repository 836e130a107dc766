"""What a person at the clinician door may do with a prescription, by their role at sign-in. Pure.

The word of a role comes from the identity provider and is kept for the audit log. Which words mean
a licensed prescriber, and which mean support, is a setting.
"""

from collections.abc import Collection
from enum import StrEnum


class CareRole(StrEnum):
    """Prescribers may submit; clinicians may write drafts and pause; support may only read.

    Whom support may read about is decided by the cases that are open.
    """

    PRESCRIBER = "prescriber"
    CLINICIAN = "clinician"
    SUPPORT = "support"


def care_role(
    word: str, prescribers: Collection[str] = (), support: Collection[str] = ()
) -> CareRole:
    """Return the role that a word of the provider means.

    `prescribers` and `support` are the words of the settings. A word that is in neither list is
    what it says, or a clinician.
    """
    if word in support or word == CareRole.SUPPORT:
        return CareRole.SUPPORT
    if word in prescribers or word == CareRole.PRESCRIBER:
        return CareRole.PRESCRIBER
    return CareRole.CLINICIAN
