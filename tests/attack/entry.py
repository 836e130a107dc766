"""`python -m tests.attack.entry` is `kadens` with bugs planted in its readers.

The bugs are planted when this module is imported: a reader process that starts Python anew imports
its parent's main module first. Of the processes that `kadens up` starts only the worker reads
bodies, so only it begins here.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import kadens.local.children
from kadens.embedded.process import Child, launch
from tests.attack.planted import plant
from tests.rooms import ROOT

_ENTRY = "tests.attack.entry"


def launch_planted(part: str, argv: Iterable[str | Path], **more: Any) -> Child:  # noqa: ANN401
    """Start a part of Kadens; a worker by this module."""
    words = list(argv)
    if words[1:] == ["-m", "kadens", "worker"]:
        words[2] = _ENTRY
    environment: Mapping[str, str] = {**more.pop("environment", {}), "PYTHONPATH": str(ROOT)}
    return launch(part, words, environment=environment, **more)


plant()

if __name__ == "__main__":
    from kadens.cli import main

    vars(kadens.local.children)["launch"] = launch_planted
    main()
