"""What the commands that write invented files share: their options, and where they may write."""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from model.calendar import epoch_ms


def writing_parser(name: str, description: str | None, path_help: str) -> ArgumentParser:
    """Return the parser of `python -m simulate.exports.NAME`, with what all of them take."""
    parser = ArgumentParser(
        prog=f"python -m simulate.exports.{name}",
        description=description,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", type=Path, help=path_help)
    parser.add_argument("--until", type=date.fromisoformat, help="first date after it; today")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    return parser


def path_to_write(parser: ArgumentParser, arguments: Namespace) -> Path:
    """Return the path, or leave with a line where nothing may be written."""
    path: Path = arguments.path
    if not path.parent.is_dir():
        parser.error(f"there is no folder {path.parent}")
    if path.is_dir():
        parser.error(f"{path} is a folder; name a file in it")
    if path.exists() and not arguments.force:
        parser.error(f"{path} is there already; --force writes over it")
    return path


def until_ms(arguments: Namespace) -> int:
    """Return the midnight (UTC) before which everything lies, epoch ms."""
    day = arguments.until or datetime.now(UTC).date()
    return epoch_ms(datetime.combine(day, time(), UTC))


def print_truth(path: Path, truth: Mapping[str, Any]) -> None:
    """Print which file was written, and what is true of it, as JSON."""
    sys.stdout.write(json.dumps({"path": str(path), **truth}, indent=1) + "\n")
