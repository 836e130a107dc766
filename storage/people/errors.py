"""Errors for names that do not exist, or that are taken already."""


class UnknownNameError(LookupError):
    """A patient, care unit or clinician does not exist.

    The text has the kind only, never the name.
    """


class RefusedError(ValueError):
    """A right or a consent cannot be recorded as requested; the text says why, for a person."""


class AccountClosedError(RefusedError):
    """The account of a patient is closed, or closed already."""


class TakenError(ValueError):
    """A pseudonym, account, subject or version is used already, for something else."""
