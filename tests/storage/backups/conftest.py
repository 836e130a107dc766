"""An installation and its backups for each test."""

from pathlib import Path

import pytest

from tests.storage.backups.backup_world import BackupWorld, new_world


@pytest.fixture
def world(tmp_path: Path) -> BackupWorld:
    return new_world(tmp_path)
