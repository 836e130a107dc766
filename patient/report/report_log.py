"""What the patient door needs of the log: a place where a patient's answers are safe.

The deployer injects it, so that this room knows neither Kafka nor the vendor door.
"""

from typing import Protocol


class AnswersNotTakenError(Exception):
    """The log did not take the answers in time; the patient is told so and sends them again."""


class ReportLog(Protocol):
    """The log. Once `send` returns, the answers survive a crash of this process."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Disconnect."""

    async def send(self, patient: str, public: bytes, body: bytes, key: str, now_ms: int) -> None:
        """Append a body of the reports connector for a patient, and wait until it is acknowledged.

        It is sealed for the patient's `public` key. `key` is the same whenever the same form is
        sent again. Raises `AnswersNotTakenError`.
        """
