"""A drop folder: whose a file is, when it is complete, and where it goes."""

from pathlib import Path

import pytest

from kadens.importing.drop_folder import DropFolder, DroppedFile, OwnerRule
from kadens.importing.tally import FileTally


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the time in seconds; a test moves it."""
    now = [0.0]
    monkeypatch.setattr("kadens.importing.drop_folder.time.monotonic", lambda: now[0])
    return now


def _put(folder: Path, name: str, content: bytes = b"x") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _drop(folder: Path, by: OwnerRule = OwnerRule.FOLDER, patient: str = "") -> DropFolder:
    return DropFolder(folder=folder, by=by, patient=patient, settle_s=5.0)


def _later(drop: DropFolder, clock: list[float]) -> list[DroppedFile]:
    drop.complete()
    clock[0] += 5.0
    return drop.complete()


@pytest.mark.parametrize(
    ("by", "patient", "owners"),
    [
        (OwnerRule.FOLDER, "", {"p-1/a.fit": "p-1", "p-1/x/b.fit": "p-1", "p-2_c.fit": ""}),
        (OwnerRule.NAME, "", {"p-1/a.fit": "", "p-1/x/b.fit": "", "p-2_c.fit": "p-2"}),
        (OwnerRule.FOLDER, "p-9", {"p-1/a.fit": "p-9", "p-1/x/b.fit": "p-9", "p-2_c.fit": "p-9"}),
    ],
)
def test_whose_a_file_is(
    tmp_path: Path, clock: list[float], by: OwnerRule, patient: str, owners: dict[str, str]
) -> None:
    for name in owners:
        _put(tmp_path, name)
    files = _later(_drop(tmp_path, by, patient), clock)
    assert {str(f.given.path.relative_to(tmp_path)): f.owner for f in files} == owners


def test_a_file_is_complete_once_it_did_not_change_for_a_while(
    tmp_path: Path, clock: list[float]
) -> None:
    drop, path = _drop(tmp_path), _put(tmp_path, "p/a.fit")
    assert drop.complete() == []
    clock[0] = 4.0
    path.write_bytes(b"more")
    assert drop.complete() == []
    clock[0] = 8.9
    assert drop.complete() == []
    clock[0] = 9.0
    assert [file.given.path for file in drop.complete()] == [path]


def test_results_hidden_files_and_unfinished_ones_are_left_alone(
    tmp_path: Path, clock: list[float]
) -> None:
    for name in (
        "p/done/a.fit", "p/refused/b.fit", "done/c.fit", "p/.sync.fit", ".stfolder/x.fit",
        "p/d.fit.part", "p/e.TMP", "p/x/done/f.fit",
    ):  # fmt: skip
        _put(tmp_path, name)
    files = _later(_drop(tmp_path), clock)
    assert [str(f.given.path.relative_to(tmp_path)) for f in files] == ["p/x/done/f.fit"]


def test_a_file_that_stays_is_looked_at_again_when_it_changes(
    tmp_path: Path, clock: list[float]
) -> None:
    drop, path = _drop(tmp_path), _put(tmp_path, "p/a.fit")
    (file,) = _later(drop, clock)
    expects = [drop.expects_more]
    drop.handled(file)
    assert _later(drop, clock) == []
    assert [*expects, drop.expects_more] == [True, False]
    path.write_bytes(b"the next export")
    (again,) = _later(drop, clock)
    assert again.given.path == path


def _tally(path: Path, *, new: int, refused: str = "") -> FileTally:
    tally = FileTally(path=path, named=True, new=new)
    if refused:
        tally.refuse(refused)
    return tally


def test_a_file_moves_and_never_onto_another(tmp_path: Path, clock: list[float]) -> None:
    drop = _drop(tmp_path)
    for content in (b"first", b"second"):
        _put(tmp_path, "p/a.fit", content)
        (file,) = _later(drop, clock)
        drop.put_away(file, _tally(file.given.path, new=1))
    assert (tmp_path / "p/done/a.fit").read_bytes() == b"first"
    assert (tmp_path / "p/done/a.2.fit").read_bytes() == b"second"
    assert not drop.expects_more


def test_what_is_refused_has_its_reasons_beside_it(tmp_path: Path, clock: list[float]) -> None:
    drop = _drop(tmp_path)
    _put(tmp_path, "p/a.fit")
    (file,) = _later(drop, clock)
    drop.put_away(file, _tally(file.given.path, new=0, refused="cut off"))
    assert (tmp_path / "p/refused/a.fit").exists()
    assert (tmp_path / "p/refused/a.fit.txt").read_text() == (
        "refused: cut off\nRefused: cut off.\n"
    )


def test_reasons_never_take_the_place_of_a_file(tmp_path: Path, clock: list[float]) -> None:
    drop = _drop(tmp_path)
    for name, content in (("p/a.fit.txt", b"a diary"), ("p/a.fit", b"x")):
        _put(tmp_path, name, content)
        (file,) = _later(drop, clock)
        drop.put_away(file, _tally(file.given.path, new=0, refused="cut off"))
    assert (tmp_path / "p/refused/a.fit.txt").read_bytes() == b"a diary"
    assert (tmp_path / "p/refused/a.2.fit").read_bytes() == b"x"
    assert (tmp_path / "p/refused/a.2.fit.txt").exists()


def test_a_file_that_changes_while_it_is_read_stays(tmp_path: Path, clock: list[float]) -> None:
    drop, path = _drop(tmp_path), _put(tmp_path, "p/a.fit")
    (file,) = _later(drop, clock)
    path.write_bytes(b"more of it")
    drop.put_away(file, _tally(path, new=1))
    assert path.read_bytes() == b"more of it"
