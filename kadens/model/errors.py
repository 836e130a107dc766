"""The error of a body that cannot be read at all. A bad record inside a good body is a `facts.Reject` instead."""


class BodyError(ValueError):
    """A body that is not what its connector sends. `where` is a path in it or `@offset`; `why` never holds a value."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why
