"""What can be wrong with a name that a caller gives: nobody has it, or somebody else does."""


class UnknownNameError(LookupError):
    """A patient, care unit or clinician that does not exist.

    The text says which kind, never who.
    """


class TakenError(ValueError):
    """A pseudonym, account or version that is used already, by somebody or something else."""
