"""Makes the virtual environment of a checkout from the locked packages, and shows progress.

`make` runs this file before any package is installed: `python3 -I kadens/local/install.py FOLDER
SET`. So it imports nothing but the standard library. The Makefile has checked the version of Python
already.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LOCKS = {"runtime": "requirements.lock", "development": "requirements-dev.lock"}
NEEDS = {"runtime": ("runtime",), "development": ("runtime", "development")}
STAMP = "kadens-{}.stamp"  # written last: a set without its stamp is installed again
LOG = "kadens-install.log"
_LOOK_S = 0.5
STEP = 10  # packages between two lines where the output is no terminal
TAIL_LINES = 12
_FAILED, INTERRUPTED = 1, 130


class InstallError(Exception):
    """The environment cannot be made; the text gives the reason in words for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The virtual environment to make: its folder, and the checkout whose packages it gets."""

    folder: Path
    checkout: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def stamp(self, name: str) -> Path:
        """Return the file that records which version of a set of packages is installed."""
        return self.folder / STAMP.format(name)

    def wanted(self, name: str) -> str:
        """Return what the stamp of a set must hold.

        It names the interpreter and the folder, because scripts and links in the environment name
        them too: a checkout that was moved needs a new environment.
        """
        files = (self.checkout / LOCKS[name], self.checkout / "pyproject.toml")
        digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
        return "\n".join([self.origin(), *digests, ""])

    def origin(self) -> str:
        """Return the first line of every stamp: version of Python and folder."""
        return f"Python {sys.version_info.major}.{sys.version_info.minor} in {self.folder}"


def _main(words: list[str]) -> int:
    """Install a set of packages of the checkout in the current folder; return the exit status."""
    environment = Environment(folder=Path(words[0]).absolute(), checkout=Path.cwd())
    try:
        install(environment, words[1], sys.stderr.write)
    except InstallError as error:
        sys.stderr.write(f"error: {error}\n")
        return _FAILED
    except KeyboardInterrupt:
        sys.stderr.write("stopped; the next run goes on from here\n")
        return INTERRUPTED
    return 0


def install(environment: Environment, name: str, write: Callable[[str], object]) -> None:
    """Bring a set of packages up to date; nothing to do costs one look at its stamp.

    `write` gets the progress. Raises InstallError.
    """
    if not _usable(environment):
        _make(environment, write)
    for part in NEEDS[name]:
        stamp = environment.stamp(part)
        if _text(stamp) != environment.wanted(part):
            stamp.unlink(missing_ok=True)
            _install_set(environment, part, write)
            stamp.write_text(environment.wanted(part), encoding="utf-8")


def _usable(environment: Environment) -> bool:
    """Return whether the environment is this interpreter's own and was made in this folder."""
    if Path(sys.prefix).resolve() != environment.folder.resolve():
        return False  # the Makefile prefers the environment's interpreter, so it has none that fits
    stamped = _text(environment.stamp("runtime"))
    return not stamped or stamped.splitlines()[0] == environment.origin()


def _make(environment: Environment, write: Callable[[str], object]) -> None:
    folder = environment.folder
    if folder.exists():
        if not (folder / "pyvenv.cfg").exists() and any(folder.iterdir()):
            raise InstallError(f"{folder} is in the way, and it is no virtual environment")
        write(f"{folder.name} was made by another Python or elsewhere; it is made anew\n")
        shutil.rmtree(folder)
    write(f"making {folder.name}\n")
    _run([str(_base_python()), "-m", "venv", str(folder)], None, lambda: None)


def _base_python() -> Path:
    """Return the interpreter outside any environment, because ours may be removed next."""
    if sys.prefix == sys.base_prefix:
        return Path(sys.executable)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return Path(sys.base_prefix) / "bin" / version


def _install_set(environment: Environment, name: str, write: Callable[[str], object]) -> None:
    lock = environment.checkout / LOCKS[name]
    log = environment.folder / LOG
    log.write_bytes(b"")
    progress = Progress(environment=environment, lock=lock, log=log, write=write)
    pip = [str(environment.python), "-m", "pip", "--disable-pip-version-check", "install"]
    # Compiling everything to bytecode would double the time, and most of it is never imported.
    quick = ["--no-compile", "--progress-bar", "off"]
    _run([*pip, *quick, "--require-hashes", "-r", str(lock)], log, progress.show)
    if name == "runtime":
        editable = ["--no-deps", "--no-build-isolation", "-e", str(environment.checkout)]
        _run([*pip, *quick, *editable], log, lambda: None)
    progress.finish(name)


def _run(argv: list[str], log: Path | None, look: Callable[[], None]) -> None:
    """Run a program to its end and call `look` meanwhile; InstallError quotes its output."""
    out = log.open("ab") if log else None
    try:
        errors = subprocess.STDOUT if out else None
        process = subprocess.Popen(argv, stdout=out, stderr=errors)  # noqa: S603 - argv is ours
        try:
            _wait(process, look)
        finally:
            process.kill()  # nothing to do for one that has ended
            process.wait()
    finally:
        if out:
            out.close()
    if process.returncode:
        end = "\n".join(_text(log).splitlines()[-TAIL_LINES:]) if log else ""
        raise InstallError(f"{' '.join(argv[1:4])} failed\n{end}".rstrip())


def _wait(process: "subprocess.Popen[bytes]", look: Callable[[], None]) -> None:
    while True:
        try:
            process.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            look()
        else:
            return


class Progress:
    """Shows how far pip is: a line that changes on a terminal, else a new line now and then."""

    def __init__(
        self, *, environment: Environment, lock: Path, log: Path, write: Callable[[str], object]
    ) -> None:
        self._environment, self._log, self._write = environment, log, write
        self._total = len(re.findall(r"^[\w.-]+==", _text(lock), re.MULTILINE))
        self._present = self._installed()
        self._tells_lines = not sys.stderr.isatty()
        self._last = ""

    def show(self) -> None:
        """Write how far it is, if that has changed."""
        fetched = len(re.findall(r"^Collecting ", _text(self._log), re.MULTILINE))
        installed = self._installed() - self._present
        if installed:
            self._tell("installing", installed)
        elif fetched:
            self._tell("fetching", fetched)

    def finish(self, name: str) -> None:
        """Write that a set is complete."""
        begin = "" if self._tells_lines else "\r\x1b[K"
        self._write(f"{begin}the packages for {name} are installed\n")

    def _tell(self, what: str, count: int) -> None:
        shown = count - count % STEP if self._tells_lines else count
        # A lock names packages of every platform, so fewer may be installed.
        line = f"  {what} packages, {shown} of at most {self._total}"
        if shown and line != self._last:
            self._last = line
            self._write(f"{line}\n" if self._tells_lines else f"\r\x1b[K{line}")

    def _installed(self) -> int:
        return sum(
            1 for _ in self._environment.folder.glob("lib/python3*/site-packages/*.dist-info")
        )


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
