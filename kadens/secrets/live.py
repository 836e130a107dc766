"""Watches the secrets file, so that a rotation of keys needs no restart."""

import contextlib
from pathlib import Path

from kadens.secrets.reading import read_secrets
from kadens.secrets.values import Secrets, SettingsError
from model.keyring import Keys


class LiveSecrets:
    """The secrets as they are in the file now, so that a rotation needs no restart.

    A broken or missing file is logged once, and the previous secrets stay in use.
    """

    def __init__(self, path: str, secrets: Secrets) -> None:
        """Take the path ("" for secrets that never change) and the secrets read from it."""
        self._path, self._secrets = Path(path) if path else None, secrets
        self._seen: tuple[int, ...] | None = None

    def now(self) -> Secrets:
        """Return the secrets; reads the file again when its inode, time or size differ."""
        mark = self._mark()
        if self._path is not None and mark != self._seen:
            # Noted before reading, so that a broken file is read and logged only once.
            self._seen = mark
            try:
                self._secrets = read_secrets(str(self._path))
            except SettingsError as error:
                # A process whose file is well never loads what writes log lines.
                from runtime.log_lines import get_logger  # noqa: PLC0415 - see above

                get_logger(__name__).warning("the secrets stay as they were", reason=str(error))
        return self._secrets

    def keys(self, kind: str) -> Keys:
        """Return the function that gives the current ring of a kind."""
        return lambda: getattr(self.now(), f"{kind}_keys")

    def _mark(self) -> tuple[int, ...]:
        with contextlib.suppress(OSError):
            if self._path is not None:
                result = self._path.stat()
                return result.st_ino, result.st_mtime_ns, result.st_size
        return ()
