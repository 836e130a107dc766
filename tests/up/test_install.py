"""The environment of a checkout: Python is checked first, and what does not fit is made anew."""

import subprocess
import sys
from pathlib import Path

import pytest

from kadens.local import install
from kadens.local.install import Environment, InstallError
from tests.rooms import ROOT

_OLD = """#!/bin/sh
test "$1" = --version && echo Python 3.9.1
exit 1
"""
SHOWS_ITS_PYTHON = "import sys; print(sys.executable, *sys.argv[1:])"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a checkout whose installer only names its interpreter, and a Python that is too old."""
    (tmp_path / "kadens/local").mkdir(parents=True)
    (tmp_path / "kadens/local/install.py").write_text(SHOWS_ITS_PYTHON, encoding="utf-8")
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    _program(tmp_path / "old", _OLD)
    return tmp_path


def _program(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def make(checkout: Path, python: str) -> "subprocess.CompletedProcess[str]":
    argv = ["make", "-s", f"PYTHON={python}", "runtime"]
    return subprocess.run(
        argv, cwd=checkout, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_python_that_is_too_old_is_named_before_anything_happens(checkout: Path) -> None:
    done = make(checkout, "./old")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        "error: Kadens needs Python 3.11 or newer, and ./old is Python 3.9.1; "
        "name another one: make PYTHON=python3.13 runtime"
    )
    assert done.stdout == ""


def test_an_environment_that_fits_installs_into_itself(checkout: Path) -> None:
    argv = [sys.executable, "-m", "venv", "--without-pip", ".venv"]
    subprocess.run(argv, cwd=checkout, timeout=60, check=True)
    pip = next((checkout / ".venv/lib").glob("python3*/site-packages")) / "pip.py"
    pip.touch()
    assert make(checkout, "./old").stdout == f"{checkout}/.venv/bin/python .venv runtime\n"
    pip.unlink()
    assert make(checkout, sys.executable).stdout == f"{sys.executable} .venv runtime\n"


def test_an_environment_of_a_python_that_is_too_old_is_left_to_another(checkout: Path) -> None:
    _program(checkout / ".venv/bin/python", _OLD)
    assert make(checkout, sys.executable).stdout == f"{sys.executable} .venv runtime\n"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Give an environment that does not exist yet; each set of packages has a single package."""
    for name in (*install.LOCKS.values(), "pyproject.toml"):
        (tmp_path / name).write_text("numpy==2.0 \\\n    --hash=sha256:00\n", encoding="utf-8")
    made = Environment(folder=tmp_path / ".venv", checkout=tmp_path)
    monkeypatch.setattr(sys, "prefix", str(made.folder))
    return made


@pytest.fixture
def ran(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the programs that would have run, by their last words."""
    seen: list[str] = []

    def record(argv: list[str], *_rest: object) -> None:
        seen.append(" ".join(argv[-2:]).replace(str(environment.checkout), "."))
        environment.folder.mkdir(exist_ok=True)
        (environment.folder / "pyvenv.cfg").touch()

    monkeypatch.setattr(install, "_run", record)
    return seen


def test_what_is_installed_is_not_installed_again(environment: Environment, ran: list[str]) -> None:
    environment.folder.mkdir()
    lines: list[str] = []
    install.install(environment, "development", lines.append)
    assert ran == ["-r ./requirements.lock", "-e .", "-r ./requirements-dev.lock"]
    assert lines == [
        "the packages for runtime are installed\n",
        "the packages for development are installed\n",
    ]
    install.install(environment, "development", lines.append)
    assert len(ran) == 3
    (environment.checkout / "requirements-dev.lock").write_text("", encoding="utf-8")
    install.install(environment, "development", lines.append)
    assert ran[3:] == ["-r ./requirements-dev.lock"]


def test_an_installation_that_was_cut_goes_on(
    environment: Environment, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.folder.mkdir()

    def cut(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(install, "_run", cut)
        with pytest.raises(KeyboardInterrupt):
            install.install(environment, "runtime", len)
    install.install(environment, "runtime", len)
    assert ran == ["-r ./requirements.lock", "-e ."]


def test_an_environment_of_another_python_is_made_anew(
    environment: Environment, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.folder.mkdir()
    (environment.folder / "pyvenv.cfg").touch()
    (environment.folder / "old").touch()
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    lines: list[str] = []
    install.install(environment, "runtime", lines.append)
    assert lines[:2] == [
        ".venv was made by another Python or elsewhere; it is made anew\n", "making .venv\n",
    ]  # fmt: skip
    assert ran[0] == "venv ./.venv"
    assert not (environment.folder / "old").exists()


def test_an_environment_that_was_moved_is_made_anew(
    environment: Environment, ran: list[str]
) -> None:
    environment.folder.mkdir()
    install.install(environment, "runtime", len)
    stamp = environment.stamp("runtime")
    stamp.write_text(stamp.read_text().replace(str(environment.folder), "/elsewhere"))
    install.install(environment, "runtime", len)
    assert ran[2] == "venv ./.venv"


def test_a_folder_that_is_no_environment_is_never_removed(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.folder.mkdir()
    (environment.folder / "thesis.txt").touch()
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    with pytest.raises(InstallError, match=r"\.venv is in the way, and it is no virtual"):
        install.install(environment, "runtime", len)
    assert (environment.folder / "thesis.txt").exists()


def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    argv = [sys.executable, "-c", "raise SystemExit('no route to the index')"]
    with pytest.raises(InstallError, match=r"(?s)failed\nno route to the index$"):
        install._run(argv, log, lambda: None)


def test_progress_counts_what_is_fetched_and_installed(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "STEP", 1)
    packages = environment.folder / "lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    log, lines = environment.folder / "log", list[str]()
    progress = install.Progress(
        environment=environment,
        lock=environment.checkout / "requirements.lock",
        log=log,
        write=lines.append,
    )
    progress.show()
    log.write_text("Collecting numpy==2.0\n", encoding="utf-8")
    progress.show()
    progress.show()
    (packages / "numpy-2.0.dist-info").mkdir()
    progress.show()
    assert lines == [
        "  fetching packages, 1 of at most 1\n", "  installing packages, 1 of at most 1\n",
    ]  # fmt: skip
