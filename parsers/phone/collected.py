"""What a reader of a phone's export has found so far: facts, samples, and what it refused. Pure."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from model.errors import BodyError
from model.facts import DeviceType, Fact, Method, Reject, RejectKind, Source
from parsers.fields import Unreadable, grouped, optional_text
from parsers.streams import SeriesByKey
from parsers.vendors.open_wearables.names import device_type

_MANY = "|"  # joins the devices that one value comes from
# A device is named after its owner ("Anna's Apple Watch"). Of such a name the kind of device stays.
_OWNED = ("Apple Watch", "iPhone", "iPad", "iPod")
_MOST_CAUSES = 20_000  # each list has a path of its own
_Cause: TypeAlias = tuple[str, str, str]  # where, member, why


@dataclass(slots=True)
class Refusals:
    """What could not be read, one reject for each cause with its first path and a count.

    A list of very many values with one fault stays small in this way.
    """

    _by_cause: dict[_Cause, Reject] = field(default_factory=dict)
    _counts: Counter[_Cause] = field(default_factory=Counter)

    def add(self, where: str, index: int | None, error: Unreadable, count: int = 1) -> None:
        """Add a fault of item `index` of the list at `where`, or of `where` itself.

        Raises BodyError when a body has more faults than anything that is worth reading.
        """
        cause = where, error.where, error.why
        self._counts[cause] += count
        if self._counts[cause] > count:
            return
        path_of_item = where if index is None else f"{where}[{index}]"
        path = ".".join(filter(None, (path_of_item, error.where)))
        self._by_cause[cause] = Reject(where=path, why=error.why, kind=error.kind)
        if len(self._by_cause) > _MOST_CAUSES:
            why = f"more than {_MOST_CAUSES} different faults"
            raise BodyError("body", why, RejectKind.TOO_MUCH)

    def rejects(self) -> tuple[Reject, ...]:
        """Return them in the order in which they were found first, alike ones as one."""
        counted: list[Reject] = []
        for cause, reject in self._by_cause.items():
            counted.append(replace(reject, count=self._counts[cause]))
        return grouped(counted)


@dataclass(frozen=True, slots=True)
class Collected:
    """The facts of a body as they are found, and what was refused. `series` are its streams."""

    facts: list[Fact] = field(default_factory=list)
    series: SeriesByKey = field(default_factory=SeriesByKey)
    refused: Refusals = field(default_factory=Refusals)
    records: set[str] = field(default_factory=set)  # names that were made for workouts without one


def device_named(written: str) -> tuple[str, DeviceType]:
    """Return a device, without its owner's name, and its type.

    One value may come from several devices: then their names are joined, and the type is unknown.

    >>> device_named("Anna's Apple Watch")
    ('Apple Watch', <DeviceType.WATCH: 'watch'>)
    """
    names = sorted(set(map(_without_owner, filter(None, written.split(_MANY)))))
    if len(names) != 1:
        return _MANY.join(names), DeviceType.UNKNOWN
    return names[0], device_type("", names[0])


def _without_owner(written: str) -> str:
    # phones write a space that does not break between the two words
    name = " ".join(written.split())
    for kind in _OWNED:
        if kind.lower() in name.lower():
            return kind
    return name


def word_of(value: object) -> str:
    """Return a name of a source, "" for anything that cannot be one."""
    try:
        return optional_text(value, "")
    except Unreadable:
        return ""


def phone_source(vendor: str, app: str, written: str, method: Method) -> Source:
    """Return the source of values from the devices of a written name ("" where none is stated)."""
    device, kind = device_named(written)
    return Source(vendor=vendor, app=app, device=device, device_type=kind, method=method)
