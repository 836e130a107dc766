"""What stands for the end of a process in the midst of its work."""


class KilledError(Exception):
    """The process ends here."""
