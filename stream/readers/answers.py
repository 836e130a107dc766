"""Reads a body: returns what it holds by account, or why nothing of it could be read.

It is pure, apart from time and memory. It must never raise because of what a body holds.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from model.errors import BodyError
from model.facts import Fact, Reject, RejectKind
from model.received import Fetch, Notice, Part, ReaderItem
from parsers import formats
from runtime.log_lines import describe
from stream.readers.wire import BodyToRead, Holdings, Refusal

ReaderAnswer: TypeAlias = Holdings | Refusal

TOO_LARGE = Reject(
    where="body",
    why="reading it took more memory than a body of its size may take",
    kind=RejectKind.TOO_LARGE,
)
FAULT = Reject(
    where="body", why="an error of our own while reading it", kind=RejectKind.READER_FAULT
)


@dataclass(slots=True)
class _Gathered:
    """What was read so far.

    `parts` has a key of account and number for each part: -1 joins all parts of an account, another
    number keeps a slice apart. Its order is that of the accounts' first mention.
    """

    parts: dict[tuple[str, int], tuple[Part, list[Fact]]] = field(default_factory=dict)
    fetches: list[Fetch] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def take(self, item: ReaderItem) -> None:
        match item:
            case Part():
                self._take_part(item)
            case Fetch():
                self.fetches.append(item)
            case Notice():
                self.notices.append(item)
            case Reject():
                self.rejects.append(item)

    def _take_part(self, part: Part) -> None:
        """Join a part to an earlier part of its account; a slice stays alone, as it is sealed."""
        number = len(self.parts) if part.kept is not None else -1
        first, facts = self.parts.setdefault((part.account, number), (part, []))
        facts.extend(part.facts)
        if first is not part:
            joined = replace(
                first,
                rejects=(*first.rejects, *part.rejects),
                complete=first.complete and part.complete,
            )
            self.parts[part.account, number] = joined, facts


def answer(body: BodyToRead) -> ReaderAnswer:
    """Return what a reader reads in a body, or why nothing of it could be read."""
    try:
        name, items = read_body(body)
        return gather(name, items)
    except BodyError as error:
        return Refusal(reject=error.reject)
    except MemoryError:
        return Refusal(reject=TOO_LARGE)
    except Exception as error:  # noqa: BLE001 - it costs this body only, and the worker logs it
        return Refusal(reject=FAULT, fault=describe(error))


def read_body(body: BodyToRead) -> tuple[str, Iterator[ReaderItem]]:
    """Return the name of a body's format and the items of its reader; raises BodyError."""
    name = formats.format_of(body.format, body.content, body.context.filename)
    return name, formats.read_items(name, body.content, body.context)


def gather(name: str, items: Iterable[ReaderItem]) -> ReaderAnswer:
    """Return what a payload of the format `name` holds, or a Refusal if it holds rejects only."""
    gathered = _Gathered()
    for item in items:
        gathered.take(item)
    parts = [replace(part, facts=_as_read(part, facts)) for part, facts in gathered.parts.values()]
    rejects = tuple(gathered.rejects)
    if rejects and not (parts or gathered.fetches or gathered.notices):
        return Refusal(reject=rejects[0], more=rejects[1:])
    return Holdings(
        format=name,
        parts=tuple(parts),
        fetches=tuple(gathered.fetches),
        notices=tuple(gathered.notices),
        rejects=rejects,
    )


def _as_read(part: Part, facts: list[Fact]) -> Sequence[Fact]:
    # a part that was joined to no other keeps its own sequence, which is not copied
    return part.facts if len(part.facts) == len(facts) else tuple(facts)
