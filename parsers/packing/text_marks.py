"""Marks of an encoding at the beginning of a text, and texts in UTF-16. Pure."""

UTF_8_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def unmarked(text: bytes) -> bytes:
    """Return a text in UTF-8 without a mark of its encoding; one without a mark as it is.

    The text may be cut off anywhere. What is no UTF-16 becomes a sign in the place of a letter.
    """
    if text.startswith(_UTF_16):
        return text.decode("utf-16", "replace").encode()
    return text.removeprefix(UTF_8_MARK)
