"""Uploads in parts over a log in memory, with a worker that only settles what is on it."""

import asyncio
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO

from ingest.memory import MemoryBodies, MemoryLog
from ingest.uploads.shelf import Shelf
from ingest.uploads.upload import Ended, Upload, UploadResult, new_id
from kadens.uploads.taking import Taking
from storage.reads.import_outcomes import FileOutcome
from tests.parsers.fit.pieces import plain, records, session

UPLOADED_MS = 1_700_000_000_000
RUN_FIT = plain(records(range(1200)), session(start=0, written=1200, elapsed=1200, sport=1))
RIDE_FIT = plain(
    records(range(9000, 9900)), session(start=9000, written=9900, elapsed=900, sport=2)
)


def sha_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped_fits(*contents: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"folder/Anna-{number}.fit", content)
    return out.getvalue()


@dataclass
class UploadWorld:
    """What a worker would have made of the bodies, and the process under test."""

    shelf: Shelf
    log: MemoryLog = field(default_factory=MemoryLog)
    bodies: MemoryBodies = field(default_factory=MemoryBodies)
    kept: set[str] = field(default_factory=set)
    refuses: dict[str, tuple[str, str]] = field(default_factory=dict)
    consents: bool = True
    reads: bool = True
    now_ms: int = UPLOADED_MS

    async def outcomes(
        self, patient: str, digests: Sequence[str], since_ms: int
    ) -> Mapping[str, FileOutcome]:
        assert (patient, since_ms) == ("patient-7", UPLOADED_MS)
        await asyncio.sleep(0)
        if self.reads:
            read = {event.envelope.sha256 for event in self.log.events}
            self.kept |= read - self.refuses.keys()
        rows = {}
        for digest in set(digests) & (self.kept | self.refuses.keys()):
            kind, why = self.refuses.get(digest, ("", ""))
            rejects = (("@0", why),) if why else ()
            rows[digest] = FileOutcome(kept=digest in self.kept, kind=kind, rejects=rejects)
        return rows

    async def consented(self, patient: str, at_ms: int) -> bool:
        await asyncio.sleep(0)
        assert (patient, at_ms) == ("patient-7", UPLOADED_MS)
        return self.consents

    def taking(self) -> Taking:
        return Taking(
            shelf=self.shelf,
            publisher=self.log,
            bodies=self.bodies,
            outcomes=self.outcomes,
            consented=self.consented,
            now=lambda: self.now_ms,
        )

    def put(
        self,
        content: bytes,
        filename: str = "",
        sha256: str = "",
        time_zone: str = "",
        public: str = "",
    ) -> str:
        upload = Upload(
            id=new_id("patient-7", len(content), UPLOADED_MS),
            patient="patient-7",
            length=len(content),
            filename=filename,
            sha256=sha256,
            mark="",
            created_ms=UPLOADED_MS - 1,
            time_zone=time_zone,
        )
        self.shelf.create(upload)
        part = self.shelf.open(upload)
        part.write(content)
        part.commit(Ended(received_ms=UPLOADED_MS, link="ab" * 32, public=public))
        part.close()
        return upload.id

    def take(self, name: str) -> UploadResult:
        async def both() -> None:
            async with asyncio.timeout(30):
                await self.taking().bring(name)
                await self.taking().settle(name)

        asyncio.run(both())
        return self.shelf.result(name)
