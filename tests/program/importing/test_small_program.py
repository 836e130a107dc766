"""An import runs beside everything else on a small machine, so it loads no door."""

import subprocess
import sys

_LOADED = "import sys, kadens.commands.files as files; print(*(name in sys.modules for name in {}))"
_OF_A_DOOR = ("fastapi", "jinja2", "pydantic", "uvicorn", "faust")


def test_an_import_loads_no_door() -> None:
    program = [sys.executable, "-c", _LOADED.format(_OF_A_DOOR)]
    words = subprocess.run(program, capture_output=True, text=True, check=True).stdout.split()
    assert dict(zip(_OF_A_DOOR, words, strict=True)) == dict.fromkeys(_OF_A_DOOR, "False")
