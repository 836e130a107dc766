"""The table of formats: which reader reads them, and how much a payload may hold. Pure.

Each format has a row. Every item that a reader yields passes the checks here, so that no reader can
put a fact on the log that cannot be stored. A format is derived from the bytes alone. Signatures
and hosts of vendors are not known here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from model.calendar import DAY_MS
from model.envelope import SNIFF
from model.errors import BodyError
from model.fact_properties import span_of
from model.facts import Fact, Parsed, Reject, RejectKind
from model.received import Context, Part, ReaderItem
from model.storable import fact_refusal
from model.versions.receipt import as_received
from parsers.fields import check_width, grouped
from parsers.format_rows.bodies import BODY_FORMATS
from parsers.format_rows.files import FILE_FORMATS
from parsers.format_rows.row import MEBIBYTE, Format
from parsers.lazy_readers import Named
from parsers.packing.text_marks import UTF_8_MARK, unmarked

SNIFFED = 64 * 1024  # so many first bytes show what a file is
LARGEST_PIECE = 2 * MEBIBYTE
FILES_CONNECTOR = "files"  # the connector whose payloads are files
BY_BYTES = frozenset({SNIFF, FILES_CONNECTOR})  # the first bytes of such a payload show its format


def is_packed(payload: bytes) -> bool:
    """Return whether a file is a gzip or a zip by its first bytes."""
    return payload.startswith((b"\x1f\x8b\x08", b"PK\3\4"))


_PACKED = "packed"
_FILE_VERSIONS = sum(row.version for row in FILE_FORMATS)
FORMATS: tuple[Format, ...] = (
    *BODY_FORMATS,
    *FILE_FORMATS,
    # An export of years. What it holds is read anew whenever one of its readers changes.
    Format(
        name=_PACKED,
        version=2 + _FILE_VERSIONS,
        read=Named("parsers.packed:read_packed"),
        sniff=is_packed,
        suffixes=(".gz", ".zip"),
        most_bytes=64 * MEBIBYTE,
        most_days=3_660,
        most_facts=40_000,
    ),
)


def sniff(payload: bytes, filename: str = "") -> str | None:
    """Return the name of a file's format ("fit"), None when no reader knows it.

    Its first `SNIFFED` bytes and its base name show it.
    """
    # what a packed file holds may lie in it as it is, and would show the format of that
    if is_packed(payload):
        return _PACKED
    head = payload[:SNIFFED]
    for shown in dict.fromkeys((head, unmarked(head))):
        for row in FORMATS:
            if row.is_file(shown, filename):
                return row.name
    return None


def format_named(name: str) -> Format:
    """Return the row of a format; LookupError for an unknown name, which is a bug of the caller."""
    for row in FORMATS:
        if row.name == name:
            return row
    raise LookupError(f"no format {name!r}")


def format_of(connector: str, payload: bytes, filename: str = "") -> str:
    """Return the format of a connector's payload, by its bytes and its base name for `BY_BYTES`.

    Raises BodyError for a file of no format that is read, and LookupError for a connector without a
    format.
    """
    if connector not in BY_BYTES:
        return format_named(connector).name
    name = sniff(payload, filename)
    if name is None:
        raise BodyError("@0", "not a file format that is read", RejectKind.UNKNOWN)
    return name


def load_readers() -> None:
    """Import the readers of all formats now, so that no payload waits for it.

    A process that is forked for each payload would otherwise import its reader each time.
    """
    for row in FORMATS:
        for function in (row.read, row.sniff, row.cut):
            if isinstance(function, Named):
                function.function()


def version_of(name: str) -> int:
    """Return today's version of a format by its name; LookupError for an unknown name."""
    return format_named(name).version


