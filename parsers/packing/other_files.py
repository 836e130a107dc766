"""Words for files that are not read, by their first bytes. Pure."""

NOT_READ = "not a file format that is read"
EMPTY = "the file is empty"
# Where the bytes stand, and what the file is then.
_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\5\6", "a packed file without a file in it"),
    (257, b"ustar", "a tar, which is not read: unpack it, or pack it as a zip"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z, which is not read: unpack it, or pack it as a zip"),
    (0, b"Rar!\x1a\7", "a rar, which is not read: unpack it, or pack it as a zip"),
    (0, b"BZh", "a bzip2, which is not read: unpack it first"),
    (0, b"\xfd7zXZ\0", "an xz, which is not read: unpack it first"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd, which is not read: unpack it first"),
    (0, b"%PDF", "a PDF, which is not read: export the data itself"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"\x89PNG", "a picture"),
)


def why_not_read(head: bytes) -> str:
    """Return why a file is not read, in words; `head` is its beginning."""
    if not head:
        return EMPTY
    for at, mark, why in _OTHERS:
        if head.startswith(mark, at):
            return why
    return NOT_READ
