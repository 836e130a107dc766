"""The bytes of an Apple Health export as well-behaved UTF-8, in blocks of constant size. Pure.

Everything before the root element is left out, because the document type of some versions is broken
and no entity must ever be declared. What is left out besides says nothing of exercise: positions,
the birth date and other particulars of the person, and the date of the export. Two exports of the
same records therefore give the same bytes.
"""

import codecs
import re
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import numpy as np

from model.errors import BodyError
from model.facts import RejectKind

BLOCK_BYTES = 1024 * 1024
LOOKED_AT = 64 * 1024  # bytes in which the root element or the document type begins
_ROOT = re.compile(rb"<HealthData(?=[\s/>])[^<>]*>?")
_ROOT_NAMED = re.compile(rb"<(?:!DOCTYPE\s+)?HealthData(?=[\s/>\[])")
_CLINICAL = re.compile(rb"<ClinicalDocument(?=[\s/>])")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})""")
_DOCTYPE, _DOCTYPE_END = b"<!DOCTYPE", re.compile(rb"\]\s*>")
_MARKED = 64  # bytes in which the first tag begins
_MOST_ENDS = 16  # that a document type may seem to have
_LONGEST_TAG = 4 * BLOCK_BYTES
_BLANKS = b"\t\n\r"
_FIRST_PRINTABLE = 32
_CONTROLS = bytes(code for code in range(_FIRST_PRINTABLE) if code not in _BLANKS)
_NO_CHARACTERS = re.compile(b"\xef\xbf[\xbe\xbf]")  # U+FFFE and U+FFFF, which XML excludes
_CODECS = ("iso8859", "cp125", "koi8", "mac-", "shift_jis", "euc_", "gb", "big5")
_UTF8 = frozenset({"utf-8", "ascii"})
# Apple writes where in its memory a device was, which differs in every export.
_ADDRESS = b"HKDevice: 0x"
_HEX = b"0123456789abcdefABCDEF"
_PERSONAL = re.compile(rb"<(?:Me|ExportDate|Location|ClinicalRecord)\s[^<>]*/>\s*")
# Each of them holds one of these; long texts are searched for faster.
_PERSONAL_MARKS = (b"<ExportDate ", b"HKCharacteristicType", b"<Location ", b"<ClinicalRecord ")


def is_apple_health(payload: bytes) -> bool:
    """Return whether a file is of an Apple Health export, by the root element of its XML.

    The clinical document beside the export counts, so that it is refused for what it is.
    """
    begin = payload[:LOOKED_AT].replace(b"\0", b"")  # UTF-16 of ASCII is ASCII with NULs between
    return bool(_ROOT_NAMED.search(begin)) or is_clinical(begin)


def is_clinical(begin: bytes) -> bool:
    """Return whether a document that begins so is a clinical document (CDA)."""
    return bool(_CLINICAL.search(begin[:LOOKED_AT]))


def clean_blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield what stands behind the root's start tag, in blocks that end at the end of a tag.

    Raises BodyError for a document of another kind.
    """
    coded = _decoded(file)
    rest = _behind_the_root(coded)
    for chunk in coded:
        rest += chunk
        end = rest.rfind(b">") + 1
        # No tag is so long: what is no XML must not gather in memory.
        if not end and len(rest) > _LONGEST_TAG:
            end = len(rest)
        if end:
            yield _clean(rest[:end])
            rest = rest[end:]
    if rest:
        yield _clean(rest)


def _behind_the_root(chunks: Iterator[bytes]) -> bytes:
    """Read up to the root element, and return what follows its start tag."""
    begin = b""
    root = None
    for chunk in chunks:
        begin += chunk
        root = _root_in(begin)
        # A document type is long, but never that long.
        if root or len(begin) > _LONGEST_TAG:
            break
    if root is None:
        clinical = is_clinical(begin)
        why = "the clinical document of an export, which is not read: its export.xml has the data"
        raise BodyError("@0", why if clinical else "no Apple Health export", RejectKind.UNKNOWN)
    return begin[root.end() :]


def _root_in(begin: bytes) -> re.Match[bytes] | None:
    """Return the root's start tag: behind the document type, unless that has no end."""
    document_type = begin.find(_DOCTYPE)
    if document_type >= 0:
        for end in islice(_DOCTYPE_END.finditer(begin, document_type), _MOST_ENDS):
            root = _ROOT.search(begin, end.end())
            # An end that stands in a text of the document type is followed by more of it.
            if root and b"<!" not in begin[end.end() : root.start()].replace(b"<!--", b""):
                return root
    return _ROOT.search(begin)


def _decoded(file: BinaryIO) -> Iterator[bytes]:
    """Yield the file as UTF-8, whatever it is written in, without a byte order mark."""
    chunk = file.read(BLOCK_BYTES)
    encoding = _encoding(chunk)
    chunk = chunk.removeprefix(codecs.BOM_UTF8)
    if encoding in _UTF8:
        while chunk:
            yield chunk
            chunk = file.read(BLOCK_BYTES)
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    while chunk:
        yield decoder.decode(chunk).encode("utf-8", "replace")
        chunk = file.read(BLOCK_BYTES)
    # A file may end within a character.
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _encoding(begin: bytes) -> str:
    """Return the name of the encoding that a document is written in, "utf-8" unless it says so."""
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Half of the bytes of UTF-16 are zero here; which half tells the order of bytes.
    at = begin.find(b"<")
    if 0 <= at < _MARKED and b"\0" in begin[: at + 2]:
        return "utf-16-be" if at % 2 else "utf-16-le"
    declared = _DECLARED.search(begin[:512])
    if declared is None or begin.startswith(codecs.BOM_UTF8):
        return "utf-8"
    return _codec(declared[1].decode("ascii"))


def _codec(name: str) -> str:
    """Return Python's name of a declared encoding, UTF-8 for one that no document is written in."""
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        return "utf-8"
    # Python knows others as well, some of which are slow. UTF-16 would have shown itself before.
    return codec if codec.startswith(_CODECS) else "utf-8"


def _clean(block: bytes) -> bytes:
    """Return a block without bytes that XML forbids, and without what must not be kept."""
    block = readable_xml(block)
    for mark in _PERSONAL_MARKS:
        if mark in block:
            block = _PERSONAL.sub(b"", block)
            break
    return _without_addresses(block)


def readable_xml(block: bytes) -> bytes:
    """Return a block without characters that XML forbids."""
    codes = np.frombuffer(block, np.uint8)
    # Numbers are counted, because that is ten times as fast as looking for a set of bytes.
    blanks = sum(int(np.count_nonzero(codes == code)) for code in _BLANKS)
    if int(np.count_nonzero(codes < _FIRST_PRINTABLE)) != blanks:
        block = block.translate(None, _CONTROLS)
    return _NO_CHARACTERS.sub(b"", block) if b"\xef\xbf" in block else block


def _without_addresses(block: bytes) -> bytes:
    parts = block.split(_ADDRESS)
    for number in range(1, len(parts)):
        parts[number] = parts[number].lstrip(_HEX)
    return _ADDRESS.join(parts)