def read_items(name: str, payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what a payload of a format holds, lazily, each part checked.

    Never raises for what is in the payload: where reading cannot go on, the last item is a Reject.
    Raises LookupError for an unknown format.
    """
    row = format_named(name)
    try:
        _check_size(row, payload)
        text = _as_recognised(row, payload)
        if text is not payload:
            _check_size(row, text)
        for item in row.read(text, context):
            yield _checked(row, item, context) if isinstance(item, Part) else item
    except BodyError as error:
        yield error.reject


def _as_recognised(row: Format, payload: bytes) -> bytes:
    """Return a payload as its format is recognised: as it is, or without its mark of an encoding.

    Programs on a desk put such a mark before a table or a JSON file that they save anew, and some
    senders before a body, which is never in another encoding than UTF-8.
    """
    if row.sniff is None:
        return payload.removeprefix(UTF_8_MARK)
    head = payload[:SNIFFED]
    shown = unmarked(head)
    if shown == head or row.sniff(head) or not row.sniff(shown):
        return payload
    return unmarked(payload)


def parse(connector: str, body: bytes, content_type: str = "", *, received_ms: int = 0) -> Parsed:
    """Return what a body of one account holds; BodyError when it cannot be read at all.

    `received_ms` is epoch ms, 0 where nobody has received the body: then nothing in it counts as
    later. Raises LookupError for a connector without a format.
    """
    context = Context(connector=connector, content_type=content_type, received_ms=received_ms)
    return parse_as(format_of(connector, body), body, context)


def parse_as(name: str, body: bytes, context: Context) -> Parsed:
    """Return what a body of one account and of the format `name` holds; BodyError as `parse`.

    This is for callers that want everything at once. Fetches and notices are left out, and a body
    of several accounts is refused: `read_items` reads those. Raises LookupError for an unknown
    format.
    """
    part: Part | None = None
    rejects: list[Reject] = []
    for item in read_items(name, body, context):
        if isinstance(item, Reject):
            rejects.append(item)
        elif isinstance(item, Part):
            if part is not None:
                raise BodyError("body", "more than one account", RejectKind.TOO_MUCH)
            part = item
    if part is None and rejects:
        raise BodyError(rejects[0].where, rejects[0].why, rejects[0].kind)
    if part is None:
        return Parsed(account="", facts=())
    return Parsed(
        account=part.account,
        facts=part.facts,
        rejects=(*part.rejects, *rejects),
        complete=part.complete,
    )


def _check_size(row: Format, payload: bytes) -> None:
    if len(payload) > row.most_bytes:
        raise BodyError("body", f"more than {row.most_bytes} bytes", RejectKind.TOO_MUCH)
    # only files are unpacked, by a row of their own: no vendor is told that it may pack a body
    if row.sniff is not is_packed and is_packed(payload):
        raise BodyError("@0", "packed, and bodies of this kind are never unpacked")
    if row.json:
        check_width(payload)


def _checked(row: Format, part: Part, context: Context) -> Part:
    """Return a part without the facts that cannot be stored; BodyError when it holds too much.

    What is later than the receipt is left out too. A body that was not received, such as a file on
    a desk, has no receipt to compare with.
    """
    if len(part.facts) > row.most_facts:
        raise BodyError("body", f"more than {row.most_facts} facts", RejectKind.TOO_MUCH)
    facts: list[Fact] = []
    refused: list[Reject] = []
    for position, fact in enumerate(part.facts):
        why = fact_refusal(fact)
        if why:
            where = f"facts[{position}]"
            refused.append(Reject(where=where, why=why, kind=RejectKind.UNWRITABLE))
        else:
            facts.append(fact)
    if context.received_ms:
        allowed = as_received(facts, context.received_ms, is_file=row.sniff is not None)
        facts = list(allowed.facts)
        refused += allowed.rejects
    if _days(facts) > row.most_days:
        raise BodyError("body", f"facts of more than {row.most_days} days", RejectKind.TOO_MUCH)
    if not refused:
        return part
    return replace(part, facts=tuple(facts), rejects=(*part.rejects, *grouped(refused)))


def _days(facts: Iterable[Fact]) -> int:
    """Return how many days of UTC the facts touch, each day once."""
    spans = []
    for fact in facts:
        span = span_of(fact)
        start_ms, end_ms = span.start_ms, span.end_ms
        spans.append((start_ms // DAY_MS, end_ms // DAY_MS))
    # Facts may cover years in a few spans, so days are counted from sorted spans, never listed.
    days, reached = 0, -1
    for start, end in sorted(spans):
        days += max(0, end - max(start, reached + 1) + 1)
        reached = max(reached, end)
    return days
