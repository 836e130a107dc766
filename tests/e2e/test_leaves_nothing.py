"""Erasure leaves nothing: of all that the processes wrote about a patient, no byte but the receipt.

Logs, metrics and mails never have anything of a patient; the database's files, its write-ahead log
and the bodies have nothing any more; a backup made before opens without the patient.
"""

import json
from collections.abc import Iterator, Mapping
from operator import itemgetter
from pathlib import Path

import pytest

from tests.e2e.leaving import (
    DOORS,
    LEAVING,
    STAYS,
    Leaving,
    fill,
    forget,
    leaving_world,
    look_again,
    start_everything,
    use,
)
from tests.rig import run
from tests.storage.derived.traces import rows_with_traces

# What the files have before the erasure, so that the search is known to see it. Names are sealed.
_BEFORE = {"pseudonym", "number", "serial", "alert"}


@pytest.fixture(scope="module")
def world() -> Iterator[Leaving]:
    with leaving_world() as made:
        fill(made)
        start_everything(made)
        use(made)
        yield made


@pytest.fixture(scope="module")
def backup(world: Leaving, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a backup from before the erasure, with its private key."""
    folder = tmp_path_factory.mktemp("backup")
    public = world.kadens("backup", "new-key", str(folder / "backup.key")).split()[-1]
    world.rig.settings["KADENS_BACKUP_KEY"] = public
    world.kadens("backup", "--to", str(folder / "data"), "--keys-to", str(folder / "keys"))
    return folder


@pytest.fixture(scope="module")
def erased(world: Leaving, backup: Path) -> Leaving:
    """Give the world after the erasure, and after what docs/operations.md says to do then."""
    assert backup.exists()
    world.rig.do(lambda conn: conn.execute("checkpoint"))
    before = world.holding(world.cluster)
    assert _names(before, "base") >= _BEFORE
    assert _names(before, "pg_wal") >= _BEFORE
    world.printed += world.kadens("erase", "--patient", LEAVING, "--yes")
    look_again(world)
    forget(world)
    world.kadens("backup", "keys", "--keys-to", str(backup / "keys"))
    world.kadens("vacuum")
    return world


def _names(names_by_path: Mapping[str, set[str]], folder: str) -> set[str]:
    """Return the markers that are in some file below a folder of the cluster."""
    return set().union(*(names for path, names in names_by_path.items() if folder in path))


def test_everything_was_used(world: Leaving) -> None:
    # taken, seen, refused in each way, and one failure within: a draft that nothing can read
    assert set(world.answers) == {200, 202, 303, 404, 422, 500}
    assert {log.stem for log in world.folder.glob("*.log")} >= {*DOORS, "worker", "fetcher"}


@pytest.mark.promise(14)
def test_no_log_metric_or_mail_ever_has_anything_of_a_patient(erased: Leaving) -> None:
    logs = [*erased.folder.glob("*.log"), *erased.cluster.glob("*.log")]
    assert {log.stem for log in logs} >= {"commands", "clinic", "worker", "postgres"}
    assert erased.mails()
    metrics = {name: text.encode() for name, text in erased.metrics().items()}
    shown = {file.name: file.read_bytes() for file in (*logs, *erased.mails())} | metrics
    shown["the receipt"] = erased.printed.encode()
    leaks = dict(zip(shown, map(erased.markers_in, shown.values()), strict=True))
    assert dict(filter(itemgetter(1), leaks.items())) == {}


@pytest.mark.promise(14)
def test_no_file_of_the_database_or_beside_it_has_anything_left(erased: Leaving) -> None:
    assert erased.relations() == {}
    assert erased.holding(erased.folder) == {}
    assert STAYS.encode() in b"".join(map(Path.read_bytes, erased.table_files()))


@pytest.mark.promise(14)
def test_a_backup_from_before_shows_nothing_and_opens_without_the_patient(
    erased: Leaving, backup: Path
) -> None:
    assert erased.holding(backup) == {}
    restored = {"KADENS_DATABASE": erased.empty, "KADENS_BODIES": str(backup / "bodies")}
    words = ["--from", str(backup / "data"), "--keys", str(backup / "keys")]
    words += ["--key", str(backup / "backup.key"), "--secrets", str(backup / "secrets.toml")]
    no_list = {"KADENS_ERASURES": "", "KADENS_KAFKA": ""}
    done = json.loads(erased.kadens("restore", *words, "--json", **restored, **no_list))
    assert done["without_key"] == 1
    traces = [LEAVING, *(marker.decode(errors="replace") for marker in erased.markers.values())]
    assert run(rows_with_traces(erased.empty, traces)) == set()
    assert {table for table, _ in run(rows_with_traces(erased.empty, [STAYS]))} >= {"patient"}
    assert erased.holding(backup / "bodies") == {}
