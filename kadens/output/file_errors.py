"""Why a file could not be used, in words for whoever named it. It reads no file itself."""

import tomllib


def file_error(error: OSError | ValueError) -> str:
    """Return the reason of an error of reading or writing, to be put after the file's name.

    >>> file_error(FileNotFoundError(2, "No such file or directory"))
    'No such file or directory'
    >>> file_error(UnicodeDecodeError("utf-8", b"", 0, 1, "invalid start byte"))
    'is no UTF-8 text'
    """
    if isinstance(error, UnicodeDecodeError):
        return "is no UTF-8 text"
    if isinstance(error, tomllib.TOMLDecodeError):
        return f"no TOML file: {error}"
    return _reason(error)


def named_file_error(error: OSError) -> str:
    """Return the reason of an error with the name of its file, where it names one.

    >>> named_file_error(FileNotFoundError(2, "No such file or directory", "x.json"))
    'x.json: No such file or directory'
    >>> named_file_error(OSError("the port is taken"))
    'the port is taken'
    """
    reason = _reason(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def _reason(error: OSError | ValueError) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return reason or first_line(error)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, the name of its kind where it has none."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
