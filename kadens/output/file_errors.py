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
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)
