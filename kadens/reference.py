"""Makes `docs/commands.md` and `docs/settings.md` from the code; `make docs` writes them.

A test fails as long as a page differs from what this module makes.
"""

import inspect
import sys
from collections.abc import Iterable, Mapping
from dataclasses import MISSING
from pathlib import Path
from typing import Any

import typer

from kadens.cli import COMMANDS
from kadens.lazy_commands import Command, every_command
from kadens.settings import Settings, variable
from kadens.settings_table import SETTINGS_TABLE

DOCS = Path(__file__).parents[1] / "docs"
INTRODUCTION = """
Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 wrong use.
`kadens COMMAND --help` shows the same as this page."""
NOTE = "<!-- Generated from the code: change the code, then run `make docs`. -->"


def reference_pages() -> dict[str, str]:
    """Return the content of each generated page by its file name."""
    return {"commands.md": _commands_page(), "settings.md": _settings_page()}


def write_pages(folder: Path, pages: Mapping[str, str]) -> None:
    """Write the pages into a folder."""
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def _commands_page() -> str:
    sections = ["# Commands\n", NOTE, INTRODUCTION]
    for words, command in every_command(COMMANDS):
        sections += _command_section(" ".join(("kadens", *words)), command)
    return "\n".join(sections) + "\n"


def _command_section(name: str, command: Command) -> list[str]:
    context = typer.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"\n## {name}\n", f"`{name} {usage}`\n", inspect.cleandoc(command.help or "")]
    rows = [_row(item) for item in command.params if getattr(item, "help", None)]
    if rows:
        lines += ["\n| option | meaning | default |", "|---|---|---|", *rows]
    return lines


def _row(parameter: Any) -> str:  # noqa: ANN401 - typer's own classes, which it does not export
    is_option = parameter.opts[0].startswith("-")
    name = ", ".join(parameter.opts) if is_option else parameter.name.upper()
    if parameter.required:
        default = "required"
    elif parameter.default in (None, "") or isinstance(parameter.default, bool):
        default = ""
    else:
        default = f"`{getattr(parameter.default, 'value', parameter.default)}`"
    return f"| `{name}` | {_cell(parameter.help)} | {default} |"


def _settings_page() -> str:
    lines = [
        "# Settings\n",
        NOTE,
        "\nA process reads its settings from KADENS_* variables once, at its start. One with",
        "`_FILE` at its end names a file that holds the value, as for Docker secrets.",
        "`kadens doctor` checks what they name. `deploy/README.md` describes the secrets file.\n",
        "| variable | type | default | meaning |",
        "|---|---|---|---|",
        *_setting_rows(),
    ]
    return "\n".join(lines) + "\n"


def _setting_rows() -> Iterable[str]:
    for name, text in SETTINGS_TABLE.items():
        field = Settings.__dataclass_fields__[name]
        if field.default is MISSING:
            default = "required, may be empty"
        else:
            value = int(field.default) if isinstance(field.default, bool) else field.default
            default = "" if value == "" else f"`{value}`"
        kind = getattr(field.type, "__name__", str(field.type))
        yield f"| `{variable(name)}` | {kind} | {default} | {_cell(text)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    write_pages(DOCS, reference_pages())
    sys.stdout.write(f"written: {', '.join(sorted(reference_pages()))}\n")
