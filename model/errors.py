"""The error for a body that cannot be read at all.

A bad record inside a readable body is a `facts.Reject` instead.
"""

from model.facts import Reject, RejectKind


class BodyError(ValueError):
    """A body is not what its connector sends.

    `where` is a path in the body or `@offset`. `why` never contains a value from the body. `kind`
    is the class of the dead letter.
    """

    def __init__(self, where: str, why: str, kind: RejectKind = RejectKind.DAMAGED) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why
        self.kind = kind

    @property
    def reject(self) -> Reject:
        """The same information as a value."""
        return Reject(where=self.where, why=self.why, kind=self.kind)
