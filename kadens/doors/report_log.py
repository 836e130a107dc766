"""The log behind the patient door: answers go there as the reports connector's own payloads.

Nothing is decoded here. The session at the door is what proves the patient, so their pseudonym
stands in the envelope, where a link token would have put it.
"""

from dataclasses import replace
from hashlib import sha256

from ingest.ports import NotAcceptedError, Publisher
from ingest.receiving.envelopes import envelope_of
from ingest.sealing import sealed_for_patient
from ingest.vendors.reports import REPORTS
from model.topics import RAW
from patient.report.report_log import AnswersNotTakenError


class DoorReportLog:
    """`patient.report.report_log.ReportLog` over a publisher of the vendor door."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def start(self) -> None:
        """Connect if a broker answers; otherwise the first answer connects."""
        await self._publisher.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._publisher.stop()

    async def send(self, patient: str, public: bytes, body: bytes, key: str, now_ms: int) -> None:
        """Append a patient's sealed answers and wait for the broker.

        Raises `AnswersNotTakenError`.

        The same body has the same digest, by which the worker knows what is sent twice.
        """
        headers = {"content-type": "application/json", "idempotency-key": key}
        digest = sha256(body).hexdigest()
        envelope = envelope_of(
            REPORTS, headers, {}, sha256=digest, size=len(body), received_ms=now_ms
        )
        named, value = sealed_for_patient(replace(envelope, patient=patient), body, public)
        assert isinstance(value, bytes)  # noqa: S101 - a form is far below what a message holds
        try:
            # the digest is the key of the record, as for every body that the vendor door takes
            await self._publisher.append(RAW.name, digest.encode(), value, named.headers())
        except NotAcceptedError as error:
            raise AnswersNotTakenError from error
