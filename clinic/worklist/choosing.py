"""Which patients of the worklist are shown, in which order, and the address of that choice. Pure.

Nothing is cut silently: whoever is not shown is counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias
from urllib.parse import urlencode

from clinic.pages.weeks import LastFour
from clinic.worklist.groups import GROUPS, WorkGroup
from clinic.worklist.lines import Line, with_weeks
from model.calendar import DAY_MS
from model.words.language import N_
from storage.reads.shown_values import WorkRow

SortName: TypeAlias = Literal["need", "name", "data", "contact", "review"]
PAGE = 100  # patients shown at first, and added by each step
_Key: TypeAlias = Callable[[Line], tuple[int, str]]


def _name(line: Line) -> tuple[int, str]:
    return 0, line.name.casefold()


# What never happened comes first: it is the longest ago.
def _data(line: Line) -> tuple[int, str]:
    return line.last_data_ms or 0, line.name.casefold()


def _contact(line: Line) -> tuple[int, str]:
    return line.contacted_ms or 0, line.name.casefold()


def _review(line: Line) -> tuple[int, str]:
    return line.reviewed_ms or 0, line.name.casefold()


SORTS: Mapping[SortName, str] = {
    "need": N_("Need"),
    "name": N_("Name"),
    "data": N_("Longest without data"),
    "contact": N_("Longest without contact"),
    "review": N_("Longest without review"),
}
_KEYS: Mapping[SortName, _Key] = {
    "name": _name,
    "data": _data,
    "contact": _contact,
    "review": _review,
}
# Days without a review, as the page offers them; 0 is everybody.
UNREVIEWED: tuple[int, ...] = (0, 1, 7, 14, 28)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkChoice:
    """What is asked of the worklist.

    `text` is part of a name or pseudonym. A patient is shown with all of `tags`, at any of `sites`,
    and without a review for `unreviewed` days. At most `most` patients are shown. `patient` is the
    one in the drawer, "" for none.
    """

    text: str = ""
    tags: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    unreviewed: int = 0
    sort: SortName = "need"
    most: int = PAGE
    patient: str = ""

    def query(self) -> str:
        """Return the choice without drawer and steps as the query of an address, "" for all."""
        pairs: list[tuple[str, str]] = []
        if self.text:
            pairs.append(("q", self.text))
        pairs += [("tag", tag) for tag in self.tags]
        pairs += [("site", site) for site in self.sites]
        if self.unreviewed:
            pairs.append(("unreviewed", str(self.unreviewed)))
        if self.sort != "need":
            pairs.append(("sort", self.sort))
        return urlencode(pairs)

    def address(self, *, patient: str = "", more: int = 0) -> str:
        """Return the address of the choice with a patient in the drawer, or with more patients."""
        pairs: list[tuple[str, str]] = []
        if self.most + more != PAGE:
            pairs.append(("most", str(self.most + more)))
        if patient:
            pairs.append(("patient", patient))
        query = "&".join(filter(None, (self.query(), urlencode(pairs))))
        return f"/?{query}" if query else "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A group with all patients of it that fit, and those of them that are shown."""

    group: WorkGroup
    count: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenWork:
    """The worklist as chosen: `fitting` of `total` patients fit, and `shown` of them are shown."""

    groups: tuple[GroupView, ...]
    total: int
    fitting: int
    shown: int
    order: tuple[str, ...] = field(default=())

    def next_after(self, pseudonym: str) -> str:
        """Return who follows a patient on the page, "" after the last."""
        if pseudonym not in self.order:
            return self.order[0] if self.order else ""
        at = self.order.index(pseudonym) + 1
        return self.order[at] if at < len(self.order) else ""

    def rows_shown(self, rows: Iterable[WorkRow]) -> tuple[WorkRow, ...]:
        """Return those of the rows whose patients are shown."""
        names = frozenset(self.order)
        return tuple(row for row in rows if row.patient.pseudonym in names)

    def with_weeks(self, weeks: Mapping[str, LastFour]) -> "ChosenWork":
        """Return the work with the weeks of the patients shown, by pseudonym."""
        groups = (replace(view, lines=with_weeks(view.lines, weeks)) for view in self.groups)
        return replace(self, groups=tuple(groups))


def chosen_work(lines: Sequence[Line], choice: WorkChoice, now_ms: int) -> ChosenWork:
    """Return the worklist as chosen; `lines` are in order of need."""
    fitting = [line for line in lines if _fits(line, choice, now_ms)]
    key = _KEYS.get(choice.sort)
    ordered = sorted(fitting, key=key) if key else fitting
    views: list[GroupView] = []
    left = choice.most
    for group in GROUPS:
        members = tuple(line for line in ordered if line.group == group.key)
        if members:
            views.append(GroupView(group=group, count=len(members), lines=members[:left]))
            left = max(left - len(members), 0)
    order: list[str] = []
    for view in views:
        order += [line.pseudonym for line in view.lines]
    return ChosenWork(
        groups=tuple(views),
        total=len(lines),
        fitting=len(fitting),
        shown=len(order),
        order=tuple(order),
    )


def _fits(line: Line, choice: WorkChoice, now_ms: int) -> bool:
    text = choice.text.casefold().strip()
    return (
        (text in line.name.casefold() or text in line.pseudonym.casefold())
        and set(choice.tags) <= set(line.tags)
        and (not choice.sites or bool(set(choice.sites) & set(line.sites)))
        and _is_unreviewed(line, choice.unreviewed, now_ms)
    )


def _is_unreviewed(line: Line, days: int, now_ms: int) -> bool:
    return line.reviewed_ms is None or now_ms - line.reviewed_ms >= days * DAY_MS


def all_labels(lines: Sequence[Line]) -> tuple[list[str], list[str]]:
    """Return the tags and the sites of all patients, each once."""
    tags: set[str] = set()
    sites: set[str] = set()
    for line in lines:
        tags.update(line.tags)
        sites.update(line.sites)
    return sorted(tags), sorted(sites)


def without_drawer(choice: WorkChoice) -> WorkChoice:
    """Return the choice with the drawer closed."""
    return replace(choice, patient="")
