"""Makes a new file as a whole or not at all: it is written beside its place, then renamed.

A file that answers a patient must never lie there half, and never replace another patient's. Only
its owner may read it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kadens.output.terminal import fail


@contextmanager
def new_file(out: Path) -> Iterator[Path]:
    """Give a path to write to, and rename it to `out` once all has gone well.

    Leaves with a plain sentence when `out` is a folder, exists, or cannot be written; whatever was
    written by then is removed.
    """
    if out.is_dir():
        fail(f"{out} is a folder; name a new file in it, such as {out / 'answer.zip'}", code=2)
    if out.exists():
        fail(f"{out} exists already")
    # beside its place, because a rename between file systems would copy
    beside = out.with_name(f".{out.name}.part")
    try:
        # made here with its mode: what a killed command left may be open to all
        beside.unlink(missing_ok=True)
        beside.touch(mode=0o600, exist_ok=False)
        yield beside
        # looked at again: somebody may have made it meanwhile, and a rename would replace it
        if out.exists():
            fail(f"{out} exists already")
        beside.rename(out)
    except OSError as error:
        # a database that is away is no fault of the file
        if not error.filename:
            raise
        fail(f"{out} cannot be written: {error.strerror}")
    finally:
        beside.unlink(missing_ok=True)
