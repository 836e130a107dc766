"""The bodies of the attack: the readers' own list where there is one, with the account that their JSON names."""

import importlib
import json
from typing import Any

from .own_poison import ACCOUNT, OWN

LISTED = "tests.poison"


def poison() -> tuple[Any, ...]:
    """Return all poison: each has a `name`, a `connector` and a `body()`."""
    try:
        found: tuple[Any, ...] = importlib.import_module(LISTED).POISON
    except ModuleNotFoundError:
        return OWN
    return found


def accounts(bodies: list[bytes]) -> set[str]:
    """Return the accounts that bodies of JSON name, which must be linked for the bodies to be anybody's."""
    return {ACCOUNT, *(name for body in bodies if (name := _account(body)))}


def _account(body: bytes) -> str:
    try:
        said = json.loads(body)
        name = said.get("patient") or said["data"]["user_id"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return name if isinstance(name, str) and 0 < len(name) <= 200 else ""
