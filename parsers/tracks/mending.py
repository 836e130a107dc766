"""Reads a file of tracks a second time, with the letters mended that XML does not allow. Pure.

Names that people give to their runs hold a bare `&`, and letters of another encoding than the one
that the file states. They stand before the points, so each would cost the entire file. Numbers and
times are never changed: they have no such letters.
"""

import re

from model.facts import RejectKind
from parsers.fields import Unreadable
from parsers.tracks.elements import ElementWalk, TrackFile

_MOST_MENDED = 16 * 1024 * 1024  # bytes: the text takes up to four times as much memory
_DECLARED = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_LATIN = re.compile(
    rb"<\?xml[^>]{0,80}encoding\s*=\s*[\"'](?:iso-8859-1|windows-1252)", re.IGNORECASE
)
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def walked(kind: type[ElementWalk], payload: bytes) -> TrackFile:
    """Return what a file holds; BodyError for any other document, and for too much of it.

    A file that stops being XML is read once more with its letters mended, where that gives more.
    """
    file = kind().walk(payload)
    mended = _mended(payload) if file.damage is not None else payload
    if mended == payload:
        return file
    again = kind().walk(mended)
    if again.damage is not None and _points(again) <= _points(file):
        return file
    why = "letters that XML does not allow, which were mended"
    again.errors.insert(0, Unreadable(f"@{file.damage}", why, RejectKind.REPAIRED))
    return again


def _points(file: TrackFile) -> int:
    return sum(len(activity.times) for activity in file.activities)


def _mended(payload: bytes) -> bytes:
    """Return a file in UTF-8 without what XML does not allow; as it is where all is allowed."""
    if len(payload) > _MOST_MENDED:
        return payload
    text = payload.decode(_encoding(payload), "replace").removeprefix("\ufeff")
    text = _DECLARED.sub("", text, count=1)
    plain = _BARE.sub("&amp;", _ILLEGAL.sub("", text))
    is_changed = plain != text or "\ufffd" in text
    return plain.encode() if is_changed else payload


def _encoding(payload: bytes) -> str:
    if payload.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "cp1252" if _LATIN.match(payload.lstrip()) else "utf-8"
