"""Reads the settings of a command, and runs its work."""

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

import orjson

from kadens.output.terminal import fail
from kadens.privacy.endpoints import check_endpoints
from kadens.settings import (
    Settings,
    SettingsError,
    environment,
    installation_variables,
    read_settings,
    storage_variables,
)

_T = TypeVar("_T")


DEFAULT_FOLDER = Path("var")
RUNTIME_FILE = "runtime.json"


def settings_of(data: Path | None, *, migrates: bool = False) -> Settings:
    """Return the settings of a command that a person runs: from --data, the variables, or ./var.

    Leaves with code 2 when nothing names the installation, or when two sources do. `migrates` is
    as in `process_settings`.
    """
    folder = DEFAULT_FOLDER if data is None and not installation_variables() else data
    return process_settings(folder, migrates=migrates)


def process_settings(data: Path | None, *, migrates: bool = False) -> Settings:
    """Return the settings of a process: the KADENS_* variables, or the folder of --data.

    Never both: a process must not take an identity or a key from a folder that nobody named. A
    command that `migrates` gets the login that owns the tables, where a folder names it.
    """
    variables = environment()
    if data is None:
        return _read(
            variables, "Set them, or name the data folder of a running `kadens up` with --data."
        )
    if named := installation_variables():
        names = ", ".join(sorted(named))
        fail(f"settings come from --data {data} or from {names}; not both", code=2)
    runtime = _runtime(data, migrates=migrates)
    if runtime is None:
        fail(
            f"nothing runs on {data.absolute()}\n"
            "Start `kadens up`, name its folder with --data, or set the KADENS_* variables.",
            code=2,
        )
    # what is left says for whom a backup is sealed, and may stand beside a folder
    return _read(
        {**runtime, **variables},
        f"{data / RUNTIME_FILE} is of another version: start `kadens up` again.",
    )


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end."""
    return asyncio.run(work)


def _read(values: Mapping[str, str], advice: str) -> Settings:
    try:
        settings = read_settings(values)
        check_endpoints(settings, storage_variables())
    except SettingsError as error:
        fail(f"{error}\n{advice}", code=2)
    return settings


def _runtime(data: Path, *, migrates: bool) -> Mapping[str, str] | None:
    # not needed where variables are set
    from kadens.local.instance import runs  # noqa: PLC0415 - see above
    from kadens.local.runtime import MIGRATING  # noqa: PLC0415 - see above

    path = data / RUNTIME_FILE
    # A killed instance leaves the file behind, and what it names no longer runs.
    if not runs(data) or not path.exists():
        return None
    content: dict[str, Any] = orjson.loads(path.read_bytes())
    variables: dict[str, str] = content["environment"]
    # what an older `kadens up` wrote names no such login
    return {**variables, **(content.get(MIGRATING, {}) if migrates else {})}
