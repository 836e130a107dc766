"""Functions of readers that are imported when they are first called, and the form of readers. Pure.

A program that reads one format must not pay for the code of all others at its start.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

from model.facts import Parsed
from model.received import Context, Part, ReaderItems

ReadItems: TypeAlias = Callable[[bytes, Context], ReaderItems]


@dataclass(frozen=True, slots=True)
class Named:
    """A function by its name, "module:function"; a call imports the module and calls it."""

    target: str

    def __call__(self, *values: Any) -> Any:  # noqa: ANN401 - as the named function
        """Call the function."""
        return self.function()(*values)

    def function(self) -> Callable[..., Any]:
        """Import the module and return the function; ImportError or AttributeError for no such."""
        return _imported(self.target)


@cache
def _imported(target: str) -> Callable[..., Any]:
    # an archive of thousands of files asks each reader for each of them
    module, _, name = target.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def single_part(parse: Callable[[bytes], Parsed]) -> ReadItems:
    """Return a reader of payloads of one account, from a function that reads them at once."""

    def read(payload: bytes, _context: Context) -> Iterator[Part]:
        parsed = parse(payload)
        yield Part(
            account=parsed.account,
            facts=parsed.facts,
            rejects=parsed.rejects,
            complete=parsed.complete,
        )

    return read
