"""The mail catcher of `kadens up`: keeps each mail as a .eml file, and must never send any."""

import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller

from kadens.local.instance import own_folder

_HOST = "127.0.0.1"


class Mailbox:
    """An SMTP server on loopback; `folder` gets a file for each mail, numbered as they arrive."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname=_HOST, port=port)

    @property
    def address(self) -> str:
        """The address on which it listens, `host:port`."""
        return f"{_HOST}:{self.port}"

    def count(self) -> int:
        """Return the number of mails kept."""
        return len(list(self.folder.glob("*.eml")))

    async def handle_DATA(  # noqa: N802 - aiosmtpd's hook
        self,
        _server: Any,  # noqa: ANN401 - aiosmtpd ships no types
        _session: Any,  # noqa: ANN401 - as above
        envelope: Any,  # noqa: ANN401 - as above
    ) -> str:
        """Keep a mail."""
        with self._lock:
            (self.folder / f"{self.count() + 1:05d}.eml").write_bytes(bytes(envelope.content))
        return "250 kept"

    def __enter__(self) -> Self:
        """Start to listen."""
        own_folder(self.folder)
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening; the mails stay."""
        self._controller.stop()
