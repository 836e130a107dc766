"""The header fields of the tus protocol 1.0: read from a request, written for an answer. Pure.

What a client states wrongly raises `Refused`, and never repeats the value.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from email.utils import formatdate

from ingest.problems import refused
from ingest.uploads.upload import Upload
from model.calendar import known_zone

TUS_VERSION = "1.0.0"
OFFSET_STREAM = "application/offset+octet-stream"
_NUMBER = re.compile(r"[0-9]{1,15}")
_KEY = re.compile(r"[!-+\--~]{1,100}")  # visible ASCII without a comma
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_METADATA = 4_096
UPLOAD_ZONE = "time-zone"  # the key, and the header that passes its value on to the readers
LONGEST_NAME = 200


def check_version(headers: Mapping[str, str]) -> None:
    """Raise `Refused` unless the client speaks our version."""
    if headers.get("tus-resumable") != TUS_VERSION:
        raise refused("tus_version")


def byte_count(headers: Mapping[str, str], name: str, reason: str) -> int:
    """Return a count of bytes from a header; raises `Refused` with the reason where it is none."""
    text = headers.get(name, "")
    if not _NUMBER.fullmatch(text):
        raise refused(reason)
    return int(text)


def declared_size(headers: Mapping[str, str]) -> int:
    """Return the bytes that a part is declared to have, 0 where it comes in chunks."""
    if "content-length" not in headers:
        return 0
    return byte_count(headers, "content-length", "too_large")


def metadata_in(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the pairs of Upload-Metadata; raises `Refused` where they are not as tus has them."""
    text = headers.get("upload-metadata", "")
    if len(text) > _LONGEST_METADATA:
        raise refused("upload_metadata")
    pairs: dict[str, str] = {}
    for pair in text.split(",") if text.strip() else ():
        key, _, value = pair.strip().partition(" ")
        # tus wants each key once; the second could hide what the first says
        if not _KEY.fullmatch(key) or key in pairs:
            raise refused("upload_metadata")
        try:
            pairs[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise refused("upload_metadata") from None
    return pairs


def sha256_in(pairs: Mapping[str, str]) -> str:
    """Return the SHA-256 (hex) that the client states of its file, "" where it states none."""
    text = pairs.get("sha256", "").lower()
    if text and not _SHA256.fullmatch(text):
        raise refused("upload_metadata")
    return text


def time_zone_in(pairs: Mapping[str, str]) -> str:
    """Return the IANA zone that the client names for local times, "" where it names none.

    Raises `Refused` for a name that is no zone.
    """
    name = pairs.get(UPLOAD_ZONE, "")
    try:
        return known_zone(name) if name else ""
    except ValueError as error:
        raise refused("upload_metadata") from error


def stated_name(pairs: Mapping[str, str]) -> str:
    """Return the name of the file without folders and without what no name should hold."""
    # browsers send a base name; others may send the way to the file, which can name a person
    name = re.split(r"[/\\]", pairs.get("filename", ""))[-1]
    return "".join(filter(str.isprintable, name))[:LONGEST_NAME]


def metadata_text(upload: Upload) -> str:
    """Return Upload-Metadata as a HEAD request answers it."""
    pairs = {
        "filename": upload.filename,
        "sha256": upload.sha256,
        "mark": upload.mark,
        UPLOAD_ZONE: upload.time_zone,
    }
    parts = []
    for key, value in pairs.items():
        if value:
            parts.append(f"{key} {base64.b64encode(value.encode()).decode()}")
    return ",".join(parts)


def progress_headers(upload: Upload, offset: int) -> dict[str, str]:
    """Return the headers that tell how far an upload is and when it expires."""
    return {
        "Upload-Offset": str(offset),
        "Upload-Expires": formatdate(upload.expires_ms / 1000, usegmt=True),
    }
