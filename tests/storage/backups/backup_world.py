"""A backup of the test's database, and restores of it into an empty one."""

from dataclasses import dataclass
from pathlib import Path

from kadens.backup.contents import plan_restore, read_contents, read_keys
from kadens.backup.erasure_file import list_erasure
from kadens.backup.restoring import Restored, restore
from kadens.backup.saving import SavedBackup, save_data, save_keys
from kadens.backup.sealed_files import new_private_key, private_key_in, public_key_of
from kadens.secrets.reading import read_secrets
from storage.bodies.body_store import Directory
from storage.erase import Receipt, erase
from storage.people.patients import patient_id
from storage.pg.pool import Connection
from tests.storage.tellers import T0


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupWorld:
    """Folders and keys of an installation and of its backups, below one folder."""

    root: Path
    public: str

    @property
    def store(self) -> Directory:
        return Directory(self.root / "bodies")

    @property
    def key(self) -> Path:
        return self.root / "backup.key"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.toml"

    @property
    def erasures(self) -> Path:
        return self.root / "erasures.jsonl"

    @property
    def folder(self) -> Path:
        return self.root / "backups" / "first"

    @property
    def keys(self) -> Path:
        return self.root / "backups" / "keys"

    async def save(self, conn: Connection, now_ms: int = T0) -> SavedBackup:
        """Back up the committed rows, and the keys with them."""
        ring = read_secrets(str(self.secrets)).wrapping_keys
        public = public_key_of(self.public)
        saved = await save_data(conn, self.store, ring, self.folder, public, now_ms)
        await self.save_keys(conn, now_ms)
        return saved

    async def save_keys(self, conn: Connection, now_ms: int) -> int:
        public = public_key_of(self.public)
        number = await save_keys(conn, self.keys, self.secrets, public, now_ms)
        await conn.commit()
        return number

    async def erase(self, conn: Connection, patient: str, now_ms: int = T0) -> Receipt:
        """Erase a patient and list the erasure, as the command does."""
        number = await patient_id(conn, patient)
        receipt = await erase(conn, patient, now_ms)
        keys = read_secrets(str(self.secrets)).audit_keys
        await list_erasure(conn, self.erasures, keys, number, receipt)
        await conn.commit()
        return receipt

    async def restore(
        self, dsn: str, *, erasures: Path | None = None, bodies: str = "restored"
    ) -> Restored:
        """Restore into the database of `dsn` and a folder of its own."""
        private = private_key_in(self.key)
        kept = read_keys(self.keys, private)
        plan = plan_restore(read_contents(self.folder, private), kept, erasures)
        return await restore(dsn, Directory(self.root / bodies), plan, kept, T0)


def new_world(root: Path) -> BackupWorld:
    """Make the keys of an installation, and the key of its backups."""
    world = BackupWorld(root=root, public=new_private_key(root / "backup.key"))
    keys = f'wrapping_key = "{bytes(32).hex()}"\naudit_key = "{bytes(range(32)).hex()}"\n'
    world.secrets.write_text(keys, encoding="utf-8")
    return world
